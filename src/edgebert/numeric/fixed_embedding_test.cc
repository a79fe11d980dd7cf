#include "edgebert/numeric/fixed_embedding.h"

#include <gtest/gtest.h>

#include <cmath>

#include "edgebert/numeric/adaptivfloat.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

TEST(FixedEmbeddingTest, TheUnitIsTheLeastThatHoldsTheLargestSum) {
  testing::Random random(1);
  std::uniform_real_distribution<double> exponent(-14, 6);
  for (int i = 0; i < 100'000; ++i) {
    const int bias = static_cast<int>(random() % 20) - 14;
    const double position = std::exp2(exponent(random));
    const double segment = i % 10 == 0 ? 0 : std::exp2(exponent(random));
    const int unit = EmbeddingExponent(bias, position, segment);
    const auto unsaturated = [&](int at) {
      return std::nearbyint(std::ldexp(kAf8MaxInteger, bias - 4 - at)) +
             std::nearbyint(std::ldexp(position, -at)) + std::nearbyint(std::ldexp(segment, -at));
    };
    ASSERT_LE(unsaturated(unit), static_cast<double>(kEmbeddingLimit));
    ASSERT_GE(unsaturated(unit - 1), static_cast<double>(kEmbeddingLimit) - 2);
    const int32_t sum = EmbeddingSum(EmbeddingWord(kAf8MaxInteger, bias, unit),
                                     static_cast<int32_t>(ToFixed(position, unit, kEmbeddingLimit)),
                                     static_cast<int32_t>(ToFixed(segment, unit, kEmbeddingLimit)));
    ASSERT_EQ(static_cast<double>(sum), unsaturated(unit));
  }
}

TEST(FixedEmbeddingTest, WordsAreExactWhereTheUnitIsFineEnough) {
  // 3968 · 2^-12 + 0.5 + 0.25 is 1.72: units of 2^-18, six bits below the words' own.
  const int unit = EmbeddingExponent(-8, 0.5, 0.25);
  EXPECT_EQ(unit, -18);
  EXPECT_EQ(EmbeddingWord(-17, -8, unit), -17 * 64);
  // Positions of up to 500 need 2^-10: the words lose two bits.
  EXPECT_EQ(EmbeddingExponent(-8, 500, 0), -10);
  EXPECT_EQ(EmbeddingWord(18, -8, -10), 4);
  EXPECT_EQ(EmbeddingWord(22, -8, -10), 6);
}

}  // namespace
}  // namespace edgebert
