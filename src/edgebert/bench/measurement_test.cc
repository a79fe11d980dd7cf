#include "edgebert/bench/measurement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::DoubleEq;
using ::testing::Each;
using ::testing::ElementsAre;

/// A runtime that takes `slope` milliseconds a token, says label 1 for sentences of an even length,
/// and notes in `log` how often it was asked.
class FakeRuntime : public BenchRuntime {
 public:
  FakeRuntime(std::string name, double slope, std::vector<std::string>* log = nullptr)
      : slope_(slope), log_(log) {
    info_.runtime = std::move(name);
  }

  const RuntimeInfo& info() const override { return info_; }

  Result<RunReply> Run(const RunRequest& request) override {
    if (log_ != nullptr) {
      log_->push_back(info_.runtime);
    }
    if (++requests_ > fail_after) {
      return IoError("the worker ended");
    }
    RunReply reply;
    double total = 0;
    for (const BenchSentence& sentence : request.sentences) {
      const auto tokens = static_cast<double>(sentence.ids.size());
      // The first of a request is slow, as behind another runtime: it must not count.
      const bool cold = !request.batch && reply.milliseconds.empty();
      reply.milliseconds.push_back(slope_ * tokens + (cold ? 100 : 0));
      total += slope_ * tokens;
      reply.labels.push_back(sentence.ids.size() % 2 == 0 ? 1 : 0);
      reply.exit_layers.push_back(request.exits ? 2 : 6);
    }
    if (request.batch) {
      reply.milliseconds = {total};
    }
    reply.peak_bytes = 1000;
    return reply;
  }

  int fail_after = 1000000;

 private:
  RuntimeInfo info_;
  double slope_;
  std::vector<std::string>* log_;
  int requests_ = 0;
};

Workload WorkloadOf(const std::vector<int>& lengths, size_t batch = 1) {
  Workload workload{"test", {}, batch};
  for (const int length : lengths) {
    BenchSentence sentence;
    sentence.ids.assign(static_cast<size_t>(length), 1);
    sentence.segment_ids.assign(static_cast<size_t>(length), 0);
    sentence.label = 1;
    workload.sentences.push_back(std::move(sentence));
  }
  return workload;
}

TEST(MeasureInterleavedTest, GivesEverySentenceItsTimeWithoutTheWarmUp) {
  FakeRuntime slow("slow", 2);
  FakeRuntime fast("fast", 0.5);
  const std::vector<Contender> contenders = {{"slow", &slow}, {"fast", &fast, true}};
  const Workload workload = WorkloadOf({3, 4, 5, 6, 8});
  const auto measured = MeasureInterleaved(contenders, workload, {.rounds = 2, .block = 2});
  ASSERT_OK(measured);
  EXPECT_THAT((*measured)[0].milliseconds, ElementsAre(6, 8, 10, 12, 16));
  EXPECT_THAT((*measured)[1].milliseconds, ElementsAre(1.5, 2, 2.5, 3, 4));
  EXPECT_THAT((*measured)[0].labels, ElementsAre(0, 1, 0, 1, 1));
  EXPECT_DOUBLE_EQ(*AccuracyOf((*measured)[0], workload), 0.6);
  EXPECT_DOUBLE_EQ(*MeanExitLayer((*measured)[0]), 6);
  EXPECT_DOUBLE_EQ(*MeanExitLayer((*measured)[1]), 2);
  EXPECT_EQ((*measured)[0].peak_bytes, 1000u);
}

TEST(MeasureInterleavedTest, TakesTurnsAndChangesTheirOrder) {
  std::vector<std::string> log;
  FakeRuntime a("a", 1, &log);
  FakeRuntime b("b", 1, &log);
  const std::vector<Contender> contenders = {{"a", &a}, {"b", &b}};
  ASSERT_OK(MeasureInterleaved(contenders, WorkloadOf({2, 2, 2}), {.rounds = 1, .block = 1}));
  EXPECT_THAT(log, ElementsAre("a", "b", "b", "a", "a", "b"));
}

TEST(MeasureInterleavedTest, ABatchCountsPerSentence) {
  FakeRuntime runtime("a", 1);
  const std::vector<Contender> contenders = {{"a", &runtime}};
  const auto measured = MeasureInterleaved(contenders, WorkloadOf({2, 4, 6, 8, 10}, 2), {});
  ASSERT_OK(measured);
  EXPECT_THAT((*measured)[0].milliseconds, ElementsAre(3, 7, 10));
  EXPECT_THAT((*measured)[0].labels, ElementsAre(1, 1, 1, 1, 1));
}

TEST(MeasureInterleavedTest, AContenderThatFailsLeavesTheOthers) {
  FakeRuntime good("good", 1);
  FakeRuntime bad("bad", 1);
  bad.fail_after = 1;
  const std::vector<Contender> contenders = {{"good", &good}, {"bad", &bad}};
  const auto measured =
      MeasureInterleaved(contenders, WorkloadOf({2, 2, 2, 2}), {.rounds = 1, .block = 1});
  ASSERT_OK(measured);
  EXPECT_THAT((*measured)[0].milliseconds, Each(DoubleEq(2)));
  EXPECT_EQ((*measured)[1].status.message(), "the worker ended");
  EXPECT_TRUE((*measured)[1].milliseconds.empty());
}

TEST(MeasureInterleavedTest, RefusesAnEmptyWorkload) {
  FakeRuntime runtime("a", 1);
  const std::vector<Contender> contenders = {{"a", &runtime}};
  EXPECT_FALSE(MeasureInterleaved(contenders, Workload{}, {}).ok());
  EXPECT_FALSE(MeasureInterleaved(contenders, WorkloadOf({2}), {.rounds = 0}).ok());
}

}  // namespace
}  // namespace edgebert
