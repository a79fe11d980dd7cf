#include "edgebert/pipeline/off_ramp_scales.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "edgebert/pipeline/exit_sweep.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::ElementsAre;

/// Sentences whose off-ramps agree with the last by the formula of the header.
std::vector<FullDepthRecord> Sentences(const std::vector<double>& offsets, double slope,
                                       size_t count) {
  testing::Random random(11);
  std::uniform_real_distribution<double> uniform;
  std::vector<FullDepthRecord> sentences;
  for (size_t i = 0; i < count; ++i) {
    FullDepthRecord& sentence = sentences.emplace_back();
    sentence.tokens = 9;
    for (size_t ramp = 0; ramp <= offsets.size(); ++ramp) {
      const double entropy = std::exp(-5 * uniform(random)) * 0.69;
      const double agrees = ramp < offsets.size()
                                ? 1 / (1 + std::exp(-(offsets[ramp] - slope * std::log(entropy))))
                                : 1;
      const int label = uniform(random) < agrees ? 1 : 0;
      sentence.layers.push_back(static_cast<int>(ramp) + 1);
      sentence.entropies_nats.push_back(entropy);
      sentence.labels.push_back(label);
      // Logits of that label; their own entropy plays no part here.
      sentence.logits.insert(sentence.logits.end(), {0.0F, label == 1 ? 1.0F : -1.0F});
    }
  }
  return sentences;
}

TEST(FitOffRampScalesTest, FindsWhatMadeTheSentences) {
  constexpr double kSlope = 1.5;
  const std::vector<double> offsets = {-1.0, 0.0, 1.0, 2.0};
  const std::vector<float> scales = FitOffRampScales(Sentences(offsets, kSlope, 40'000));
  ASSERT_EQ(scales.size(), 5U);
  for (size_t ramp = 0; ramp < offsets.size(); ++ramp) {
    // The mean offset is 0.5. Offsets of 40,000 sentences are known to about 0.03.
    EXPECT_NEAR(std::log(scales[ramp]), (offsets[ramp] - 0.5) / kSlope, 0.1) << ramp;
  }
  EXPECT_EQ(scales.back(), 1.0F);
}

TEST(FitOffRampScalesTest, AnOffRampThatAlwaysAgreesIsKeptWithinBounds) {
  std::vector<FullDepthRecord> sentences = Sentences({0.0, 0.5, 1.0}, 1.0, 2000);
  for (FullDepthRecord& sentence : sentences) {
    sentence.labels[2] = sentence.labels[3];
  }
  const std::vector<float> scales = FitOffRampScales(sentences);
  EXPECT_NEAR(scales[2] / scales[1], 20, 1e-3);
  EXPECT_LT(scales[0], scales[1]);
}

TEST(FitOffRampScalesTest, SaysNothingWhereTheSentencesSayNothing) {
  EXPECT_TRUE(FitOffRampScales({}).empty());
  EXPECT_THAT(FitOffRampScales(Sentences({}, 1.0, 10)), ElementsAre(1.0F));
  // All agree; and entropies that are the larger the surer the answer.
  EXPECT_THAT(FitOffRampScales(Sentences({90.0, 90.0}, 1.0, 100)), ElementsAre(1.0F, 1.0F, 1.0F));
  EXPECT_THAT(FitOffRampScales(Sentences({-2.0, -2.0}, -2.0, 1000)), ElementsAre(1.0F, 1.0F, 1.0F));
}

TEST(FitOffRampScalesTest, MakesExitsEarlierAtTheSameAccuracy) {
  RecordedExamples examples;
  examples.records = Sentences({-2.0, -1.0, 1.0, 2.0}, 1.5, 6000);
  for (const FullDepthRecord& record : examples.records) {
    examples.labels.push_back(record.labels.back());
  }
  ModelConfig config;
  config.num_layers = 5;
  config.labels = {"bad", "good"};
  config.off_ramp_layers = {1, 2, 3, 4, 5};
  ExitSettings exits;
  exits.off_ramp_scales = FitOffRampScales(examples.records);
  const auto sweep = SweepExits(examples, exits, config);
  ASSERT_OK(sweep.status());
  for (const double loss : {0.02, 0.05}) {
    const auto scaled = EarliestWithin(*sweep, ExitRuleKind::kScaledEntropy, loss);
    const auto plain = EarliestWithin(*sweep, ExitRuleKind::kEntropy, loss);
    EXPECT_LT(scaled->mean_exit_layer, plain->mean_exit_layer) << loss;
  }
}

}  // namespace
}  // namespace edgebert
