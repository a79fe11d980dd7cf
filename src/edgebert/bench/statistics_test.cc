#include "edgebert/bench/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace edgebert {
namespace {

TEST(SummarizeTest, GivesMeanAndPercentilesOfAKnownList) {
  std::vector<double> samples;
  for (int i = 100; i >= 1; --i) {
    samples.push_back(i);
  }
  const TimeSummary summary = Summarize(samples);
  EXPECT_DOUBLE_EQ(summary.mean, 50.5);
  EXPECT_EQ(summary.p50, 50);
  EXPECT_EQ(summary.p95, 95);
  EXPECT_EQ(summary.p99, 99);
}

TEST(MedianTest, IsTheMiddleOrTheMeanOfTheTwo) {
  EXPECT_EQ(Median({3, 1, 2}), 2);
  EXPECT_EQ(Median({4, 1, 2, 3}), 2.5);
  EXPECT_EQ(Median({7}), 7);
}

TEST(PairedRatioTest, ProportionalTimesHaveNoUncertainty) {
  const std::vector<double> denominator = {1, 5, 2, 8};
  std::vector<double> numerator;
  for (const double value : denominator) {
    numerator.push_back(0.25 * value);
  }
  const RatioEstimate estimate = PairedRatio(numerator, denominator);
  EXPECT_DOUBLE_EQ(estimate.ratio, 0.25);
  EXPECT_DOUBLE_EQ(estimate.low, 0.25);
  EXPECT_DOUBLE_EQ(estimate.high, 0.25);
}

TEST(PairedRatioTest, IsRepeatable) {
  const std::vector<double> numerator = {1, 2, 4, 3};
  const std::vector<double> denominator = {2, 2, 3, 5};
  const RatioEstimate first = PairedRatio(numerator, denominator);
  const RatioEstimate second = PairedRatio(numerator, denominator);
  EXPECT_EQ(first.low, second.low);
  EXPECT_EQ(first.high, second.high);
  EXPECT_LT(first.low, first.ratio);
  EXPECT_GT(first.high, first.ratio);
}

/// With a denominator of 1 the ratio is a mean of n independent values: its interval is ±1.96 σ/√n.
TEST(PairedRatioTest, IntervalHasTheWidthOfTheNormalApproximation) {
  constexpr size_t kCount = 2000;
  constexpr double kSigma = 0.2;
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal(1.0, kSigma);
  std::vector<double> numerator(kCount);
  for (double& value : numerator) {
    value = normal(random);
  }
  const std::vector<double> denominator(kCount, 1.0);
  const RatioEstimate estimate = PairedRatio(numerator, denominator);
  const double expected = 2 * 1.96 * kSigma / std::sqrt(static_cast<double>(kCount));
  EXPECT_NEAR(estimate.high - estimate.low, expected, 0.1 * expected);
}

/// Over many draws from a distribution of known mean, about 95 of 100 intervals hold that mean.
TEST(PairedRatioTest, IntervalsCoverTheTruthAsOftenAsTheySay) {
  constexpr int kTrials = 400;
  std::mt19937_64 random(11);
  std::gamma_distribution<double> times(4.0, 0.5);  // Skewed, as times are; mean 2.
  int covered = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> numerator;
    std::vector<double> denominator;
    for (int i = 0; i < 100; ++i) {
      const double length = times(random);
      numerator.push_back(0.5 * length * (0.9 + 0.05 * times(random)));
      denominator.push_back(length * (0.9 + 0.05 * times(random)));
    }
    const RatioEstimate estimate =
        PairedRatio(numerator, denominator, {.resamples = 400, .seed = 5});
    covered += estimate.low <= 0.5 && 0.5 <= estimate.high ? 1 : 0;
  }
  // 380 expected with a standard deviation of 4.4; the percentile interval runs a little narrow.
  EXPECT_GE(covered, 364);
  EXPECT_LE(covered, 394);
}

}  // namespace
}  // namespace edgebert
