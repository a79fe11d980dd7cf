#include "edgebert/pipeline/risk_control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "edgebert/numeric/entropy.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

constexpr double kConfidence = 0.95;

/// Whether `count` of `draws` is more than chance explains when each has probability 1 -
/// kConfidence: more than three standard deviations of the binomial distribution above its mean.
bool IsTooMany(size_t count, size_t draws) {
  const auto n = static_cast<double>(draws);
  const double share = 1 - kConfidence;
  return static_cast<double>(count) > n * share + 3 * std::sqrt(n * share * kConfidence);
}

std::vector<int8_t> Losses(testing::Random& random, size_t count, double plus, double minus) {
  std::uniform_real_distribution<double> uniform;
  std::vector<int8_t> losses(count);
  for (int8_t& loss : losses) {
    const double u = uniform(random);
    loss = u < plus ? int8_t{1} : u < plus + minus ? int8_t{-1} : int8_t{0};
  }
  return losses;
}

TEST(MeanIsAtMostTest, IsSeldomWrongAtTheBound) {
  testing::Random random(1);
  for (const auto& [plus, minus] :
       {std::pair(0.01, 0.0), {0.02, 0.01}, {0.06, 0.05}, {0.3, 0.29}}) {
    for (const size_t count : {300u, 3000u}) {
      size_t wrong = 0;
      constexpr size_t kDraws = 1000;
      for (size_t draw = 0; draw < kDraws; ++draw) {
        wrong += MeanIsAtMost(Losses(random, count, plus, minus), 0.01, kConfidence) ? 1u : 0u;
      }
      EXPECT_FALSE(IsTooMany(wrong, kDraws))
          << plus << " " << minus << " " << count << ": " << wrong;
    }
  }
}

TEST(MeanIsAtMostTest, SeesWhatIsClearlyBelow) {
  testing::Random random(2);
  size_t accepted = 0;
  for (int draw = 0; draw < 200; ++draw) {
    accepted += MeanIsAtMost(Losses(random, 5000, 0.010, 0.010), 0.01, kConfidence) ? 1u : 0u;
  }
  EXPECT_GT(accepted, 180u);
  EXPECT_TRUE(MeanIsAtMost(std::vector<int8_t>(1000, 0), 0.01, kConfidence));
  EXPECT_FALSE(MeanIsAtMost(std::vector<int8_t>(100, 0), 0.01, kConfidence)) << "too few to tell";
  EXPECT_FALSE(MeanIsAtMost({}, 0.01, kConfidence));
  EXPECT_FALSE(MeanIsAtMost(std::vector<int8_t>(1000, 1), 0.01, kConfidence));
}

/// Two classes, `layers` off-ramps; each is surer than the one before, and the first few are sure
/// and wrong now and then, as trained ones are.
RecordedExamples Population(uint64_t seed, size_t count, int layers = 6) {
  testing::Random random(seed);
  std::normal_distribution<float> normal(0, 1);
  RecordedExamples examples;
  for (size_t i = 0; i < count; ++i) {
    const int label = static_cast<int>(random() % 2);
    const float hardness = std::fabs(normal(random));
    FullDepthRecord record;
    record.tokens = 5 + static_cast<int>(random() % 30);
    for (int layer = 1; layer <= layers; ++layer) {
      const float margin =
          (2.4f - hardness) * (0.8f + 0.5f * static_cast<float>(layer)) + 1.5f * normal(random);
      const float towards_one = label == 1 ? margin : -margin;
      const std::vector<float> logits = {0, towards_one};
      record.layers.push_back(layer);
      record.entropies_nats.push_back(Entropy(logits));
      record.labels.push_back(towards_one > 0 ? 1 : 0);
      record.logits.insert(record.logits.end(), logits.begin(), logits.end());
    }
    examples.records.push_back(record);
    examples.labels.push_back(label);
  }
  return examples;
}

TEST(TabulateThresholdsTest, HoldsWhatReplayGives) {
  const RecordedExamples examples = Population(3, 200);
  const ThresholdOutcomes outcomes = TabulateThresholds(examples, {}, {});
  ASSERT_TRUE(std::is_sorted(outcomes.thresholds.begin(), outcomes.thresholds.end()));
  EXPECT_EQ(outcomes.thresholds.front(), 0);
  EXPECT_EQ(outcomes.MeanLoss(0), 0);
  EXPECT_EQ(outcomes.MeanExitLayer(0), 6);
  double full_depth = 0;
  for (size_t i = 0; i < examples.records.size(); ++i) {
    full_depth += examples.records[i].labels.back() == examples.labels[i] ? 1 : 0;
  }
  for (size_t t = 0; t < outcomes.thresholds.size(); ++t) {
    EntropyExitRule rule(outcomes.thresholds[t]);
    const ExitPoint point = ReplayExits(examples, {}, rule);
    EXPECT_NEAR(outcomes.MeanLoss(t), full_depth / 200 - point.accuracy, 1e-12);
    EXPECT_NEAR(outcomes.MeanExitLayer(t), point.mean_exit_layer, 1e-12);
  }
}

TEST(ChooseThresholdTest, KeepsItsPromiseWhereThePoolIsThePopulation) {
  const ThresholdOutcomes outcomes = TabulateThresholds(Population(5, 3000), {}, {});
  for (const bool per_class : {false, true}) {
    const RiskOptions options = {
        .max_loss = 0.01, .confidence = kConfidence, .per_class = per_class};
    const RiskSimulation simulation = SimulateChoice(outcomes, options, 1000, 7);
    EXPECT_FALSE(IsTooMany(simulation.violations, simulation.draws)) << simulation.violations;
    EXPECT_LT(simulation.hindsight, outcomes.thresholds.size() - 1) << "nothing to get wrong";
    if (!per_class) {
      EXPECT_LT(simulation.mean_exit_layer - simulation.hindsight_exit_layer, 1);
    }
    EXPECT_LT(simulation.mean_exit_layer, 6);
  }
}

TEST(ChooseThresholdTest, ASmallerLossOrMoreConfidenceIsMoreCautious) {
  const ThresholdOutcomes outcomes = TabulateThresholds(Population(6, 3000), {}, {});
  std::vector<uint32_t> all(outcomes.sentences());
  std::iota(all.begin(), all.end(), 0u);
  const auto chosen = [&](double max_loss, double confidence) {
    return ChooseThreshold(outcomes, all, {max_loss, confidence});
  };
  EXPECT_GT(chosen(0.02, 0.95), chosen(0.005, 0.95));
  EXPECT_GE(chosen(0.01, 0.9), chosen(0.01, 0.99));
  EXPECT_EQ(ChooseThreshold(outcomes, std::span(all).first(20), {}), 0u) << "too few to tell";
}

TEST(RiskOptionsTest, RefusesWhatIsNoShare) {
  for (const double bad : {0.0, 1.0, -0.1, std::nan("")}) {
    EXPECT_FALSE(CheckRiskOptions({.max_loss = bad}).ok()) << bad;
    EXPECT_FALSE(CheckRiskOptions({.confidence = bad}).ok()) << bad;
  }
  EXPECT_OK(CheckRiskOptions({}));
}

}  // namespace
}  // namespace edgebert
