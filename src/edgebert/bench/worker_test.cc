#include "edgebert/bench/worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "edgebert/model/model_testing.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::edgebert::testing::MakeTestModel;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

BenchWorker WorkerOn(bool off_ramps = true, std::optional<double> threshold = std::nullopt) {
  auto model = ClassifierModel::Create(MakeTestModel({.off_ramps = off_ramps}));
  EXPECT_OK(model);
  return std::move(BenchWorker::Create(*model, threshold)).value();
}

const std::vector<BenchSentence> kSentences = {
    {"a", std::nullopt, {2, 5, 3}, {0, 0, 0}, {}},
    {"ab", std::nullopt, {2, 5, 6, 3}, {0, 0, 0, 0}, {}}};

TEST(BenchWorkerTest, SaysWhatItIs) {
  const auto info = ParseHello(WorkerOn().Hello(std::chrono::milliseconds(5)));
  ASSERT_OK(info);
  EXPECT_EQ(info->runtime, "edgebert");
  EXPECT_EQ(info->precision, "fp32");
  EXPECT_EQ(info->load_ms, 5);
  EXPECT_FALSE(info->isa.empty());
}

TEST(BenchWorkerTest, LeavesAtTheFirstOffRampWhenAskedToAndElseRunsAllLayers) {
  BenchWorker worker = WorkerOn(true, 100.0);
  RunRequest request{.sentences = kSentences};
  auto reply = ParseReply(worker.Answer(RequestLine(request)), request);
  ASSERT_OK(reply);
  EXPECT_THAT(reply->exit_layers, ElementsAre(3, 3));
  EXPECT_GT(reply->milliseconds[0], 0);
  EXPECT_GT(reply->peak_bytes, 1u << 20);
  const std::vector<int> full_depth = reply->labels;
  request.exits = true;
  reply = ParseReply(worker.Answer(RequestLine(request)), request);
  ASSERT_OK(reply);
  EXPECT_THAT(reply->exit_layers, ElementsAre(1, 1));
  request = {.sentences = kSentences, .batch = true};
  reply = ParseReply(worker.Answer(RequestLine(request)), request);
  ASSERT_OK(reply);
  EXPECT_EQ(reply->labels, full_depth);
}

TEST(BenchWorkerTest, TokenizingGivesTheSameAnswers) {
  BenchWorker worker = WorkerOn();
  RunRequest request{.sentences = kSentences};
  const auto ids = ParseReply(worker.Answer(RequestLine(request)), request);
  request.tokenize = true;
  const auto text = ParseReply(worker.Answer(RequestLine(request)), request);
  ASSERT_OK(ids);
  ASSERT_OK(text);
  EXPECT_EQ(text->labels, ids->labels);
}

TEST(BenchWorkerTest, PhasesAddUpToNoMoreThanTheSentences) {
  BenchWorker worker = WorkerOn();
  const RunRequest request{.sentences = kSentences, .exits = true, .phases = true};
  const auto reply = ParseReply(worker.Answer(RequestLine(request)), request);
  ASSERT_OK(reply);
  double phases = 0;
  for (const char* name : {"matmul", "attention", "element-wise", "off-ramps"}) {
    ASSERT_TRUE(reply->phases_ms.contains(name)) << name;
    phases += reply->phases_ms.at(name);
  }
  EXPECT_EQ(reply->phases_ms.size(), 4u);
  EXPECT_LE(phases, reply->milliseconds[0] + reply->milliseconds[1]);
}

TEST(BenchWorkerTest, SaysWhatIsWrongWithARequest) {
  BenchWorker worker = WorkerOn();
  EXPECT_THAT(worker.Answer("hello"), HasSubstr(R"({"error":)"));
  EXPECT_THAT(worker.Answer(R"({"sentences":[{"ids":[1]}]})"),
              HasSubstr("lacks the list segments"));
  EXPECT_THAT(worker.Answer(R"({"sentences":[{"ids":["x"],"segments":[0]}]})"),
              HasSubstr("no integer in the list ids"));
  EXPECT_THAT(worker.Answer(R"({"sentences":[{"ids":[99],"segments":[0]}]})"),
              HasSubstr("token 0 has id 99"));
  EXPECT_THAT(worker.Answer(R"({"sentences":[7]})"), HasSubstr("error"));
  EXPECT_THAT(worker.Answer(R"({"sentences":[],"batch":true,"phases":true})"),
              HasSubstr("neither tokenized nor timed"));
}

TEST(BenchWorkerTest, NeedsAClassifier) {
  const auto model = ClassifierModel::Create(MakeTestModel({.off_ramps = false}));
  ASSERT_OK(model);
  EXPECT_THAT(BenchWorker::Create(*model, std::nullopt).status().message(),
              HasSubstr("without a classifier"));
}

}  // namespace
}  // namespace edgebert
