#include "edgebert/power/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>

#include "edgebert/power/cheapest_path.h"
#include "edgebert/power/latency_target.h"
#include "edgebert/testing/schedule_cases.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::HasSubstr;
using testing::RandomProblem;
using testing::RandomSentences;
using testing::Uniform;
using testing::UniformInt;

struct Case {
  ScheduleProblem problem;
  std::vector<ObservedSentence> sentences;
  ExitStatistics statistics;
};

Case RandomCase(testing::Random& random, int most_layers = 5, int most_points = 5) {
  Case c;
  c.problem = RandomProblem(random, most_layers, most_points);
  c.sentences = RandomSentences(random, c.problem.num_layers, UniformInt(random, 1, 60));
  c.statistics = BuildExitStatistics(c.sentences, c.problem.num_layers);
  return c;
}

void ForRandomCases(int count, uint64_t seed,
                    const std::function<void(const Case&, testing::Random&)>& check) {
  testing::Random random(seed);
  for (int i = 0; i < count && !::testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE("case " + std::to_string(i));
    check(RandomCase(random), random);
  }
}

std::shared_ptr<const SchedulePlan> Plan(const Case& c, const PlanOptions& options) {
  Result<SchedulePlan> plan = SchedulePlan::Create(c.problem, options, &c.statistics, c.sentences);
  EXPECT_OK(plan);
  return plan.ok() ? std::make_shared<const SchedulePlan>(std::move(plan).value()) : nullptr;
}

struct Outcome {
  ScheduleCost cost;
  bool forced = false;
};

/// Follows a sentence to its exit under a plan.
Outcome Follow(Scheduler& scheduler, const ScheduleProblem& problem, Policy policy,
               const ObservedSentence& sentence) {
  scheduler.Begin();
  scheduler.SetExitLayer(sentence.exit_layer);
  int last = UsesEarlyExit(policy) ? sentence.exit_layer : problem.num_layers;
  Outcome outcome;
  if (ForcesPredictedExit(policy) && sentence.predicted_layer > 0 &&
      sentence.predicted_layer < last) {
    last = sentence.predicted_layer;
    outcome.forced = true;
  }
  for (int layer = 1; layer <= last; ++layer) {
    if (!scheduler.NextPoint()) {
      outcome.forced = true;
      break;
    }
    const double entropy = sentence.entropies[static_cast<size_t>(layer - 1)];
    scheduler.Observe(
        std::isnan(entropy) ? std::nullopt : std::optional(entropy),
        sentence.predicted_layer > 0 ? std::optional(sentence.predicted_layer) : std::nullopt);
  }
  outcome.cost = CostOf(problem, scheduler.points());
  EXPECT_EQ(outcome.cost.time, scheduler.state().elapsed);
  return outcome;
}

std::vector<PlanOptions> OptionsThatKeepAnswers() {
  return {{Policy::kEarlyExitStatic},
          {Policy::kPredictedSafe},
          {Policy::kPaced},
          {Policy::kPaced, Replan::kPredictedLayer},
          {Policy::kPaced, Replan::kFirstEntropy},
          {Policy::kPaced, Replan::kEachLayer}};
}

bool HasPredictions(const Case& c) { return !c.statistics.by_predicted_layer.empty(); }

/// The central promise: whatever the tables, the deadline and the sentence, even one that the plan
/// has never seen the like of.
TEST(SchedulerTest, NoFeasibleDeadlineIsMissed) {
  ForRandomCases(100'000, 1, [](const Case& c, testing::Random& random) {
    std::vector<PlanOptions> all = OptionsThatKeepAnswers();
    all.push_back({Policy::kConventionalStatic});
    all.push_back({Policy::kPredicted});
    all.push_back({Policy::kOracle});
    const PlanOptions options = all[random() % all.size()];
    if (options.replan == Replan::kPredictedLayer && !HasPredictions(c)) {
      return;
    }
    const auto plan = Plan(c, options);
    ASSERT_NE(plan, nullptr);
    Scheduler scheduler(plan);
    for (const ObservedSentence& sentence : RandomSentences(random, c.problem.num_layers, 3)) {
      const Outcome outcome = Follow(scheduler, c.problem, options.policy, sentence);
      EXPECT_LE(outcome.cost.time, c.problem.deadline) << PolicyName(options.policy);
      EXPECT_TRUE(!outcome.forced || options.policy == Policy::kPredicted);
      if (!outcome.forced) {
        EXPECT_EQ(scheduler.points().size(),
                  static_cast<size_t>(UsesEarlyExit(options.policy) ? sentence.exit_layer
                                                                    : c.problem.num_layers));
      }
    }
  });
}

TEST(SchedulerTest, ABoundedShareOfForcedExitsMissesNoDeadlineEither) {
  ForRandomCases(300, 2, [](const Case& c, testing::Random& random) {
    PlanOptions options{Policy::kPaced};
    options.max_forced = Uniform(random, 0.01, 0.5);
    const auto plan = Plan(c, options);
    ASSERT_NE(plan, nullptr);
    Scheduler scheduler(plan);
    for (const ObservedSentence& sentence : RandomSentences(random, c.problem.num_layers, 5)) {
      EXPECT_LE(Follow(scheduler, c.problem, options.policy, sentence).cost.time,
                c.problem.deadline);
    }
    size_t forced = 0;
    for (const ObservedSentence& sentence : c.sentences) {
      forced += Follow(scheduler, c.problem, options.policy, sentence).forced;
    }
    EXPECT_LE(static_cast<double>(forced),
              options.max_forced * static_cast<double>(c.sentences.size()));
  });
}

TEST(SchedulerTest, NothingThatKeepsAnswersBeatsTheOracle) {
  ForRandomCases(20'000, 3, [](const Case& c, testing::Random& random) {
    const auto oracle_plan = Plan(c, {Policy::kOracle});
    ASSERT_NE(oracle_plan, nullptr);
    Scheduler oracle(oracle_plan);
    for (const PlanOptions& options : OptionsThatKeepAnswers()) {
      if (options.replan == Replan::kPredictedLayer && !HasPredictions(c)) {
        continue;
      }
      Scheduler scheduler(Plan(c, options));
      for (const ObservedSentence& sentence : RandomSentences(random, c.problem.num_layers, 2)) {
        const double bound =
            Follow(oracle, c.problem, Policy::kOracle, sentence).cost.energy.value();
        EXPECT_LE(bound,
                  Follow(scheduler, c.problem, options.policy, sentence).cost.energy.value() *
                          (1 + 1e-10) +
                      1e-10)
            << PolicyName(options.policy);
      }
    }
  });
}

double TotalEnergy(const Case& c, const PlanOptions& options) {
  Scheduler scheduler(Plan(c, options));
  double total = 0;
  for (const ObservedSentence& sentence : c.sentences) {
    total += Follow(scheduler, c.problem, options.policy, sentence).cost.energy.value();
  }
  return total;
}

/// On the sentences that were planned on, more information never costs energy.
TEST(SchedulerTest, OnItsOwnSentencesPacedCostsNoMoreThanItsRivals) {
  ForRandomCases(20'000, 4, [](const Case& c, testing::Random&) {
    // Layers that nobody reached weigh kLeastSurvival, for all sentences together.
    const double slack = 1 + 1e-6;
    const double paced = TotalEnergy(c, {Policy::kPaced});
    EXPECT_LE(paced, TotalEnergy(c, {Policy::kEarlyExitStatic}) * slack);
    EXPECT_LE(TotalEnergy(c, {Policy::kPaced, Replan::kFirstEntropy}), paced * slack);
    if (HasPredictions(c)) {
      const double replanned = TotalEnergy(c, {Policy::kPaced, Replan::kPredictedLayer});
      EXPECT_LE(replanned, paced * slack);
      EXPECT_LE(replanned, TotalEnergy(c, {Policy::kPredictedSafe}) * slack);
    }
  });
}

TEST(SchedulerTest, StaticIsTheLowestConstantPoint) {
  ForRandomCases(20'000, 5, [](const Case& c, testing::Random&) {
    const std::vector<int> path = Plan(c, {Policy::kEarlyExitStatic})->path();
    EXPECT_EQ(Plan(c, {Policy::kConventionalStatic})->path(), path);
    for (int point = 0; point < path[0]; ++point) {
      const std::vector<int> lower(path.size(), point);
      EXPECT_GT(CostOf(c.problem, lower).time, c.problem.deadline);
    }
  });
}

TEST(SchedulerTest, PredictedRunsAtTheLowestPointThatFinishesThePredictedLayer) {
  ForRandomCases(20'000, 6, [](const Case& c, testing::Random&) {
    const std::vector<int> nominal(static_cast<size_t>(c.problem.num_layers),
                                   c.problem.nominal_point);
    if (CostOf(c.problem, nominal).time > c.problem.deadline) {
      return;
    }
    const auto plan = Plan(c, {Policy::kPredicted});
    const auto safe = Plan(c, {Policy::kPredictedSafe});
    for (int predicted = 2; predicted <= c.problem.num_layers; ++predicted) {
      const std::vector<int>& path = plan->paths_by_key()[static_cast<size_t>(predicted)];
      EXPECT_EQ(path[0], c.problem.nominal_point);
      for (int layer = 3; layer <= predicted; ++layer) {
        EXPECT_EQ(path[static_cast<size_t>(layer - 1)], path[1]);
      }
      for (int point = 0; point < path[1]; ++point) {
        std::vector<int> lower(path.begin(), path.begin() + predicted);
        std::fill(lower.begin() + 1, lower.end(), point);
        EXPECT_GT(CostOf(c.problem, lower).time, c.problem.deadline);
      }
      const std::vector<int>& finishing = safe->paths_by_key()[static_cast<size_t>(predicted)];
      EXPECT_GE(finishing[1], path[1]);
      EXPECT_LE(CostOf(c.problem, finishing).time, c.problem.deadline);
    }
  });
}

TEST(SchedulerTest, InfeasibleNamesTheShortestFeasibleTarget) {
  ForRandomCases(20'000, 7, [](const Case& c, testing::Random& random) {
    Case tight = c;
    const std::vector<int> fastest =
        FastestPath(c.problem, InitialState(c.problem), c.problem.num_layers);
    const Seconds shortest = CostOf(c.problem, fastest).time;
    tight.problem.deadline = Uniform(random, 0.01, 1) * shortest;
    if (tight.problem.deadline >= shortest || shortest < Seconds(1e-9)) {
      return;
    }
    const PlanOptions options{AllPolicies()[random() % AllPolicies().size()]};
    const Status status = SchedulePlan::Create(tight.problem, options, &c.statistics).status();
    ASSERT_EQ(status.code(), StatusCode::kInfeasible);
    const std::string before = "shortest feasible target is ";
    const size_t at = status.message().find(before);
    ASSERT_NE(at, std::string::npos) << status.message();
    std::string text = status.message().substr(at + before.size());
    text.erase(text.find(' '), 1);  // "8.1 ms" is written "8.1ms" on a command line.
    const auto parsed = LatencyTarget::Parse(text);
    ASSERT_OK(parsed);
    tight.problem.deadline = parsed->Resolve(shortest);
    EXPECT_OK(SchedulePlan::Create(tight.problem, options, &c.statistics));
    EXPECT_LE(tight.problem.deadline / shortest, 1 + 2e-5);
  });
}

TEST(SchedulerTest, PoliciesWithoutATargetStayAtTheNominalPoint) {
  ForRandomCases(1'000, 8, [](const Case& c, testing::Random&) {
    const std::vector<int> nominal(static_cast<size_t>(c.problem.num_layers),
                                   c.problem.nominal_point);
    EXPECT_EQ(Plan(c, {Policy::kConventional})->path(), nominal);
    EXPECT_EQ(Plan(c, {Policy::kEarlyExit})->path(), nominal);
  });
}

TEST(SchedulerTest, ArtifactBinsAreThoseOfTheReleasedHardware) {
  EXPECT_EQ(ArtifactDvfsBin(0), 0);
  EXPECT_EQ(ArtifactDvfsBin(255.9 / 1024), 0);
  EXPECT_EQ(ArtifactDvfsBin(0.25), 1);
  EXPECT_EQ(ArtifactDvfsBin(0.5), 2);
  EXPECT_EQ(ArtifactDvfsBin(0.6931), 2);  // All that two classes can reach.
  EXPECT_EQ(ArtifactDvfsBin(1), 3);
  EXPECT_EQ(ArtifactDvfsBin(27.9), 14);
  EXPECT_EQ(ArtifactDvfsBin(28), 15);
}

TEST(SchedulerTest, ArtifactLooksEachPointUpByTheLastEntropy) {
  Case c;
  c.problem.num_layers = 4;
  c.problem.num_points = 16;
  c.problem.nominal_point = 15;
  c.problem.time.assign(64, Seconds(1));
  c.problem.energy.assign(64, Joules(1));
  c.problem.change_time.assign(17 * 16, Seconds(0));
  c.problem.change_energy.assign(17 * 16, Joules(0));
  c.problem.deadline = Seconds(4);
  Scheduler scheduler(Plan(c, {Policy::kArtifactDvfs}));
  for (const std::optional<double> entropy :
       {std::optional(0.6), std::optional(0.3), std::optional<double>()}) {
    EXPECT_TRUE(scheduler.NextPoint());
    scheduler.Observe(entropy, std::nullopt);
  }
  EXPECT_TRUE(scheduler.NextPoint());
  EXPECT_FALSE(scheduler.NextPoint());
  EXPECT_THAT(scheduler.points(), ::testing::ElementsAre(15, 2, 1, 1));
}

TEST(SchedulerTest, RefusesWhatCannotBePlanned) {
  testing::Random random(9);
  const Case c = RandomCase(random);
  const auto status = [&](PlanOptions options, bool with_statistics = true) {
    return SchedulePlan::Create(c.problem, options, with_statistics ? &c.statistics : nullptr,
                                c.sentences)
        .status();
  };
  EXPECT_THAT(status({Policy::kPaced}, false).message(), HasSubstr("calibration text"));
  EXPECT_THAT(status({Policy::kPaced, Replan::kNever, 1.5}).message(), HasSubstr("1.5"));
  EXPECT_THAT(status({Policy::kOracle, Replan::kEachLayer}).message(), HasSubstr("'oracle'"));
  EXPECT_THAT(status({Policy::kPredicted, Replan::kNever, 0.1}).message(),
              HasSubstr("'predicted'"));
  for (const double deadline : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(),
                                std::numeric_limits<double>::infinity(), 1e-13}) {
    ScheduleProblem problem = c.problem;
    problem.deadline = Seconds(deadline);
    EXPECT_EQ(SchedulePlan::Create(problem, {Policy::kEarlyExit}, nullptr).status().code(),
              StatusCode::kInvalidArgument);
  }
  ScheduleProblem problem = c.problem;
  problem.time.back() = Seconds(-1);
  EXPECT_THAT(SchedulePlan::Create(problem, {Policy::kEarlyExit}, nullptr).status().message(),
              HasSubstr("layer times"));
  problem = c.problem;
  problem.change_energy.pop_back();
  EXPECT_THAT(SchedulePlan::Create(problem, {Policy::kEarlyExit}, nullptr).status().message(),
              HasSubstr("change energies"));
}

}  // namespace
}  // namespace edgebert
