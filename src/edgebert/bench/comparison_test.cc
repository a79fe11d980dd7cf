#include "edgebert/bench/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "edgebert/bench/against.h"
#include "edgebert/bench/host_info.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ChooseVariantTest, IsTheFastestThatKeepsTheAccuracy) {
  const std::vector<VariantFigures> variants = {{4, 0.91}, {3, 0.92}, {2, 0.914}};
  EXPECT_EQ(ChooseVariant(variants, 0.920), 1u);
  EXPECT_EQ(ChooseVariant(variants, 0.918), 2u);
  EXPECT_EQ(ChooseVariant(variants, 0.99), 1u);  // None keeps it: the most accurate.
  EXPECT_EQ(ChooseVariant(variants, std::nullopt), 2u);
  EXPECT_EQ(ChooseVariant(std::vector<VariantFigures>{{4, {}}, {3, {}}}, std::nullopt), 1u);
}

TEST(NearestOffRampTest, TakesTheNearestLayerThatHasOne) {
  ModelConfig config;
  config.off_ramp_layers = {1, 3, 6, 12};
  EXPECT_EQ(NearestOffRamp(config, 4.4), 3);
  EXPECT_EQ(NearestOffRamp(config, 4.6), 6);
  EXPECT_EQ(NearestOffRamp(config, 12), 12);
  EXPECT_EQ(NearestOffRamp(config, 0), 1);
}

TEST(RequirementLinesTest, LeavesCommentsAndBlankLinesOut) {
  EXPECT_THAT(RequirementLines("# peers\n\nonnx==1 --flag x\ntorch==2"),
              ElementsAre("onnx==1 --flag x", "torch==2"));
}

TEST(ParseCpuInfoTest, FindsNameAndClock) {
  const HostInfo info =
      ParseCpuInfo("processor\t: 0\nmodel name\t: Some CPU\ncpu MHz\t\t: 2963.5\n");
  EXPECT_EQ(info.cpu, "Some CPU");
  EXPECT_EQ(info.clock_mhz, 2963.5);
  EXPECT_EQ(ParseCpuInfo("").cpu, "unknown");
  EXPECT_FALSE(ParseCpuInfo("").clock_mhz);
}

TEST(BuildCommitTest, NamesTheReferenceThatIsNoCommit) {
  const testing::TemporaryDirectory directory;
  const auto built = BuildCommit(directory.path(), "no-such", directory.path() / "cache",
                                 [](const std::string&) {});
  ASSERT_FALSE(built.ok());
  EXPECT_THAT(built.status().message(), HasSubstr("no-such is no commit"));
}

TEST(NumberAfterTest, ReadsWholePositiveNumbersOnly) {
  EXPECT_EQ(NumberAfter("tokens-", "tokens-128"), 128);
  for (const char* name : {"tokens-", "tokens-x", "tokens-1x", "tokens-0", "tokens--4", "batch-4",
                           "tokens-99999999999"}) {
    EXPECT_FALSE(NumberAfter("tokens-", name)) << name;
  }
}

TEST(GeneratedSentencesTest, HaveTheLengthAndOrdinaryPiecesOnly) {
  TokenizerData tokenizer;
  tokenizer.pieces.resize(20);
  tokenizer.unknown_id = 1;
  tokenizer.cls_id = 2;
  tokenizer.sep_id = 3;
  tokenizer.mask_id = 4;
  const auto sentences = GeneratedSentences(tokenizer, 12, 5);
  ASSERT_EQ(sentences.size(), 5u);
  std::set<std::vector<int32_t>> distinct;
  for (const BenchSentence& sentence : sentences) {
    ASSERT_EQ(sentence.ids.size(), 12u);
    EXPECT_EQ(sentence.segment_ids.size(), 12u);
    EXPECT_EQ(sentence.ids.front(), 2);
    EXPECT_EQ(sentence.ids.back(), 3);
    for (size_t i = 1; i < 11; ++i) {
      EXPECT_GE(sentence.ids[i], 5);
      EXPECT_LT(sentence.ids[i], 20);
    }
    distinct.insert(sentence.ids);
  }
  EXPECT_EQ(distinct.size(), 5u);
  EXPECT_EQ(GeneratedSentences(tokenizer, 12, 5)[3].ids, sentences[3].ids);
}

TEST(SortedForBatchesTest, SortsByLengthAndKeepsFullBatches) {
  std::vector<BenchSentence> sentences(5);
  const size_t lengths[] = {5, 1, 4, 2, 3};
  for (size_t i = 0; i < 5; ++i) {
    sentences[i].ids.resize(lengths[i]);
  }
  const auto sorted = SortedForBatches(sentences, 2);
  ASSERT_EQ(sorted.size(), 4u);
  EXPECT_EQ(sorted[0].ids.size(), 1u);
  EXPECT_EQ(sorted[3].ids.size(), 5u);
  EXPECT_EQ(SortedForBatches(sentences, 64).size(), 5u);
}

}  // namespace
}  // namespace edgebert
