#include "edgebert/report/sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "edgebert/base/file.h"
#include "edgebert/pipeline/shape_model.h"
#include "edgebert/report/pareto.h"
#include "edgebert/report/sweep_journal.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

double Uniform(testing::Random& random, double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(random);
}

size_t Index(testing::Random& random, size_t count) {
  return std::uniform_int_distribution<size_t>(0, count - 1)(random);
}

/// A trace of made-up sentences whose entropies fall layer by layer.
SweepSubject Subject() {
  SweepSubject subject;
  testing::Random random(71);
  subject.sentences.input.entropies.num_layers = 12;
  for (int i = 0; i < 60; ++i) {
    double entropy = Uniform(random, 0.1, 0.69);
    for (int layer = 0; layer < 12; ++layer) {
      subject.sentences.input.entropies.entropies.push_back(entropy);
      entropy *= Uniform(random, 0.6, 1.0);
    }
    subject.sentences.input.tokens.push_back(8 + i % 40);
  }
  subject.shape = AlbertBaseShape(12, 2);
  subject.hardware = *DefaultHardware();
  return subject;
}

SweepAxes Axes() {
  SweepAxes axes = SweepAxes::Defaults();
  for (const char* axis : {"weights=dram,reram", "threshold=0.1,0.3", "target=15ms,30ms,2x",
                           "policy=early-exit-static,paced", "n=8,16", "distinct=1,4"}) {
    EXPECT_OK(SetAxis(axis, axes));
  }
  return axes;
}

std::vector<SweepOutcome> RunAll(const Sweep& sweep, const std::filesystem::path& journal,
                                 int threads) {
  SweepTeam alone;
  auto outcomes = RunSweep(sweep, journal, threads, alone);
  EXPECT_OK(outcomes);
  return outcomes.ok() ? std::move(*outcomes) : std::vector<SweepOutcome>();
}

TEST(SweepAxesTest, AnUnknownAxisIsNamedWithTheNearestAndAll) {
  SweepAxes axes = SweepAxes::Defaults();
  const Status status = SetAxis("polcy=paced", axes);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("did you mean 'policy'?"));
  EXPECT_THAT(status.message(), HasSubstr("bandwidth, weights, distinct"));
}

TEST(SweepAxesTest, ValuesThatNoAxisTakesAreRefused) {
  SweepAxes axes = SweepAxes::Defaults();
  for (const char* axis :
       {"n=3", "n=64", "buffers=256", "bandwidth=fast", "weights=flash", "distinct=0",
        "regulator=battery", "span=-1", "sparsity=2", "threshold=nan", "target=soon",
        "policy=predicted", "policy=artifact-dvfs", "target=", "=2x", "target", "n=8,8", "n=8,"}) {
    EXPECT_FALSE(SetAxis(axis, axes).ok()) << axis;
  }
  EXPECT_EQ(axes.size(), 1u);
}

TEST(SweepAxesTest, AFileSetsTheSameAxesAndNamesBadLines) {
  const testing::TemporaryDirectory folder;
  const std::filesystem::path file = folder.path() / "axes.yaml";
  std::ofstream(file) << "n: [8, 16]\ntarget: 2x\npolicy: [paced]\n";
  SweepAxes from_file = SweepAxes::Defaults();
  ASSERT_OK(LoadAxes(file, from_file));
  SweepAxes from_text = SweepAxes::Defaults();
  ASSERT_OK(SetAxis("n=8,16", from_text));
  EXPECT_EQ(from_file.Describe(), from_text.Describe());
  std::ofstream(file) << "n: 8\npollicy: paced\n";
  EXPECT_THAT(LoadAxes(file, from_file).message(), HasSubstr("axes.yaml:2: there is no axis"));
}

TEST(SweepAxesTest, EveryCombinationIsOnePoint) {
  const SweepAxes axes = Axes();
  EXPECT_EQ(axes.size(), 2u * 2 * 3 * 2 * 2 * 2);
  std::set<std::string> seen;
  for (size_t point = 0; point < axes.size(); ++point) {
    std::string all;
    for (const std::string_view value : axes.At(point)) {
      all += std::string(value) + " ";
    }
    seen.insert(all);
  }
  EXPECT_EQ(seen.size(), axes.size());
}

TEST(SweepTest, OutcomesReadBackAsTheSameBits) {
  const SweepOutcome outcome{"", 0.1 + 0.2, 1e-300, 2, 3, 4, 5, 6, 1.0 / 3, 7, 8, 9, 0};
  EXPECT_EQ(*ParseOutcome(FormatOutcome(outcome)), outcome);
  SweepOutcome impossible;
  impossible.problem = "does not fit, by 3 bytes";
  EXPECT_EQ(ParseOutcome(FormatOutcome(impossible))->problem, impossible.problem);
  EXPECT_FALSE(ParseOutcome("1 2 3").ok());
}

TEST(SweepTest, TheSameOnAnyNumberOfThreads) {
  const testing::TemporaryDirectory folder;
  const auto sweep = Sweep::Create(Subject(), Axes());
  ASSERT_OK(sweep);
  const auto one = RunAll(*sweep, folder.path() / "one", 1);
  ASSERT_EQ(one.size(), sweep->size());
  EXPECT_EQ(one, RunAll(*sweep, folder.path() / "three", 3));
}

TEST(SweepTest, PointsAreThoseOfThePolicyJudge) {
  const testing::TemporaryDirectory folder;
  SweepAxes axes = SweepAxes::Defaults();
  ASSERT_OK(SetAxis("threshold=0.3", axes));
  ASSERT_OK(SetAxis("policy=early-exit-static", axes));
  SweepSubject subject = Subject();
  subject.token_classes = 0;
  const auto exits = ExitLayers(ObserveSentences(subject.sentences, ExitThresholds(0.3)));
  const auto costs = CostEstimator::Create(subject.shape, subject.hardware);
  ASSERT_OK(costs);
  const auto& tokens = subject.sentences.input.tokens;
  const auto figures =
      JudgePolicy(*CostedDesign::Of(*costs, subject.shape.config, tokens),
                  GroupSentences(tokens, exits), {Policy::kEarlyExitStatic}, nullptr);
  ASSERT_OK(figures);
  const auto sweep = Sweep::Create(std::move(subject), axes);
  ASSERT_OK(sweep);
  const auto outcomes = RunAll(*sweep, folder.path() / "journal", 1);
  ASSERT_EQ(outcomes.size(), 1u);
  const double expected = figures->account.At(Boundary::kSystem, EnergySide::kSupply).value();
  EXPECT_NEAR(outcomes[0].system_supply_j, expected, 1e-12 * expected);
  EXPECT_NEAR(outcomes[0].mean_exit_layer, MeanOf(exits), 1e-12);
  EXPECT_LT(outcomes[0].accuracy, 0);
}

TEST(SweepTest, ResumesWithoutDoingAPointAgainAndEndsTheSame) {
  const testing::TemporaryDirectory folder;
  const auto sweep = Sweep::Create(Subject(), Axes());
  ASSERT_OK(sweep);
  const auto whole = RunAll(*sweep, folder.path() / "whole", 2);
  SweepTeam alone;
  const std::filesystem::path journal = folder.path() / "stopped";
  const auto stopped =
      RunSweep(*sweep, journal, 2, alone, [](size_t done, size_t) { return done < 20; });
  EXPECT_EQ(stopped.status().code(), StatusCode::kCancelled);
  // As a kill in the middle of a line leaves it.
  std::ofstream(journal, std::ios::app) << "0123456789abcdef 77 0.5 0.";
  size_t first_done = 0;
  const auto resumed = RunSweep(*sweep, journal, 2, alone, [&](size_t done, size_t) {
    first_done = first_done == 0 ? done : first_done;
    return true;
  });
  ASSERT_OK(resumed);
  EXPECT_GE(first_done, 21u);
  EXPECT_EQ(*resumed, whole);
  const auto text = ReadTextFile(journal, 1 << 20);
  ASSERT_OK(text);
  EXPECT_EQ(static_cast<size_t>(std::count(text->begin(), text->end(), '\n')), 1 + whole.size());
}

TEST(SweepTest, ADamagedJournalNamesTheLineAndIsLeftAsItIs) {
  const testing::TemporaryDirectory folder;
  const std::filesystem::path file = folder.path() / "journal";
  const auto sweep = Sweep::Create(Subject(), Axes());
  ASSERT_OK(sweep);
  RunAll(*sweep, file, 1);
  const std::string good = *ReadTextFile(file, 1 << 20);
  testing::Random random(72);
  for (int trial = 0; trial < 200; ++trial) {
    std::string bad = good;
    const size_t at = Index(random, good.size() - 1);
    bad[at] = static_cast<char>(bad[at] ^ (1 << Index(random, 7)));
    std::ofstream(file, std::ios::binary) << bad;
    SweepTeam alone;
    const auto outcomes = RunSweep(*sweep, file, 1, alone);
    ASSERT_FALSE(outcomes.ok()) << "bit flipped at " << at;
    EXPECT_THAT(outcomes.status().message(), HasSubstr("journal:"));
    EXPECT_EQ(*ReadTextFile(file, 1 << 20), bad);
  }
}

TEST(SweepTest, TheJournalOfAnotherSweepIsRefused) {
  const testing::TemporaryDirectory folder;
  const auto sweep = Sweep::Create(Subject(), Axes());
  ASSERT_OK(sweep);
  RunAll(*sweep, folder.path() / "journal", 1);
  SweepSubject other = Subject();
  other.sentences.input.entropies.entropies[5] += 1e-9;
  const auto changed = Sweep::Create(std::move(other), Axes());
  ASSERT_OK(changed);
  SweepTeam alone;
  EXPECT_THAT(RunSweep(*changed, folder.path() / "journal", 1, alone).status().message(),
              HasSubstr("another sweep"));
}

/// Processes of a team as threads of this one.
class TeamOfThreads {
 public:
  explicit TeamOfThreads(int size) : size_(size), texts_(static_cast<size_t>(size)) {}

  class Member : public SweepTeam {
   public:
    Member(TeamOfThreads& team, int rank) : team_(team), rank_(rank) {}
    int rank() const override { return rank_; }
    int size() const override { return team_.size_; }
    Result<std::vector<std::string>> Gather(const std::string& own) override {
      team_.texts_[static_cast<size_t>(rank_)] = own;
      team_.Meet();
      std::vector<std::string> all;
      if (rank_ == 0) {
        all = team_.texts_;
      }
      team_.Meet();
      return all;
    }
    Result<std::string> Share(const std::string& text) override {
      if (rank_ == 0) {
        team_.texts_[0] = text;
      }
      team_.Meet();
      std::string shared = team_.texts_[0];
      team_.Meet();
      return shared;
    }

   private:
    TeamOfThreads& team_;
    int rank_;
  };

 private:
  void Meet() {
    std::unique_lock lock(mutex_);
    const size_t round = round_;
    if (++waiting_ == size_) {
      waiting_ = 0;
      ++round_;
      all_.notify_all();
    } else {
      all_.wait(lock, [&] { return round_ != round; });
    }
  }

  int size_;
  std::vector<std::string> texts_;
  std::mutex mutex_;
  std::condition_variable all_;
  int waiting_ = 0;
  size_t round_ = 0;
};

TEST(SweepTest, AFileThatIsNoJournalStaysAsItIsAndAJournalHasOneWriter) {
  const testing::TemporaryDirectory folder;
  const std::filesystem::path file = folder.path() / "journal";
  std::ofstream(file) << "Dear diary";
  const Status no_journal = SweepJournal::Open(file, "axes", 10).status();
  EXPECT_THAT(no_journal.message(), HasSubstr("is no sweep journal"));
  EXPECT_EQ(*ReadTextFile(file, 100), "Dear diary");

  // The beginning of its own header, as a kill leaves it.
  std::ofstream(file) << JournalLine(JournalHeader("axes")).substr(0, 9);
  const auto cut = SweepJournal::Open(file, "axes", 10);
  ASSERT_OK(cut);
  EXPECT_EQ(*ReadTextFile(file, 100), JournalLine(JournalHeader("axes")));
  EXPECT_THAT(SweepJournal::Open(file, "axes", 10).status().message(),
              HasSubstr("another sweep is writing here"));
}

TEST(SweepTest, ATeamOfProcessesGivesTheSameAndAllEndOnAnError) {
  const testing::TemporaryDirectory folder;
  const auto sweep = Sweep::Create(Subject(), Axes());
  ASSERT_OK(sweep);
  const auto alone = RunAll(*sweep, folder.path() / "alone", 1);
  const std::filesystem::path journal = folder.path() / "team";
  const auto run = [&](std::vector<Result<std::vector<SweepOutcome>>>& results) {
    TeamOfThreads team(3);
    std::vector<std::thread> members;
    for (int rank = 0; rank < 3; ++rank) {
      members.emplace_back([&, rank] {
        TeamOfThreads::Member member(team, rank);
        results[static_cast<size_t>(rank)] = RunSweep(*sweep, journal, 1, member);
      });
    }
    for (std::thread& member : members) {
      member.join();
    }
  };
  std::vector<Result<std::vector<SweepOutcome>>> results(3, Internal("not run"));
  run(results);
  ASSERT_OK(results[0]);
  EXPECT_EQ(*results[0], alone);
  ASSERT_OK(results[1]);
  std::ofstream(journal) << "not a journal at all, certainly\n";
  run(results);
  for (const auto& result : results) {
    EXPECT_FALSE(result.ok());
  }
}

TEST(SweepTest, ADesignThatCannotBeSaysWhyAndIsOnNoFront) {
  const testing::TemporaryDirectory folder;
  SweepAxes axes = SweepAxes::Defaults();
  ASSERT_OK(SetAxis("threshold=0.3", axes));
  ASSERT_OK(SetAxis("buffers=1KB,256KB", axes));
  const auto sweep = Sweep::Create(Subject(), axes);
  ASSERT_OK(sweep);
  const auto outcomes = RunAll(*sweep, folder.path() / "journal", 1);
  ASSERT_EQ(outcomes.size(), 2u);
  EXPECT_FALSE(outcomes[0].problem.empty());
  EXPECT_TRUE(outcomes[1].problem.empty()) << outcomes[1].problem;
  EXPECT_THAT(SweepFront(outcomes), ElementsAre(1u));
  EXPECT_THAT(SweepCsv(*sweep, outcomes, {1}), HasSubstr("\n1,own,256KB,"));
}

TEST(ParetoFrontTest, IsThatOfBruteForce) {
  testing::Random random(73);
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<Tradeoff> designs;
    for (size_t i = 0; i < 1 + Index(random, 30); ++i) {
      designs.push_back(
          {static_cast<double>(Index(random, 8)), static_cast<double>(Index(random, 8))});
    }
    designs.push_back({NAN, 0});
    designs.push_back({0, INFINITY});
    std::set<std::pair<double, double>> expected;
    for (const Tradeoff& a : designs) {
      bool beaten = !std::isfinite(a.first) || !std::isfinite(a.second);
      for (const Tradeoff& b : designs) {
        beaten = beaten || (b.first <= a.first && b.second <= a.second &&
                            (b.first < a.first || b.second < a.second));
      }
      if (!beaten) {
        expected.emplace(a.first, a.second);
      }
    }
    std::set<std::pair<double, double>> found;
    const auto front = ParetoFront(designs);
    for (const size_t i : front) {
      found.emplace(designs[i].first, designs[i].second);
    }
    EXPECT_EQ(found, expected);
    EXPECT_EQ(front.size(), expected.size());
  }
}

}  // namespace
}  // namespace edgebert
