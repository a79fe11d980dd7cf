#include "edgebert/pipeline/exit_sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "edgebert/numeric/entropy.h"
#include "edgebert/pipeline/exit_plot.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::HasSubstr;

constexpr int kLayers = 6;

ModelConfig Config() {
  ModelConfig config;
  config.num_layers = kLayers;
  config.off_ramp_layers.resize(kLayers);
  std::iota(config.off_ramp_layers.begin(), config.off_ramp_layers.end(), 1);
  config.labels = {"no", "maybe", "yes"};
  return config;
}

/// Sentences whose off-ramps become surer and better with depth.
RecordedExamples RandomExamples(uint64_t seed, size_t count) {
  testing::Random random(seed);
  std::normal_distribution<float> normal(0, 1);
  RecordedExamples examples;
  for (size_t i = 0; i < count; ++i) {
    const int label = static_cast<int>(random() % 3);
    FullDepthRecord record;
    record.tokens = 10;
    for (int layer = 1; layer <= kLayers; ++layer) {
      std::vector<float> logits(3);
      for (float& logit : logits) {
        logit = normal(random);
      }
      logits[static_cast<size_t>(label)] += 0.6f * static_cast<float>(layer);
      record.layers.push_back(layer);
      record.entropies_nats.push_back(Entropy(logits));
      record.labels.push_back(
          static_cast<int>(std::max_element(logits.begin(), logits.end()) - logits.begin()));
      record.logits.insert(record.logits.end(), logits.begin(), logits.end());
    }
    examples.records.push_back(record);
    examples.labels.push_back(label);
  }
  return examples;
}

ExitSettings HalfScales() {
  ExitSettings exits;
  exits.off_ramp_scales.assign(kLayers, 0.5F);
  return exits;
}

class ExitSweepTest : public ::testing::Test {
 protected:
  const RecordedExamples examples_ = RandomExamples(4, 500);
  const ExitSettings exits_ = HalfScales();
  const ExitSweep sweep_ = *SweepExits(examples_, exits_, Config());
};

TEST_F(ExitSweepTest, CoversEveryRuleFromCautiousToEager) {
  EXPECT_EQ(sweep_.examples, 500u);
  for (const ExitRuleKind kind : kExitRuleKinds) {
    std::vector<ExitPoint> points;
    for (const ExitPoint& point : sweep_.points) {
      if (point.setting.kind == kind) {
        points.push_back(point);
      }
    }
    if (kind == ExitRuleKind::kPredicted) {
      EXPECT_TRUE(points.empty()) << "the model has no table";
      continue;
    }
    ASSERT_FALSE(points.empty());
    for (size_t i = 1; i < points.size(); ++i) {
      if (points[i].setting.window == points[i - 1].setting.window ||
          kind == ExitRuleKind::kPatience) {
        EXPECT_LE(points[i].mean_exit_layer, points[i - 1].mean_exit_layer) << ExitRuleName(kind);
      }
    }
  }
  const auto at_once = EarliestWithin(sweep_, ExitRuleKind::kPatience, 1);
  ASSERT_TRUE(at_once);
  EXPECT_EQ(at_once->mean_exit_layer, 1);
  EXPECT_EQ(at_once->setting.window, 1);
}

TEST_F(ExitSweepTest, HalfTheScaleIsHalfTheThreshold) {
  EntropyExitRule half(0.3);
  const ExitPoint expected = ReplayExits(examples_, {}, half);
  const ExitRuleSetting setting = {ExitRuleKind::kScaledEntropy, 0.6};
  const auto rule = MakeExitRule(setting, exits_, Config());
  ASSERT_OK(rule.status());
  EXPECT_EQ(ReplayExits(examples_, setting, **rule).mean_exit_layer, expected.mean_exit_layer);
}

TEST_F(ExitSweepTest, WithoutScalesThereIsNoScaledRule) {
  const ExitSweep sweep = *SweepExits(examples_, {}, Config());
  EXPECT_FALSE(EarliestWithin(sweep, ExitRuleKind::kScaledEntropy, 1));
}

TEST_F(ExitSweepTest, PointsAreWhatTheRulesGive) {
  const ExitRuleSetting setting = {ExitRuleKind::kMinConfidence, 0.6, 2};
  const auto rule = MakeExitRule(setting, {}, Config());
  ASSERT_OK(rule);
  const ExitPoint point = ReplayExits(examples_, setting, **rule);
  double correct = 0;
  double layers = 0;
  for (size_t i = 0; i < examples_.records.size(); ++i) {
    const FullDepthRecord& record = examples_.records[i];
    const auto probability = [&](size_t ramp, int label) {
      return Softmax(std::span(record.logits).subspan(ramp * 3, 3))[static_cast<size_t>(label)];
    };
    size_t exit = 1;
    while (exit < kLayers - 1 && std::min(probability(exit, record.labels[exit]),
                                          probability(exit - 1, record.labels[exit])) <= 0.6) {
      ++exit;
    }
    correct += record.labels[exit] == examples_.labels[i] ? 1 : 0;
    layers += static_cast<double>(exit) + 1;
  }
  EXPECT_DOUBLE_EQ(point.accuracy, correct / 500);
  EXPECT_DOUBLE_EQ(point.mean_exit_layer, layers / 500);
}

TEST_F(ExitSweepTest, EarliestIsTheLowestExitWithinTheLoss) {
  for (const ExitRuleKind kind : {ExitRuleKind::kEntropy, ExitRuleKind::kMeanConfidence}) {
    for (const double loss : {0.0, 0.005, 0.05}) {
      const auto best = EarliestWithin(sweep_, kind, loss);
      ASSERT_TRUE(best);
      EXPECT_GE(best->accuracy, sweep_.full_depth_accuracy - loss - 1e-6);
      for (const ExitPoint& point : sweep_.points) {
        EXPECT_FALSE(point.setting.kind == kind &&
                     point.accuracy >= sweep_.full_depth_accuracy - loss &&
                     point.mean_exit_layer < best->mean_exit_layer);
      }
    }
  }
  EXPECT_FALSE(EarliestWithin(sweep_, ExitRuleKind::kPredicted, 1));
}

TEST_F(ExitSweepTest, NoPointBettersOneOfTheFront) {
  const auto front = ParetoFront(sweep_, ExitRuleKind::kEntropy);
  ASSERT_GT(front.size(), 3u);
  for (size_t i = 0; i < front.size(); ++i) {
    if (i > 0) {
      EXPECT_GT(front[i].accuracy, front[i - 1].accuracy);
      EXPECT_GT(front[i].mean_exit_layer, front[i - 1].mean_exit_layer);
    }
    for (const ExitPoint& point : sweep_.points) {
      EXPECT_FALSE(point.setting.kind == ExitRuleKind::kEntropy &&
                   point.accuracy > front[i].accuracy &&
                   point.mean_exit_layer <= front[i].mean_exit_layer);
    }
  }
}

TEST_F(ExitSweepTest, ThePlotNamesItsRules) {
  const std::string svg = ExitPlotSvg(sweep_, "a < b & c");
  EXPECT_THAT(svg, HasSubstr("a &lt; b &amp; c"));
  for (const char* name : {"entropy", "max-probability", "patience", "min-confidence"}) {
    EXPECT_THAT(svg, HasSubstr(std::string(">") + name + "</text>"));
  }
  EXPECT_THAT(svg, ::testing::Not(HasSubstr("predicted")));
  EXPECT_THAT(svg, ::testing::Not(HasSubstr("nan")));
}

TEST(ExitRuleSettingTest, SaysWhatItIs) {
  EXPECT_EQ(Describe({ExitRuleKind::kEntropy, 0.25, 1}), "entropy < 0.25 nats");
  EXPECT_EQ(Describe({ExitRuleKind::kPatience, 0, 3}), "patience 3");
  EXPECT_EQ(Describe({ExitRuleKind::kMeanConfidence, 0.9, 2}), "mean-confidence of 2 > 0.9");
  EXPECT_FALSE(MakeExitRule({ExitRuleKind::kPredicted, 0.2, 1}, {}, Config()).ok());
}

}  // namespace
}  // namespace edgebert
