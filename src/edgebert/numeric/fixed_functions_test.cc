// Every bound of fixed_functions.h, over all that a function can be given.

#include "edgebert/numeric/fixed_functions.h"

#include <gtest/gtest.h>

#include <cmath>

#include "edgebert/numeric/constexpr_math.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

constexpr int32_t kActivationLimit = (1 << (kActivationInputBits - 1)) - 1;

double GeluReference(double x) { return 0.5 * x * std::erfc(-x * std::sqrt(0.5)); }

double GeluTanhReference(double x) {
  const double inner = std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x);
  // As a logistic function, which loses no digits where tanh is near -1.
  return x / (1 + std::exp(-2 * inner));
}

/// The largest error of an activation function over every word that it can be given.
template <typename Reference>
double LargestActivationError(FixedActivation function, Reference reference) {
  double largest = 0;
  for (int32_t x = -kActivationLimit; x <= kActivationLimit; ++x) {
    const double value =
        std::ldexp(ApplyFixedActivation(function, x), -kActivationOutputFractionBits);
    largest = std::max(largest,
                       std::fabs(value - reference(std::ldexp(x, -kActivationInputFractionBits))));
  }
  return largest;
}

TEST(ConstexprMathTest, AgreesWithTheCLibrary) {
  for (int i = 0; i <= 800; ++i) {
    const double t = i / 100.0;
    EXPECT_NEAR(constexpr_math::NormalTail(t), std::erfc(t * std::sqrt(0.5)) / 2, 1e-13) << t;
    for (const double x : {-20 * t, 20 * t}) {
      EXPECT_NEAR(constexpr_math::Exp(x) / std::exp(x), 1, 1e-12) << x;
    }
    const double from_one = 1 + 3 * t / 8;
    EXPECT_NEAR(constexpr_math::Log(from_one), std::log(from_one), 1e-14);
    EXPECT_NEAR(constexpr_math::Sqrt(from_one), std::sqrt(from_one), 1e-15);
  }
}

TEST(FixedFunctionsTest, Exp2IsWithinItsBoundEverywhere) {
  for (uint32_t x = 0; x <= kExpDomain; ++x) {
    const double exact = std::exp2(-std::ldexp(x, -kLog2FractionBits));
    const double value = std::ldexp(Exp2OfNegative(x), -kExpFractionBits);
    ASSERT_LE(std::fabs(value - exact), 1.6e-5 * exact + 0x1p-20) << x;
  }
  EXPECT_EQ(Exp2OfNegative(0), 1u << kExpFractionBits);
  EXPECT_EQ(Exp2OfNegative(kExpDomain), 0u);
  EXPECT_EQ(Exp2OfNegative(~0u), 0u);
}

TEST(FixedFunctionsTest, Exp2NeverRisesAndIsExactAtPowers) {
  for (uint32_t x = 1; x <= kExpDomain; ++x) {
    ASSERT_LE(Exp2OfNegative(x), Exp2OfNegative(x - 1)) << x;
  }
  for (uint32_t power = 0; power <= 20; ++power) {
    EXPECT_EQ(Exp2OfNegative(power << kLog2FractionBits), 1u << (kExpFractionBits - power));
  }
}

TEST(FixedFunctionsTest, Log2IsWithinItsBoundForEveryMantissa) {
  // The table sees 20 bits after the leading one: those of 21-bit numbers are all there are.
  int32_t previous = Log2((1u << 20) - 1);
  for (uint32_t value = 1u << 20; value < 1u << 21; ++value) {
    const int32_t log = Log2(value);
    ASSERT_NEAR(std::ldexp(log, -kLog2FractionBits), std::log2(value), 6e-5) << value;
    ASSERT_GE(log, previous) << value;
    ASSERT_EQ(Log2(uint64_t{value} << 43), log + (43 << kLog2FractionBits)) << value;
    previous = log;
  }
}

TEST(FixedFunctionsTest, Log2OfSmallNumbersAndPowers) {
  for (uint64_t value = 1; value < 1u << 20; ++value) {
    ASSERT_NEAR(std::ldexp(Log2(value), -kLog2FractionBits), std::log2(static_cast<double>(value)),
                6e-5)
        << value;
  }
  for (int power = 0; power < 64; ++power) {
    EXPECT_EQ(Log2(uint64_t{1} << power), power << kLog2FractionBits);
  }
  testing::Random random(1);
  for (int i = 0; i < 100'000; ++i) {
    const uint64_t value = (random() >> (random() % 63)) | 1;
    ASSERT_NEAR(std::ldexp(Log2(value), -kLog2FractionBits), std::log2(static_cast<double>(value)),
                6e-5)
        << value;
  }
}

double ReciprocalSqrtError(uint64_t value) {
  const ReciprocalRoot root = ReciprocalSqrt(value);
  EXPECT_GE(root.mantissa, 1u << 15);
  EXPECT_LE(root.mantissa, 1u << 16);
  const double got = std::ldexp(root.mantissa, -16 - root.exponent);
  return std::fabs(got * std::sqrt(static_cast<double>(value)) - 1);
}

TEST(FixedFunctionsTest, ReciprocalSqrtIsWithinItsBoundForEveryMantissa) {
  // The table sees 18 bits after the point of a number in [1, 4).
  for (uint64_t value = uint64_t{1} << 18; value < uint64_t{1} << 20; ++value) {
    ASSERT_LE(ReciprocalSqrtError(value), 4e-5) << value;
    ASSERT_EQ(ReciprocalSqrt(value << 44).mantissa, ReciprocalSqrt(value).mantissa) << value;
    ASSERT_EQ(ReciprocalSqrt(value << 44).exponent, ReciprocalSqrt(value).exponent + 22) << value;
  }
}

TEST(FixedFunctionsTest, ReciprocalSqrtOfSmallAndLargeNumbers) {
  for (uint64_t value = 1; value < uint64_t{1} << 18; ++value) {
    ASSERT_LE(ReciprocalSqrtError(value), 4e-5) << value;
  }
  testing::Random random(2);
  for (int i = 0; i < 100'000; ++i) {
    const uint64_t value = (random() >> (random() % 63)) | 1;
    ASSERT_LE(ReciprocalSqrtError(value), 4e-5) << value;
  }
  EXPECT_LE(ReciprocalSqrtError(~uint64_t{0}), 4e-5);
}

TEST(FixedFunctionsTest, GeluIsWithinItsBoundEverywhere) {
  EXPECT_LE(LargestActivationError(FixedActivation::kGelu, GeluReference), 3e-5);
  EXPECT_EQ(FixedGelu(0), 0);
}

TEST(FixedFunctionsTest, GeluTanhIsWithinItsBoundEverywhere) {
  EXPECT_LE(LargestActivationError(FixedActivation::kGeluTanh, GeluTanhReference), 3e-5);
  EXPECT_EQ(FixedGeluTanh(0), 0);
}

TEST(FixedFunctionsTest, TanhIsWithinItsBoundEverywhereAndOdd) {
  EXPECT_LE(LargestActivationError(FixedActivation::kTanh, [](double x) { return std::tanh(x); }),
            3e-5);
  for (int32_t x = 0; x <= kActivationLimit; ++x) {
    ASSERT_EQ(FixedTanh(-x), -FixedTanh(x)) << x;
    ASSERT_GE(FixedTanh(x), x == 0 ? 0 : FixedTanh(x - 1)) << x;
  }
}

TEST(FixedFunctionsTest, ReluIsExact) {
  EXPECT_EQ(
      LargestActivationError(FixedActivation::kRelu, [](double x) { return std::max(x, 0.0); }), 0);
}

TEST(FixedFunctionsTest, GeluIsLinearFarFromZero) {
  for (int32_t x = 8 << kActivationInputFractionBits; x <= kActivationLimit; ++x) {
    ASSERT_EQ(FixedGelu(x), x * 4);
    ASSERT_EQ(FixedGelu(-x), 0);
    ASSERT_EQ(FixedGeluTanh(x), x * 4);
    ASSERT_EQ(FixedTanh(x), 1 << kActivationOutputFractionBits);
  }
}

/// FNV-1a over a function's values: the very bits are what CPU and accelerator agree on, on every
/// machine and with every compiler.
template <typename Function>
uint64_t Fingerprint(int64_t first, int64_t last, Function function) {
  uint64_t hash = 14695981039346656037u;
  for (int64_t x = first; x <= last; ++x) {
    auto value = static_cast<uint64_t>(function(x));
    for (int byte = 0; byte < 4; ++byte, value >>= 8) {
      hash = (hash ^ (value & 0xff)) * 1099511628211u;
    }
  }
  return hash;
}

uint64_t ActivationFingerprint(int32_t (*function)(int32_t)) {
  return Fingerprint(-kActivationLimit, kActivationLimit,
                     [&](int64_t x) { return function(static_cast<int32_t>(x)); });
}

TEST(FixedFunctionsTest, EveryBitIsTheSameEverywhere) {
  EXPECT_EQ(Fingerprint(0, kExpDomain,
                        [](int64_t x) { return Exp2OfNegative(static_cast<uint32_t>(x)); }),
            13460850610991195739u);
  EXPECT_EQ(
      Fingerprint(1, 1 << 21, [](int64_t value) { return Log2(static_cast<uint64_t>(value)); }),
      13743018768190156750u);
  EXPECT_EQ(Fingerprint(1, 1 << 20,
                        [](int64_t value) {
                          return ReciprocalSqrt(static_cast<uint64_t>(value)).mantissa;
                        }),
            7473162233110793304u);
  EXPECT_EQ(ActivationFingerprint(FixedGelu), 4956967385987326075u);
  EXPECT_EQ(ActivationFingerprint(FixedGeluTanh), 1054357831653563868u);
  EXPECT_EQ(ActivationFingerprint(FixedTanh), 6889617397173087787u);
}

TEST(FixedFunctionsTest, ActivationInputRoundsOnceAndSaturates) {
  EXPECT_EQ(ActivationInput(3, -17), 2);
  EXPECT_EQ(ActivationInput(5, -17), 2);
  EXPECT_EQ(ActivationInput(1, 0), 1 << 16);
  EXPECT_EQ(ActivationInput(-200, 0), -kActivationLimit);
  EXPECT_EQ(ActivationInput(int64_t{1} << 38, -20), kActivationLimit);
}

}  // namespace
}  // namespace edgebert
