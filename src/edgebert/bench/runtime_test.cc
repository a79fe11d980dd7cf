#include "edgebert/bench/runtime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<BenchSentence> TwoSentences() {
  return {{"a film", std::nullopt, {2, 7, 3}, {0, 0, 0}, 1}, {"b", "c", {2, 3}, {0, 1}, 0}};
}

TEST(RuntimeLinesTest, ARequestNamesTokensAndTextOnlyToTokenize) {
  const std::vector<BenchSentence> sentences = TwoSentences();
  const std::string ids = RequestLine({.sentences = sentences});
  EXPECT_THAT(ids, HasSubstr(R"("ids":[2,7,3])"));
  EXPECT_THAT(ids, HasSubstr(R"("segments":[0,1])"));
  EXPECT_THAT(ids, ::testing::Not(HasSubstr("film")));
  const std::string text = RequestLine({.sentences = sentences, .tokenize = true});
  EXPECT_THAT(text, HasSubstr(R"("text":"a film")"));
  EXPECT_THAT(text, HasSubstr(R"("pair":"c")"));
  EXPECT_EQ(text.find('\n'), std::string::npos);
}

TEST(RuntimeLinesTest, ReadsAnswers) {
  const std::vector<BenchSentence> sentences = TwoSentences();
  const RunRequest request{.sentences = sentences};
  const auto reply = ParseReply(
      R"({"ms":[1.5,2],"labels":[1,0],"exit_layers":[3,12],"peak_bytes":77,"phases":{"matmul":3.25}})",
      request);
  ASSERT_OK(reply);
  EXPECT_THAT(reply->milliseconds, ElementsAre(1.5, 2));
  EXPECT_THAT(reply->labels, ElementsAre(1, 0));
  EXPECT_THAT(reply->exit_layers, ElementsAre(3, 12));
  EXPECT_EQ(reply->peak_bytes, 77u);
  EXPECT_EQ(reply->phases_ms.at("matmul"), 3.25);
  const auto batch =
      ParseReply(R"({"ms":[4],"labels":[1,0]})", {.sentences = sentences, .batch = true});
  ASSERT_OK(batch);
  EXPECT_TRUE(batch->exit_layers.empty());
}

TEST(RuntimeLinesTest, RefusesWhatIsNoAnswer) {
  const std::vector<BenchSentence> sentences = TwoSentences();
  const RunRequest request{.sentences = sentences};
  EXPECT_THAT(ParseReply("Loading...", request).status().message(), HasSubstr("'Loading...'"));
  EXPECT_THAT(ParseReply(R"({"ms":[1],"labels":[1,0]})", request).status().message(),
              HasSubstr("1 numbers 'ms', expected 2"));
  EXPECT_THAT(ParseReply(R"({"ms":[1,2],"labels":[1,"x"]})", request).status().message(),
              HasSubstr("'labels'"));
  EXPECT_EQ(ParseReply(R"({"error":"out of memory"})", request).status().message(),
            "out of memory");
  EXPECT_THAT(ParseHello(R"({"error":"not installed: onnxruntime"})").status().message(),
              HasSubstr("not installed"));
  EXPECT_FALSE(ParseHello("{}").ok());
}

TEST(WorkerRuntimeTest, TalksToAProcess) {
  const std::string script =
      R"(echo '{"runtime":"shell","load_ms":3}'; read line; echo '{"ms":[1,2],"labels":[0,1]}')";
  auto runtime = WorkerRuntime::Start({.arguments = {"sh", "-c", script}});
  ASSERT_OK(runtime);
  EXPECT_EQ(runtime->info().runtime, "shell");
  EXPECT_EQ(runtime->info().load_ms, 3);
  const std::vector<BenchSentence> sentences = TwoSentences();
  const auto reply = runtime->Run({.sentences = sentences});
  ASSERT_OK(reply);
  EXPECT_THAT(reply->labels, ElementsAre(0, 1));
  EXPECT_FALSE(runtime->Run({.sentences = sentences}).ok());  // It has ended.
}

TEST(WorkerProcessTest, PinsAndSetsTheEnvironment) {
  auto process = WorkerProcess::Start({.arguments = {"sh", "-c", "echo $EDGEBERT_X; nproc"},
                                       .environment = {{"EDGEBERT_X", "two words"}},
                                       .cpus = {0}});
  ASSERT_OK(process);
  const auto first = process->Receive(std::chrono::seconds(20));
  ASSERT_OK(first);
  EXPECT_EQ(*first, "two words");
  const auto second = process->Receive(std::chrono::seconds(20));
  ASSERT_OK(second);
  EXPECT_EQ(*second, "1");
}

TEST(WorkerProcessTest, SaysWhenAChildEndsIsSilentOrCannotStart) {
  auto missing = WorkerProcess::Start({.arguments = {"/no/such/program"}});
  ASSERT_OK(missing);
  EXPECT_EQ(missing->Receive(std::chrono::seconds(20)).status().message(), "the worker ended");
  auto silent = WorkerProcess::Start({.arguments = {"sleep", "100"}});
  ASSERT_OK(silent);
  EXPECT_THAT(silent->Receive(std::chrono::seconds(1)).status().message(),
              HasSubstr("did not answer within 1 s"));
  const auto status = RunToEnd({.arguments = {"sh", "-c", "exit 3"}});
  ASSERT_OK(status);
  EXPECT_EQ(*status, 3);
  EXPECT_THAT(RunToEnd({.arguments = {"/no/such/program"}}).status().message(),
              HasSubstr("is it installed?"));
}

}  // namespace
}  // namespace edgebert
