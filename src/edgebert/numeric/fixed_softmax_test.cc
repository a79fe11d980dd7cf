#include "edgebert/numeric/fixed_softmax.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

/// The three passes over a row of distances from its largest score.
std::vector<uint32_t> Probabilities(const std::vector<uint32_t>& distances) {
  SumOfExponentials sum;
  for (const uint32_t distance : distances) {
    sum.Add(distance);
  }
  std::vector<uint32_t> probabilities;
  for (const uint32_t distance : distances) {
    probabilities.push_back(Probability(distance, sum.Log()));
  }
  return probabilities;
}

std::vector<uint32_t> ScoreDistances(const std::vector<int32_t>& scores) {
  const int32_t largest = *std::max_element(scores.begin(), scores.end());
  std::vector<uint32_t> distances;
  for (const int32_t score : scores) {
    distances.push_back(ScoreDistance(largest, score));
  }
  return distances;
}

std::vector<double> ExactSoftmax(const std::vector<double>& scores) {
  const double largest = *std::max_element(scores.begin(), scores.end());
  std::vector<double> values;
  double total = 0;
  for (const double score : scores) {
    values.push_back(std::exp(score - largest));
    total += values.back();
  }
  for (double& value : values) {
    value /= total;
  }
  return values;
}

TEST(FixedSoftmaxTest, IsWithinItsBoundOfDoublePrecision) {
  testing::Random random(1);
  std::normal_distribution<double> normal;
  for (int row = 0; row < 3000; ++row) {
    const size_t keys = row % 100 == 0 ? 16'384 : 1 + random() % 128;
    const double spread = std::exp2(static_cast<double>(random() % 8));
    std::vector<int32_t> scores;
    std::vector<double> nats;
    for (size_t i = 0; i < keys; ++i) {
      scores.push_back(static_cast<int32_t>(
          Saturate(static_cast<int64_t>(4096 * spread * normal(random)), kScoreBits)));
      nats.push_back(std::ldexp(scores.back(), -kScoreFractionBits) * std::log(2.0));
    }
    const std::vector<uint32_t> probabilities = Probabilities(ScoreDistances(scores));
    const std::vector<double> exact = ExactSoftmax(nats);
    const double of_itself = 9e-5 + std::ldexp(static_cast<double>(keys), -kExpFractionBits);
    for (size_t i = 0; i < keys; ++i) {
      ASSERT_NEAR(std::ldexp(probabilities[i], -kExpFractionBits), exact[i],
                  of_itself * exact[i] + 0x1p-20)
          << "key " << i << " of " << keys;
    }
  }
}

TEST(FixedSoftmaxTest, EqualScoresOfAPowerOfTwoOfKeysAreExact) {
  for (int power = 0; power <= 14; ++power) {
    for (const uint32_t p : Probabilities(std::vector<uint32_t>(size_t{1} << power, 0))) {
      ASSERT_EQ(p, 1u << (kExpFractionBits - power));
    }
  }
}

TEST(FixedSoftmaxTest, ShiftingAllScoresChangesNothingAndLargerScoresAreNoLessLikely) {
  testing::Random random(2);
  for (int row = 0; row < 500; ++row) {
    std::vector<int32_t> scores(1 + random() % 40);
    for (int32_t& score : scores) {
      score = static_cast<int32_t>(random() % 128'000);
    }
    std::vector<int32_t> shifted = scores;
    for (int32_t& score : shifted) {
      score -= 112'000;
    }
    const std::vector<uint32_t> probabilities = Probabilities(ScoreDistances(scores));
    ASSERT_EQ(probabilities, Probabilities(ScoreDistances(shifted)));
    for (size_t i = 1; i < scores.size(); ++i) {
      ASSERT_TRUE(scores[i] < scores[0] || probabilities[i] >= probabilities[0]);
    }
  }
}

TEST(FixedSoftmaxTest, ScoresAreTheScaledProductsRoundedOnce) {
  testing::Random random(3);
  for (const int head_size : {1, 8, 32, 48, 64, 100, 128}) {
    for (const int unit : {-20, -14, -8}) {
      const ScoreScale scale = MakeScoreScale(head_size, unit);
      ASSERT_GE(scale.multiplier, 1 << 15);
      ASSERT_LT(scale.multiplier, 1 << 16);
      for (int i = 0; i < 1000; ++i) {
        const auto product =
            static_cast<int64_t>(random() % (uint64_t{1} << 37)) - (int64_t{1} << 36);
        const int64_t small = product >> (random() % 36);
        const double exact = std::ldexp(static_cast<double>(small), unit) / std::log(2.0) /
                             std::sqrt(static_cast<double>(head_size));
        const double word = std::ldexp(ScoreWord(small, scale), -kScoreFractionBits);
        const double limit = std::ldexp((1 << (kScoreBits - 1)) - 1, -kScoreFractionBits);
        ASSERT_NEAR(word, std::clamp(exact, -limit, limit), 0x1p-14 + std::fabs(word) * 0x1p-16)
            << small;
      }
    }
  }
  // Ties, at 1.5 and 2.5 units.
  const ScoreScale one = {1 << 15, 16};
  EXPECT_EQ(ScoreWord(3, one), 2);
  EXPECT_EQ(ScoreWord(5, one), 2);
  EXPECT_EQ(ScoreWord(int64_t{1} << 39, one), 524'287);
}

/// The entropy of logits in the accelerator's words.
int32_t EntropyOf(const std::vector<int32_t>& logits) {
  const int32_t largest = *std::max_element(logits.begin(), logits.end());
  SumOfExponentials sum;
  for (const int32_t logit : logits) {
    sum.Add(LogitDistance(largest, logit));
  }
  FixedEntropy entropy;
  for (const int32_t logit : logits) {
    entropy.Add(LogitDistance(largest, logit), sum.Log());
  }
  return entropy.Nats();
}

double ExactEntropy(const std::vector<int32_t>& logits) {
  std::vector<double> values;
  for (const int32_t logit : logits) {
    values.push_back(std::ldexp(logit, -kLogitFractionBits));
  }
  double entropy = 0;
  for (const double p : ExactSoftmax(values)) {
    entropy -= p > 0 ? p * std::log(p) : 0;
  }
  return entropy;
}

TEST(FixedSoftmaxTest, EntropyOfTwoClassesIsWithinItsBoundAtEveryDistance) {
  double largest = 0;
  for (int32_t logit = 0; logit < 16 << kLogitFractionBits; logit += 5) {
    const double error = std::ldexp(EntropyOf({0, logit}), -16) - ExactEntropy({0, logit});
    largest = std::max(largest, std::fabs(error));
  }
  EXPECT_LE(largest, 1e-4);
  EXPECT_EQ(EntropyOf({0, 100 << kLogitFractionBits}), 0);
  EXPECT_EQ(EntropyOf({7, 7}), 45426);  // ln 2.
}

TEST(FixedSoftmaxTest, EntropyOfManyClassesIsWithinItsBound) {
  testing::Random random(4);
  std::normal_distribution<double> normal;
  for (int row = 0; row < 20'000; ++row) {
    const size_t classes = row % 50 == 0 ? 1024 : 2 + random() % 9;
    const double spread = std::exp2(static_cast<double>(random() % 6));
    std::vector<int32_t> logits;
    for (size_t i = 0; i < classes; ++i) {
      logits.push_back(static_cast<int32_t>(
          Saturate(static_cast<int64_t>(16384 * spread * normal(random)), kLogitBits)));
    }
    // A probability's error times its logarithm, over all classes, whose sum is the entropy.
    const double exact = ExactEntropy(logits);
    const double tolerance = 1e-4 * (1 + exact) + 2e-5 * static_cast<double>(classes);
    ASSERT_NEAR(std::ldexp(EntropyOf(logits), -16), exact, tolerance) << classes << " classes";
  }
}

TEST(FixedSoftmaxTest, EveryBitIsTheSameEverywhere) {
  // FNV-1a over probabilities and entropies.
  testing::Random random(6);
  uint64_t hash = 14695981039346656037u;
  const auto add = [&](int64_t value) {
    hash = (hash ^ static_cast<uint64_t>(value)) * 1099511628211u;
  };
  for (int row = 0; row < 2000; ++row) {
    const uint64_t spread = uint64_t{2} << (random() % 19);
    const ScoreScale scale = MakeScoreScale(1 + static_cast<int>(random() % 128), -14);
    std::vector<int32_t> scores(1 + random() % 128);
    for (int32_t& score : scores) {
      score = ScoreWord(static_cast<int64_t>(random() % spread), scale);
    }
    for (const uint32_t probability : Probabilities(ScoreDistances(scores))) {
      add(probability);
    }
    add(EntropyOf(scores));
  }
  EXPECT_EQ(hash, 4649696013238980495u);
}

TEST(FixedSoftmaxTest, LogitsRoundOnceAndSaturate) {
  EXPECT_EQ(LogitWord(3, -17), 2);
  EXPECT_EQ(LogitWord(5, -17), 2);
  EXPECT_EQ(LogitWord(-1, -10), -64);
  EXPECT_EQ(LogitWord(1000, 0), (1 << 23) - 1);
  EXPECT_EQ(LogitWord(-1000, 0), -((1 << 23) - 1));
}

TEST(FixedSoftmaxTest, ThresholdsDecideAsTheirValuesDo) {
  EXPECT_EQ(ThresholdWord(0), 0);
  EXPECT_EQ(ThresholdWord(1), 1 << 16);
  EXPECT_EQ(ThresholdWord(0.2), 13108);  // 13107.2 rounded up.
  EXPECT_EQ(ThresholdWord(1e300), 2147483647);
  testing::Random random(5);
  for (int i = 0; i < 100'000; ++i) {
    const auto entropy = static_cast<int32_t>(random() % 50'000);
    const double threshold = std::ldexp(static_cast<double>(random() % 400'000), -19);
    ASSERT_EQ(entropy < ThresholdWord(threshold), std::ldexp(entropy, -16) < threshold);
  }
}

}  // namespace
}  // namespace edgebert
