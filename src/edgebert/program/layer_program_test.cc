#include "edgebert/program/layer_program.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "edgebert/testing/albert_base.h"

namespace edgebert {
namespace {

using testing::AlbertBase;

TEST(LayerProgramTest, AlbertBaseLayerHasThePublishedWork) {
  const LayerProgram program = BuildLayerProgram(AlbertBase(), 3, 128);
  EXPECT_EQ(program.distinct_layer, 0);
  EXPECT_EQ(MultiplyAccumulates(program.encoder), 931'135'488);
  EXPECT_TRUE(program.off_ramp.empty());
  EXPECT_EQ(MultiplyAccumulates(BuildLayerProgram(AlbertBase(), 12, 128).off_ramp),
            768 * 768 + 768 * 2);
}

TEST(LayerProgramTest, AbsentHeadsNarrowTheProjections) {
  ModelConfig config = AlbertBase();
  config.attention_spans = {20, 0, 0, 0, 0, 0, 36, 81, 0, 0, 0, 10};
  const LayerProgram program = BuildLayerProgram(config, 1, 64);
  const auto& query = std::get<Linear>(program.encoder[0]);
  EXPECT_EQ(query.outputs, 4 * 64);
  const auto& attention = std::get<Attention>(program.encoder[3]);
  ASSERT_EQ(attention.heads.size(), 4u);
  EXPECT_EQ(attention.heads[2].head, 7);
  EXPECT_EQ(attention.heads[2].span, 64);  // Cut to the sentence.
  const auto& output = std::get<Linear>(program.encoder[4]);
  EXPECT_EQ(output.inputs, 4 * 64);
  EXPECT_EQ(output.outputs, 768);
}

TEST(LayerProgramTest, WithoutHeadsOnlyTheBiasOfTheOutputProjectionIsLeft) {
  ModelConfig config = AlbertBase();
  config.attention_spans.assign(12, 0);
  const LayerProgram program = BuildLayerProgram(config, 1, 16);
  const auto& output = std::get<Linear>(program.encoder.front());
  EXPECT_EQ(output.matrix, MatrixRole::kAttentionOutput);
  EXPECT_EQ(output.inputs, 0);
}

TEST(LayerProgramTest, AttendedPairsEqualsCounting) {
  for (int tokens = 1; tokens <= 20; ++tokens) {
    for (int span = 0; span <= 24; ++span) {
      int64_t counted = 0;
      for (int query = 0; query < tokens; ++query) {
        for (int key = 0; key < tokens; ++key) {
          counted += std::abs(query - key) < span;
        }
      }
      EXPECT_EQ(AttendedPairs(tokens, span), counted) << tokens << " tokens, span " << span;
    }
  }
}

TEST(EmbeddingProgramTest, ProjectsWhereWidthsDifferAndAlwaysInAlbert) {
  ModelConfig config = AlbertBase();
  EXPECT_EQ(BuildEmbeddingProgram(config, 5).operations.size(), 2u);
  config.embedding_size = 768;
  EXPECT_EQ(BuildEmbeddingProgram(config, 5).operations.size(), 2u);
  config.family = Family::kBert;
  EXPECT_EQ(BuildEmbeddingProgram(config, 5).operations.size(), 1u);
}

TEST(LayerProgramTest, KeysInSpanAreThoseAtASmallerDistance) {
  for (const int tokens : {1, 2, 5, 17}) {
    for (int span = 1; span <= 20; ++span) {
      int64_t pairs = 0;
      for (int query = 0; query < tokens; ++query) {
        const auto [first, end] = KeysInSpan(query, span, tokens);
        for (int key = 0; key < tokens; ++key) {
          ASSERT_EQ(key >= first && key < end, std::abs(key - query) < span);
        }
        pairs += end - first;
      }
      EXPECT_EQ(pairs, AttendedPairs(tokens, span));
    }
  }
}

}  // namespace
}  // namespace edgebert
