#include "edgebert/numeric/entropy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using testing::Random;

/// -Σ p ln p in long double, from the definition.
long double ExactEntropy(const std::vector<float>& logits) {
  const long double largest = *std::max_element(logits.begin(), logits.end());
  long double total = 0;
  for (const float logit : logits) {
    total += std::exp(logit - largest);
  }
  long double entropy = 0;
  for (const float logit : logits) {
    const long double probability = std::exp(logit - largest) / total;
    if (probability > 0) {
      entropy -= probability * std::log(probability);
    }
  }
  return entropy;
}

std::vector<float> RandomLogits(Random& random, size_t count, float spread) {
  std::normal_distribution<float> normal(0, spread);
  std::vector<float> logits(count);
  for (float& logit : logits) {
    logit = normal(random);
  }
  return logits;
}

TEST(EntropyTest, IsCloseToExact) {
  Random random(1);
  for (const size_t count : {1u, 2u, 3u, 5u, 100u, 10000u}) {
    for (const float spread : {0.001f, 1.0f, 5.0f, 100.0f}) {
      for (int round = 0; round < (count > 1000 ? 3 : 200); ++round) {
        const std::vector<float> logits = RandomLogits(random, count, spread);
        const auto exact = static_cast<double>(ExactEntropy(logits));
        const double entropy = Entropy(logits);
        // Terms of up to ln n, each rounded a few times.
        ASSERT_NEAR(entropy, exact, 1e-14 * (1 + std::log(static_cast<double>(count))));
        ASSERT_GE(entropy, 0.0);
        ASSERT_LE(entropy, std::log(static_cast<double>(count)));
      }
    }
  }
}

TEST(EntropyTest, EqualLogitsGiveTheLargest) {
  for (const size_t count : {1u, 2u, 3u, 7u, 1000u}) {
    for (const float value : {0.0f, -5.5f, 3e38f, -3e38f}) {
      const std::vector<float> logits(count, value);
      EXPECT_DOUBLE_EQ(Entropy(logits), std::log(static_cast<double>(count)));
    }
  }
}

TEST(EntropyTest, ADecidedLogitGivesNextToNothing) {
  EXPECT_EQ(Entropy(std::vector<float>{1000.0f, 0.0f, -1000.0f}), 0.0);
  EXPECT_EQ(Entropy(std::vector<float>{42.0f}), 0.0);
  // p = e^-20 / (1 + e^-20): small, but kept to many digits.
  const double odds = std::exp(-20.0);
  const double expected = std::log1p(odds) + 20 * odds / (1 + odds);
  EXPECT_NEAR(Entropy(std::vector<float>{20.0f, 0.0f}), expected, 1e-15);
}

TEST(EntropyTest, HugeLogitsAreSafe) {
  EXPECT_EQ(Entropy(std::vector<float>{3e38f, -3e38f}), 0.0);
  EXPECT_EQ(Entropy(std::vector<float>{-3e38f, 3e38f, 0.0f}), 0.0);
  EXPECT_DOUBLE_EQ(Entropy(std::vector<float>{3e38f, -3e38f, 3e38f}), std::log(2.0));
  EXPECT_DOUBLE_EQ(Entropy(std::vector<float>{std::numeric_limits<float>::lowest(),
                                              std::numeric_limits<float>::lowest()}),
                   std::log(2.0));
}

TEST(EntropyTest, DoesNotDependOnACommonShift) {
  // Integers, so that shifting is exact.
  const std::vector<float> logits = {3.0f, -2.0f, 7.0f, 6.0f};
  for (const float shift : {-1000.0f, 4096.0f}) {
    std::vector<float> shifted = logits;
    for (float& logit : shifted) {
      logit += shift;
    }
    EXPECT_EQ(Entropy(shifted), Entropy(logits));
    EXPECT_EQ(Softmax(shifted), Softmax(logits));
  }
}

TEST(SoftmaxTest, IsCloseToExactAndSumsToOne) {
  Random random(2);
  for (const size_t count : {1u, 2u, 3u, 1000u}) {
    for (const float spread : {1.0f, 50.0f}) {
      const std::vector<float> logits = RandomLogits(random, count, spread);
      const long double largest = *std::max_element(logits.begin(), logits.end());
      long double total = 0;
      for (const float logit : logits) {
        total += std::exp(logit - largest);
      }
      const std::vector<double> probabilities = Softmax(logits);
      ASSERT_EQ(probabilities.size(), count);
      double sum = 0;
      for (size_t i = 0; i < count; ++i) {
        const auto exact = static_cast<double>(std::exp(logits[i] - largest) / total);
        ASSERT_NEAR(probabilities[i], exact, 1e-13 * exact);
        sum += probabilities[i];
      }
      ASSERT_NEAR(sum, 1.0, 1e-12);
    }
  }
}

TEST(SoftmaxTest, HugeLogitsAreSafe) {
  EXPECT_EQ(Softmax(std::vector<float>{3e38f, -3e38f}), (std::vector<double>{1.0, 0.0}));
  EXPECT_EQ(Softmax(std::vector<float>{-3e38f, -3e38f}), (std::vector<double>{0.5, 0.5}));
}

}  // namespace
}  // namespace edgebert
