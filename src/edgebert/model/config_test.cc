#include "edgebert/model/config.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

ModelConfig Valid() {
  ModelConfig config;
  config.vocabulary_size = 20;
  config.embedding_size = 8;
  config.hidden_size = 8;
  config.intermediate_size = 16;
  config.num_heads = 2;
  config.num_layers = 3;
  config.num_distinct_layers = 2;
  config.layer_map = {0, 1, 1};
  config.max_positions = 16;
  config.num_segments = 2;
  config.labels = {"no", "yes"};
  config.off_ramp_layers = {1, 3};
  config.pooling = {Pooling::kCls, Pooling::kMean};
  config.pooler_size = 8;
  config.attention_spans = {0, 16, 3, 1};
  return config;
}

TEST(ConfigTest, AcceptsAValidConfiguration) {
  EXPECT_OK(ValidateConfig(Valid()));
  EXPECT_EQ(Valid().DistinctLayer(3), 1);
  EXPECT_EQ(Valid().Span(1, 0), 3);
  EXPECT_TRUE(Valid().HasOffRamp(1));
  EXPECT_FALSE(Valid().HasOffRamp(2));
}

TEST(ConfigTest, AcceptsAnEncoderWithoutOffRamps) {
  ModelConfig config = Valid();
  config.off_ramp_layers.clear();
  config.labels.clear();
  config.pooling.clear();
  config.pooler_size = 0;
  EXPECT_OK(ValidateConfig(config));
}

TEST(ConfigTest, RefusesEachBrokenField) {
  const std::vector<std::pair<const char*, std::function<void(ModelConfig&)>>> damages = {
      {"vocabulary_size", [](ModelConfig& c) { c.vocabulary_size = 0; }},
      {"vocabulary_size", [](ModelConfig& c) { c.vocabulary_size = kMaxVocabulary + 1; }},
      {"embedding_size", [](ModelConfig& c) { c.embedding_size = -1; }},
      {"hidden_size", [](ModelConfig& c) { c.hidden_size = kMaxDimension + 1; }},
      {"intermediate_size", [](ModelConfig& c) { c.intermediate_size = 0; }},
      {"num_heads", [](ModelConfig& c) { c.num_heads = 0; }},
      {"multiple of num_heads", [](ModelConfig& c) { c.num_heads = 3; }},
      {"num_layers", [](ModelConfig& c) { c.num_layers = kMaxLayers + 1; }},
      {"num_distinct_layers", [](ModelConfig& c) { c.num_distinct_layers = 4; }},
      {"layer_map",
       [](ModelConfig& c) {
         c.layer_map = {0, 1};
       }},
      {"layer_map",
       [](ModelConfig& c) {
         c.layer_map = {0, 1, 2};
       }},
      {"distinct layers",
       [](ModelConfig& c) {
         c.layer_map = {0, 0, 0};
       }},
      {"max_positions", [](ModelConfig& c) { c.max_positions = 0; }},
      {"num_segments", [](ModelConfig& c) { c.num_segments = 0; }},
      {"layer_norm_epsilon", [](ModelConfig& c) { c.layer_norm_epsilon = -1; }},
      {"layer_norm_epsilon",
       [](ModelConfig& c) { c.layer_norm_epsilon = std::numeric_limits<float>::quiet_NaN(); }},
      {"labels", [](ModelConfig& c) { c.labels = {"only"}; }},
      {"labels",
       [](ModelConfig& c) {
         c.labels = {"same", "same"};
       }},
      {"labels",
       [](ModelConfig& c) {
         c.labels = {"a", "\xFF"};
       }},
      {"off-ramp layer",
       [](ModelConfig& c) {
         c.off_ramp_layers = {2, 1, 3};
       }},
      {"off-ramp layer",
       [](ModelConfig& c) {
         c.off_ramp_layers = {3, 4};
       }},
      {"last off-ramp",
       [](ModelConfig& c) {
         c.off_ramp_layers = {1, 2};
       }},
      {"without off-ramp", [](ModelConfig& c) { c.off_ramp_layers.clear(); }},
      {"poolings", [](ModelConfig& c) { c.pooling.clear(); }},
      {"same pooling",
       [](ModelConfig& c) {
         c.pooling = {Pooling::kCls, Pooling::kCls};
       }},
      {"pooler_size", [](ModelConfig& c) { c.pooler_size = 0; }},
      {"attention_spans", [](ModelConfig& c) { c.attention_spans.pop_back(); }},
      {"attention span", [](ModelConfig& c) { c.attention_spans[0] = 17; }},
      {"attention span", [](ModelConfig& c) { c.attention_spans[0] = -1; }},
  };
  for (const auto& [expected, damage] : damages) {
    ModelConfig config = Valid();
    damage(config);
    const Status status = ValidateConfig(config);
    EXPECT_FALSE(status.ok()) << expected;
    EXPECT_NE(status.message().find(expected), std::string::npos) << status.message();
  }
}

}  // namespace
}  // namespace edgebert
