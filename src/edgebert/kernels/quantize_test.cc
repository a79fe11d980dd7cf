#include "edgebert/kernels/quantize.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "edgebert/kernels/dispatch.h"
#include "edgebert/numeric/adaptivfloat.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using testing::Random;

constexpr int64_t kAccumulatorLimit = (int64_t{1} << 53) - 1;

class QuantizeTest : public ::testing::TestWithParam<std::string> {
 protected:
  QuantizeTest() : scope_(GetParam()) {}
  void SetUp() override { ASSERT_OK(scope_.status()); }

 private:
  ScopedInstructionSet scope_;
};

INSTANTIATE_TEST_SUITE_P(, QuantizeTest, ::testing::ValuesIn(SupportedInstructionSets()),
                         [](const auto& set) { return set.param; });

/// All codes' magnitudes, points halfway between neighbours and half the smallest, twice over (so
/// that they are integers).
std::vector<int64_t> TwiceTheBoundaries() {
  std::vector<int64_t> boundaries = {0, 17, 2 * 2 * int64_t{kAf8MaxInteger}};
  for (uint32_t code = 1; code < 128; ++code) {
    const int64_t integer = DecodeInteger(kAf8, code);
    boundaries.push_back(2 * integer);
    boundaries.push_back(integer + DecodeInteger(kAf8, std::min(code + 1, 127u)));
  }
  // Where the next code would be, and the tie below it: both saturate.
  boundaries.push_back(2 * 4096);
  boundaries.push_back(kAf8MaxInteger + 4096);
  return boundaries;
}

void ExpectQuantized(const std::vector<float>& values, int bias) {
  std::vector<int16_t> integers(values.size(), -1);
  QuantizeAf8(values, bias, integers);
  for (size_t i = 0; i < values.size(); ++i) {
    ASSERT_EQ(integers[i], DecodeInteger(kAf8, Encode(kAf8, values[i], bias)))
        << values[i] << " with bias " << bias;
  }
}

void ExpectRequantized(const std::vector<int64_t>& accumulators, int unit_exponent, int bias) {
  std::vector<int16_t> integers(accumulators.size(), -1);
  RequantizeAf8(accumulators, unit_exponent, bias, integers);
  for (size_t i = 0; i < accumulators.size(); ++i) {
    const uint32_t code = EncodeAccumulator(kAf8, accumulators[i], unit_exponent, bias);
    ASSERT_EQ(integers[i], DecodeInteger(kAf8, code))
        << accumulators[i] << " x 2^" << unit_exponent << " with bias " << bias;
  }
}

TEST_P(QuantizeTest, EqualsTheReferenceAroundEveryBoundary) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (int bias = kMinExponentBias; bias <= kMaxExponentBias; ++bias) {
    std::vector<float> values;
    for (const int64_t twice : TwiceTheBoundaries()) {
      const float exact = std::ldexp(static_cast<float>(twice), bias - kAf8MantissaBits - 1);
      for (const float value :
           {exact, std::nextafter(exact, kInfinity), std::nextafter(exact, -kInfinity)}) {
        values.push_back(value);
        values.push_back(-value);
      }
    }
    ExpectQuantized(values, bias);
  }
}

TEST_P(QuantizeTest, EqualsTheReferenceForAnyFiniteFloat) {
  Random random(1);
  std::vector<float> values = {0.0f,
                               -0.0f,
                               std::numeric_limits<float>::max(),
                               std::numeric_limits<float>::lowest(),
                               std::numeric_limits<float>::min(),
                               std::numeric_limits<float>::denorm_min(),
                               -std::numeric_limits<float>::denorm_min()};
  while (values.size() < 20000) {
    const auto value = std::bit_cast<float>(static_cast<uint32_t>(random()));
    if (std::isfinite(value)) {
      values.push_back(value);
    }
  }
  for (int bias = kMinExponentBias; bias <= kMaxExponentBias; ++bias) {
    ExpectQuantized(values, bias);
  }
}

TEST_P(QuantizeTest, HandlesEveryLength) {
  for (size_t size = 0; size <= 40; ++size) {
    std::vector<float> values(size);
    std::vector<int64_t> accumulators(size);
    for (size_t i = 0; i < size; ++i) {
      values[i] = static_cast<float>(i) - 20.0f;
      accumulators[i] = static_cast<int64_t>(i) * 100 - 2000;
    }
    ExpectQuantized(values, -3);
    ExpectRequantized(accumulators, -7, -4);
  }
}

TEST_P(QuantizeTest, RequantizeEqualsTheReferenceAroundEveryBoundary) {
  for (int bias = kMinExponentBias; bias <= kMaxExponentBias; ++bias) {
    // The finer the accumulator's unit, the closer its neighbours come to the boundary.
    for (const int finer : {1, 2, 5, 20, 40}) {
      std::vector<int64_t> accumulators;
      for (const int64_t twice : TwiceTheBoundaries()) {
        const int64_t exact = twice << (finer - 1);
        for (int64_t offset = -2; offset <= 2; ++offset) {
          if (std::abs(exact + offset) <= kAccumulatorLimit) {
            accumulators.push_back(exact + offset);
            accumulators.push_back(-(exact + offset));
          }
        }
      }
      ExpectRequantized(accumulators, bias - kAf8MantissaBits - finer, bias);
    }
  }
}

TEST_P(QuantizeTest, RequantizeEqualsTheReferenceForAnyAccumulator) {
  Random random(2);
  std::vector<int64_t> accumulators = {0, 1, -1, kAccumulatorLimit, -kAccumulatorLimit};
  while (accumulators.size() < 1000) {
    const int64_t magnitude = static_cast<int64_t>(random() >> 11) >> (random() % 53);
    accumulators.push_back(random() % 2 != 0 ? magnitude : -magnitude);
  }
  for (int bias = kMinExponentBias; bias <= kMaxExponentBias; ++bias) {
    for (int unit_exponent = -80; unit_exponent <= 60; unit_exponent += 3) {
      ExpectRequantized(accumulators, unit_exponent, bias);
    }
    ExpectRequantized(accumulators, -2000, bias);
    ExpectRequantized(accumulators, 2000, bias);
  }
}

TEST_P(QuantizeTest, DequantizeIsExactForEveryCodeAndBias) {
  std::vector<int16_t> integers;
  for (uint32_t code = 0; code < 256; ++code) {
    integers.push_back(static_cast<int16_t>(DecodeInteger(kAf8, code)));
  }
  integers.resize(251);  // Not a multiple of any vector's length.
  for (int bias = kMinExponentBias; bias <= kMaxExponentBias; ++bias) {
    std::vector<float> values(integers.size());
    DequantizeAf8(integers, bias, values);
    for (uint32_t code = 0; code < values.size(); ++code) {
      ASSERT_EQ(double{values[code]}, Decode(kAf8, code, bias));
    }
  }
}

TEST_P(QuantizeTest, AccumulatorsRoundOnceToFloat) {
  Random random(3);
  std::vector<int64_t> accumulators = {0, 1, -1, (1 << 24) + 1, (1 << 24) + 3, kAccumulatorLimit};
  for (int i = 0; i < 997; ++i) {
    accumulators.push_back((static_cast<int64_t>(random()) >> 11) >> (random() % 53));
  }
  for (int unit_exponent = -220; unit_exponent <= 140; ++unit_exponent) {
    std::vector<float> values(accumulators.size());
    AccumulatorsToFloat(accumulators, unit_exponent, values);
    for (size_t i = 0; i < values.size(); ++i) {
      // Both factors and their product are exact in long double; one rounding follows.
      const auto expected =
          static_cast<float>(std::ldexp(static_cast<long double>(accumulators[i]), unit_exponent));
      ASSERT_EQ(values[i], expected) << accumulators[i] << " x 2^" << unit_exponent;
    }
  }
}

TEST_P(QuantizeTest, AddBiasAddsToEveryRow) {
  const std::vector<int64_t> bias = {1, -2, int64_t{1} << 40, 0, 5};
  std::vector<int64_t> accumulators(15);
  for (size_t i = 0; i < accumulators.size(); ++i) {
    accumulators[i] = static_cast<int64_t>(i) - 7;
  }
  const std::vector<int64_t> before = accumulators;
  AddBias(bias, 3, accumulators);
  for (size_t i = 0; i < accumulators.size(); ++i) {
    EXPECT_EQ(accumulators[i], before[i] + bias[i % 5]);
  }
}

}  // namespace
}  // namespace edgebert
