#include "edgebert/engine/exit_rule.h"

#include <gtest/gtest.h>

#include <cmath>

#include "edgebert/numeric/entropy.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using Logits = std::vector<float>;

/// The index of the off-ramp at which the rule leaves; the number of them when it does not.
size_t ExitOf(ExitRule& rule, const std::vector<Logits>& off_ramps) {
  rule.Begin();
  size_t i = 0;
  while (i < off_ramps.size() &&
         !rule.ShouldExit({static_cast<int>(i) + 1, Entropy(off_ramps[i]), off_ramps[i]})) {
    ++i;
  }
  return i;
}

/// Logits of the given probabilities.
Logits Of(const std::vector<double>& probabilities) {
  Logits logits;
  for (const double probability : probabilities) {
    logits.push_back(static_cast<float>(std::log(probability)));
  }
  return logits;
}

std::vector<Logits> RandomOffRamps(testing::Random& random, size_t classes) {
  std::normal_distribution<float> normal(0, 2);
  std::vector<Logits> off_ramps(11, Logits(classes));
  for (Logits& logits : off_ramps) {
    for (float& logit : logits) {
      logit = normal(random);
    }
  }
  return off_ramps;
}

TEST(MaxProbabilityExitRuleTest, LeavesAboveTheThreshold) {
  const std::vector<Logits> off_ramps = {Of({0.5, 0.3, 0.2}), Of({0.1, 0.1, 0.8}),
                                         Of({0.9, 0.05, 0.05})};
  for (const auto& [threshold, expected] :
       {std::pair(0.33, 0u), {0.49, 0u}, {0.51, 1u}, {0.85, 2u}, {0.95, 3u}}) {
    MaxProbabilityExitRule rule(threshold);
    EXPECT_EQ(ExitOf(rule, off_ramps), expected) << threshold;
  }
  MaxProbabilityExitRule never(1);
  EXPECT_EQ(ExitOf(never, {{1000, -1000}}), 1u);
}

TEST(MaxProbabilityExitRuleTest, IsTheEntropyRuleForTwoClasses) {
  testing::Random random(1);
  for (int round = 0; round < 200; ++round) {
    const double p = 0.501 + 0.0024 * round;
    const double entropy = -p * std::log(p) - (1 - p) * std::log(1 - p);
    MaxProbabilityExitRule by_probability(p);
    EntropyExitRule by_entropy(entropy);
    const auto off_ramps = RandomOffRamps(random, 2);
    EXPECT_EQ(ExitOf(by_probability, off_ramps), ExitOf(by_entropy, off_ramps));
  }
}

TEST(PatienceExitRuleTest, CountsEqualAnswersInARow) {
  const Logits a = {1, 0};
  const Logits b = {0, 1};
  const std::vector<Logits> off_ramps = {a, b, b, a, a, a};
  for (const auto& [agreeing, expected] : {std::pair(1, 0u), {2, 2u}, {3, 5u}, {4, 6u}}) {
    PatienceExitRule rule(agreeing);
    EXPECT_EQ(ExitOf(rule, off_ramps), expected) << agreeing;
    EXPECT_EQ(ExitOf(rule, off_ramps), expected) << "the sentence before is forgotten";
  }
}

TEST(ConfidenceWindowExitRuleTest, LooksAtTheChosenClassOverTheWindow) {
  using Over = ConfidenceWindowExitRule::Over;
  const std::vector<Logits> off_ramps = {Of({0.9, 0.1}), Of({0.4, 0.6}), Of({0.2, 0.8}),
                                         Of({0.1, 0.9})};
  const auto exit = [&](Over over, int window, double threshold) {
    ConfidenceWindowExitRule rule(over, window, threshold);
    const size_t first = ExitOf(rule, off_ramps);
    EXPECT_EQ(ExitOf(rule, off_ramps), first) << "the sentence before is forgotten";
    return first;
  };
  // Class 1 over two off-ramps: (0.1, 0.6), (0.6, 0.8), (0.8, 0.9).
  EXPECT_EQ(exit(Over::kMean, 2, 0.34), 1u);
  EXPECT_EQ(exit(Over::kMean, 2, 0.36), 2u);
  EXPECT_EQ(exit(Over::kMean, 2, 0.71), 3u);
  EXPECT_EQ(exit(Over::kMean, 2, 0.86), 4u);
  EXPECT_EQ(exit(Over::kMinimum, 2, 0.09), 1u);
  EXPECT_EQ(exit(Over::kMinimum, 2, 0.59), 2u);
  EXPECT_EQ(exit(Over::kMinimum, 2, 0.79), 3u);
  EXPECT_EQ(exit(Over::kMinimum, 2, 0.81), 4u);
  EXPECT_EQ(exit(Over::kMinimum, 5, 0.0), 4u);
}

TEST(ConfidenceWindowExitRuleTest, AWindowOfOneIsTheMaximumProbability) {
  testing::Random random(2);
  for (int round = 0; round < 200; ++round) {
    const auto off_ramps = RandomOffRamps(random, 3);
    const double threshold = 0.34 + 0.003 * round;
    MaxProbabilityExitRule expected(threshold);
    for (const auto over :
         {ConfidenceWindowExitRule::Over::kMean, ConfidenceWindowExitRule::Over::kMinimum}) {
      ConfidenceWindowExitRule rule(over, 1, threshold);
      EXPECT_EQ(ExitOf(rule, off_ramps), ExitOf(expected, off_ramps));
    }
  }
}

TEST(ExitThresholdsTest, ScalesHoldForTheLayersOfTheirOffRamps) {
  ModelConfig config;
  config.num_layers = 6;
  config.off_ramp_layers = {2, 3, 6};
  ExitSettings exits;
  EXPECT_EQ(ExitThresholds(0.4, exits, config).at(3), 0.4);
  exits.off_ramp_scales = {0.5F, 2.0F, 1.0F};
  const ExitThresholds thresholds(0.4, exits, config);
  EXPECT_EQ(thresholds.at(2), 0.2);
  EXPECT_EQ(thresholds.at(3), 0.8);
  EXPECT_EQ(thresholds.at(6), 0.4);
  EntropyExitRule rule(thresholds);
  EXPECT_FALSE(rule.ShouldExit({2, 0.3}));
  EXPECT_TRUE(rule.ShouldExit({3, 0.3}));
}

TEST(ExitThresholdsTest, ThePredictionLooksAtThemToo) {
  ModelConfig config;
  config.num_layers = 4;
  config.off_ramp_layers = {1, 2, 3, 4};
  ExitSettings exits;
  exits.off_ramp_scales = {1.0F, 0.5F, 2.0F, 1.0F};
  const PredictorTable table = {{0.6F}, {0.3F, 0.3F}, 2};
  PredictedExitRule plain(0.4, table, config.off_ramp_layers);
  plain.ShouldExit({1, 0.6});
  EXPECT_EQ(plain.predicted_layer(), 2);
  PredictedExitRule scaled(ExitThresholds(0.4, exits, config), table, config.off_ramp_layers);
  scaled.ShouldExit({1, 0.6});
  EXPECT_EQ(scaled.predicted_layer(), 3);
}

TEST(ExitRuleTest, RulesOfProbabilitiesNeedLogits) {
  MaxProbabilityExitRule max_probability(0);
  PatienceExitRule patience(1);
  ConfidenceWindowExitRule window(ConfidenceWindowExitRule::Over::kMean, 1, 0);
  for (ExitRule* rule : {static_cast<ExitRule*>(&max_probability),
                         static_cast<ExitRule*>(&patience), static_cast<ExitRule*>(&window)}) {
    rule->Begin();
    EXPECT_FALSE(rule->ShouldExit({1, 0.1}));
  }
}

}  // namespace
}  // namespace edgebert
