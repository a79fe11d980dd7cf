#include "edgebert/numeric/fixed_point.h"

#include <gtest/gtest.h>

#include <cmath>

#include "edgebert/numeric/adaptivfloat.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

TEST(FixedPointTest, RoundsHalfToEven) {
  EXPECT_EQ(RoundShift(5, 1), 2);
  EXPECT_EQ(RoundShift(7, 1), 4);
  EXPECT_EQ(RoundShift(-5, 1), -2);
  EXPECT_EQ(RoundShift(-7, 1), -4);
  EXPECT_EQ(RoundShift(3, 2), 1);
  EXPECT_EQ(RoundShift(-3, 2), -1);
  EXPECT_EQ(RoundShift(9, 0), 9);
  EXPECT_EQ(RoundShift(int64_t{1} << 61, 62), 0);
  EXPECT_EQ(RoundShift((int64_t{1} << 61) + 1, 62), 1);
  EXPECT_EQ(RoundShift(-(int64_t{1} << 61) - 1, 62), -1);
  EXPECT_EQ(RoundShift((int64_t{1} << 62) - 1, 63), 0);
}

TEST(FixedPointTest, RoundShiftEqualsNearbyintOfTheQuotient) {
  testing::Random random(1);
  for (int i = 0; i < 200'000; ++i) {
    // 40 bits are exact in double, and so is their quotient; few bits below the shift make ties.
    const int shift = static_cast<int>(random() % 45);
    const auto value =
        static_cast<int64_t>(random() >> (24 + random() % 38)) * (random() % 2 == 0 ? 1 : -1);
    const double exact = std::ldexp(static_cast<double>(value), -shift);
    ASSERT_EQ(RoundShift(value, shift), static_cast<int64_t>(std::nearbyint(exact)))
        << value << " >> " << shift;
  }
}

TEST(FixedPointTest, WordsSaturateOnBothSidesAlike) {
  EXPECT_EQ(Saturate(40'000, 16), 32'767);
  EXPECT_EQ(Saturate(-40'000, 16), -32'767);
  EXPECT_EQ(Saturate(-32'767, 16), -32'767);
  EXPECT_EQ(ToWord(65'535, 1, 16), 32'767);
  EXPECT_EQ(ToWord(-70'000, 1, 16), -32'767);
  EXPECT_EQ(ToWord(5, -3, 16), 40);
  EXPECT_EQ(ToWord(-4096, -3, 16), -32'767);
  EXPECT_EQ(ToWord(4095, -3, 16), 32'760);
  EXPECT_EQ(ToWord(1, -200, 16), 32'767);
  EXPECT_EQ(ToWord(-1, -63, 16), -32'767);
  EXPECT_EQ(ToWord(0, -200, 16), 0);
  EXPECT_EQ(ToWord(-12345, 200, 16), 0);
}

TEST(FixedPointTest, CountsBits) {
  for (int bit = 0; bit < 64; ++bit) {
    EXPECT_EQ(BitWidth(uint64_t{1} << bit), bit + 1);
    EXPECT_EQ(BitWidth((uint64_t{1} << bit) - 1), bit);
  }
}

TEST(FixedPointTest, ConvertsWithOneRounding) {
  EXPECT_EQ(ToFixed(2.5, 0, 100), 2);
  EXPECT_EQ(ToFixed(3.5, 0, 100), 4);
  EXPECT_EQ(ToFixed(0.3, -10, 1000), 307);
  EXPECT_EQ(ToFixed(-1e30, -10, 1000), -1000);
  EXPECT_EQ(ToFixed(1e30, 80, 1000), 1000);
}

TEST(FixedPointTest, AccumulatorsHoldTheLongestSum) {
  EXPECT_EQ(kMaxDeviceInputs, 34'916);
  const int64_t most = int64_t{kAf8MaxInteger} * kAf8MaxInteger;
  EXPECT_LE(most * kMaxDeviceInputs, kAccumulatorLimit);
  EXPECT_GT(most * (kMaxDeviceInputs + 1), kAccumulatorLimit);
}

TEST(FixedPointTest, ReciprocalsHave24Bits) {
  for (int count = 1; count <= 1 << 16; ++count) {
    const Reciprocal reciprocal = MakeReciprocal(count);
    ASSERT_GE(reciprocal.multiplier, 1 << 23) << count;
    ASSERT_LE(reciprocal.multiplier, 1 << 24) << count;
    const double product =
        std::ldexp(static_cast<double>(reciprocal.multiplier * count), -reciprocal.shift);
    ASSERT_LE(std::fabs(product - 1), 0x1p-24) << count;
    ASSERT_TRUE((count & (count - 1)) != 0 || product == 1) << count;
  }
}

}  // namespace
}  // namespace edgebert
