#include "edgebert/train/training_data.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <set>

#include "edgebert/testing/testing.h"
#include "edgebert/testing/trainable_model.h"

namespace edgebert {
namespace {

std::vector<TokenizedExample> RandomLengths(size_t count) {
  std::mt19937_64 random(4);
  std::vector<TokenizedExample> examples(count);
  for (size_t i = 0; i < count; ++i) {
    const size_t length = 2 + random() % 60;
    examples[i].encoding.ids.assign(length, static_cast<int32_t>(i));
    examples[i].encoding.segment_ids.assign(length, static_cast<int32_t>(i % 2));
    examples[i].label = static_cast<int>(i % 3);
  }
  return examples;
}

TEST(PlanEpochTest, VisitsEveryExampleOnce) {
  for (const size_t count : {1U, 31U, 32U, 33U, 5000U}) {
    const auto examples = RandomLengths(count);
    std::set<int64_t> seen;
    size_t total = 0;
    for (const auto& batch : PlanEpoch(examples, 32, 1, 0)) {
      EXPECT_LE(batch.size(), 32U);
      total += batch.size();
      seen.insert(batch.begin(), batch.end());
    }
    EXPECT_EQ(total, count);
    EXPECT_EQ(seen.size(), count);
  }
}

TEST(PlanEpochTest, FollowsFromSeedAndEpochAlone) {
  const auto examples = RandomLengths(500);
  EXPECT_EQ(PlanEpoch(examples, 16, 1, 3), PlanEpoch(examples, 16, 1, 3));
  EXPECT_NE(PlanEpoch(examples, 16, 1, 3), PlanEpoch(examples, 16, 1, 4));
  EXPECT_NE(PlanEpoch(examples, 16, 1, 3), PlanEpoch(examples, 16, 2, 3));
}

TEST(PlanEpochTest, PadsLittle) {
  const auto examples = RandomLengths(8000);
  size_t tokens = 0;
  size_t padded = 0;
  for (const auto& batch : PlanEpoch(examples, 32, 1, 0)) {
    size_t longest = 0;
    for (const int64_t index : batch) {
      const size_t length = examples[static_cast<size_t>(index)].encoding.ids.size();
      tokens += length;
      longest = std::max(longest, length);
    }
    padded += longest * batch.size();
  }
  // Random batches of lengths 2 to 61 would be padded to nearly twice their tokens.
  EXPECT_LT(static_cast<double>(padded), 1.1 * static_cast<double>(tokens));
}

TEST(MakeBatchTest, PadsToTheLongestAndMarksTokens) {
  const auto examples = RandomLengths(10);
  const std::vector<int64_t> indices = {7, 2, 4};
  const Batch batch = MakeBatch(examples, indices, 99, torch::kCPU);
  int64_t tokens = 0;
  for (int64_t row = 0; row < 3; ++row) {
    const TokenizedExample& example =
        examples[static_cast<size_t>(indices[static_cast<size_t>(row)])];
    const auto length = static_cast<int64_t>(example.encoding.ids.size());
    tokens += length;
    EXPECT_EQ(batch.is_token[row].sum().item<int64_t>(), length);
    EXPECT_EQ(batch.labels[row].item<int64_t>(), example.label);
    EXPECT_EQ(batch.examples[row].item<int64_t>(), indices[static_cast<size_t>(row)]);
    for (int64_t column = 0; column < batch.ids.size(1); ++column) {
      const bool is_token = column < length;
      EXPECT_EQ(batch.is_token[row][column].item<bool>(), is_token);
      EXPECT_EQ(batch.ids[row][column].item<int64_t>(),
                is_token ? example.encoding.ids[static_cast<size_t>(column)] : 99);
    }
  }
  EXPECT_EQ(batch.tokens, tokens);
}

TEST(TokenizeExamplesTest, NamesTheExampleThatCannotBeTokenized) {
  const Model model = testing::TrainableModel();
  const auto tokenizer = Tokenizer::Create(model.tokenizer);
  auto examples = testing::LearnableExamples(5, 1);
  examples[3].text = "\xff";
  const Status status = TokenizeExamples(**tokenizer, examples, 24).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("example 4"), std::string::npos);
}

}  // namespace
}  // namespace edgebert
