#include "edgebert/train/adaptive_span.h"

#include <gtest/gtest.h>

#include "edgebert/testing/random_model.h"

namespace edgebert {
namespace {

AdaptiveSpan MakeSpan() { return AdaptiveSpan(testing::RandomModelConfig()); }

TEST(AdaptiveSpanTest, WithoutSpansNothingIsWeighed) {
  EXPECT_FALSE(MakeSpan().Weights(0, 5, torch::kCPU).defined());
  EXPECT_TRUE(MakeSpan().Spans().empty());
}

TEST(AdaptiveSpanTest, LearnedSpanIsARampOverDistance) {
  AdaptiveSpan span = MakeSpan();
  span.BeginLearning(3, 4, torch::kCPU);
  const torch::Tensor weights = span.Weights(1, 6, torch::kCPU);
  ASSERT_EQ(weights.sizes(), (std::vector<int64_t>{3, 6, 6}));
  for (int64_t i = 0; i < 6; ++i) {
    for (int64_t j = 0; j < 6; ++j) {
      const double distance = static_cast<double>(std::abs(i - j));
      const double expected = std::clamp((3 - distance) / 4, 0.0, 1.0);
      EXPECT_FLOAT_EQ(weights[0][i][j].item<float>(), static_cast<float>(expected));
    }
  }
}

TEST(AdaptiveSpanTest, ReachesZeroAndThenSeesNothingEvenItself) {
  AdaptiveSpan span = MakeSpan();
  span.BeginLearning(3, 4, torch::kCPU);
  {
    const torch::NoGradGuard no_gradient;
    span.learned().fill_(-1);
  }
  span.Clamp(3);
  EXPECT_EQ(span.learned().max().item<float>(), 0);
  EXPECT_EQ(span.Weights(0, 4, torch::kCPU).abs().max().item<float>(), 0);
  EXPECT_EQ(span.Spans(), std::vector<int>(6, 0));
}

TEST(AdaptiveSpanTest, FrozenSpansCountEveryKeyThatHadWeight) {
  AdaptiveSpan span = MakeSpan();
  span.BeginLearning(2.3, 4, torch::kCPU);
  const torch::Tensor soft = span.Weights(0, 8, torch::kCPU).detach();
  span.Freeze();
  EXPECT_EQ(span.Spans(), std::vector<int>(6, 3));
  const torch::Tensor hard = span.Weights(0, 8, torch::kCPU);
  EXPECT_TRUE(torch::equal(hard, (soft > 0).to(torch::kFloat32)));
}

TEST(AdaptiveSpanTest, PenaltyPushesEverySpanDown) {
  AdaptiveSpan span = MakeSpan();
  span.BeginLearning(10, 4, torch::kCPU);
  span.MeanShare(10).backward();
  EXPECT_GT(span.learned().grad().min().item<float>(), 0);
}

}  // namespace
}  // namespace edgebert
