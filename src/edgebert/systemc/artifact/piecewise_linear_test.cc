#include "edgebert/systemc/artifact/piecewise_linear.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "edgebert/numeric/adaptivfloat.h"

namespace edgebert::systemc::artifact {
namespace {

double ToDouble(int64_t fixed) { return std::ldexp(static_cast<double>(fixed), -kFraction); }

TEST(PiecewiseLinearTest, ExponentialStaysWithinItsBound) {
  for (int64_t x = -20 * (1 << kFraction); x <= 0; x += 7) {
    ASSERT_NEAR(ToDouble(Exponential(x)), std::exp(ToDouble(x)), 0.0026) << x;
  }
  EXPECT_EQ(Exponential(int64_t{-1000} << kFraction), 0);
}

TEST(PiecewiseLinearTest, LogarithmStaysWithinItsBound) {
  for (int64_t x = 1; x < int64_t{1} << 40; x += 1 + x / 5'000) {
    ASSERT_NEAR(ToDouble(Logarithm(x)), std::log(ToDouble(x)), 0.0019) << x;
  }
}

TEST(PiecewiseLinearTest, InverseSquareRootStaysWithinItsBound) {
  // Of roots below 2^8 in the result's last place, rounding is what errs.
  for (const int fraction_bits : {10, 32}) {
    for (int64_t x = 1; x < int64_t{1} << (fraction_bits + 14); x += 1 + x / 5'000) {
      const double expected = 1 / std::sqrt(std::ldexp(static_cast<double>(x), -fraction_bits));
      ASSERT_NEAR(ToDouble(InverseSquareRoot(x, fraction_bits)), expected,
                  0.006 * expected + 1.0 / (1 << kFraction))
          << x;
    }
  }
  EXPECT_EQ(InverseSquareRoot(0, 32), 0);
}

TEST(PiecewiseLinearTest, CodesBecomeFixedPointCutOffTowardsZero) {
  for (int bias = -10; bias <= -3; ++bias) {
    for (uint32_t code = 0; code < 256; ++code) {
      const double exact = Decode(kAf8, code, bias) * (1 << kInputFraction);
      ASSERT_EQ(ToFixed(static_cast<uint8_t>(code), bias), std::trunc(exact));
      if (bias >= -6) {  // Nothing is cut off: there and back.
        const auto back = ToCode(int64_t{ToFixed(static_cast<uint8_t>(code), bias)} *
                                     (int64_t{1} << (kFraction - kInputFraction)),
                                 bias);
        ASSERT_EQ(back, code == 0x80 ? 0 : code);
      }
    }
  }
}

}  // namespace
}  // namespace edgebert::systemc::artifact
