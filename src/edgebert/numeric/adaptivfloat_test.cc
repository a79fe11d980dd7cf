#include "edgebert/numeric/adaptivfloat.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Random;

/// An exact magnitude: integer · 2^exponent.
struct Scaled {
  uint64_t integer;
  int exponent;
};

/// The sign of a - b, exactly and slowly: bit by bit from the top.
int Compare(const Scaled& a, const Scaled& b) {
  if (a.integer == 0 || b.integer == 0) {
    return static_cast<int>(a.integer != 0) - static_cast<int>(b.integer != 0);
  }
  const auto top = [](const Scaled& x) {
    return static_cast<int>(std::bit_width(x.integer)) + x.exponent;
  };
  if (top(a) != top(b)) {
    return top(a) < top(b) ? -1 : 1;
  }
  const uint64_t left = a.integer << std::countl_zero(a.integer);
  const uint64_t right = b.integer << std::countl_zero(b.integer);
  return left == right ? 0 : (left < right ? -1 : 1);
}

/// The code nearest to ± magnitude by search through all codes: the definition, written without
/// regard to how Encode() works. Codes of one sign ascend with their values.
uint32_t NearestCode(const AdaptivFloatFormat& format, bool negative, const Scaled& magnitude,
                     int bias) {
  const uint32_t sign = 1u << (format.bits - 1);
  const int unit = bias - format.mantissa_bits();
  const auto twice_the_middle = [&](uint32_t code) {
    const int64_t sum = DecodeInteger(format, code) + DecodeInteger(format, code + 1);
    return Scaled{static_cast<uint64_t>(sum), unit - 1};
  };
  uint32_t nearest = 0;
  while (nearest + 1 < sign) {
    const int side = Compare(magnitude, twice_the_middle(nearest));
    // On a tie the even mantissa wins: that of the even code, and zero below the smallest. Without
    // mantissa bits there is none to be even: significands 1.5 round up, to 2.
    const bool goes_up = format.mantissa_bits() == 0 ? nearest != 0 : (nearest & 1) != 0;
    if (side < 0 || (side == 0 && !goes_up)) {
      break;
    }
    ++nearest;
  }
  return nearest == 0 || !negative ? nearest : nearest | sign;
}

Scaled Magnitude(double value) {
  int exponent = 0;
  const double fraction = std::frexp(std::fabs(value), &exponent);
  return {static_cast<uint64_t>(std::ldexp(fraction, 53)), exponent - 53};
}

std::vector<AdaptivFloatFormat> Formats() {
  return {{8, 3}, {4, 2}, {5, 3}, {6, 3}, {4, 3}, {8, 4}, {16, 5}};
}

std::string Name(const AdaptivFloatFormat& format) {
  return "AdaptivFloat<" + std::to_string(format.bits) + "," +
         std::to_string(format.exponent_bits) + ">";
}

/// A value between codes, at a code or halfway, or one last place from there; sometimes outside.
double RandomNearCode(const AdaptivFloatFormat& format, int bias, Random& random) {
  const uint32_t code = static_cast<uint32_t>(random()) & ((1u << (format.bits - 1)) - 1);
  const double here = Decode(format, code, bias);
  const double next = Decode(format, code + 1 < (1u << (format.bits - 1)) ? code + 1 : code, bias);
  double value = here;
  switch (random() % 4) {
    case 0:
      value = (here + next) / 2;
      break;
    case 1:
      value = here + (next - here) * std::uniform_real_distribution<>(0, 1)(random);
      break;
    case 2:
      value = here * 1.5;
      break;
    default:
      break;
  }
  switch (random() % 3) {
    case 0:
      value = std::nextafter(value, 0.0);
      break;
    case 1:
      value = std::nextafter(value, 1e300);
      break;
    default:
      break;
  }
  return random() % 2 != 0 ? -value : value;
}

TEST(AdaptivFloatTest, EveryCodeDecodesByItsDefinition) {
  for (int bias = kMinExponentBias; bias <= kMaxExponentBias; ++bias) {
    for (uint32_t code = 0; code < 256; ++code) {
      const int exponent = static_cast<int>((code >> 4) & 7);
      const double mantissa = static_cast<double>(code & 15) / 16;
      const double magnitude =
          (code & 0x7F) == 0 ? 0.0 : (1 + mantissa) * std::pow(2.0, exponent + bias);
      ASSERT_EQ(Decode(kAf8, code, bias), code >= 128 ? -magnitude : magnitude);
      ASSERT_EQ(static_cast<double>(DecodeInteger(kAf8, code)) * std::pow(2.0, bias - 4),
                Decode(kAf8, code, bias));
    }
  }
}

TEST(AdaptivFloatTest, EveryDecodedCodeEncodesAsItself) {
  for (const AdaptivFloatFormat& format : Formats()) {
    const uint32_t negative_zero = 1u << (format.bits - 1);
    for (int bias = kMinExponentBias; bias <= kMaxExponentBias; bias += format.bits > 8 ? 21 : 1) {
      for (uint32_t code = 0; code < static_cast<uint32_t>(format.num_codes()); ++code) {
        const uint32_t expected = code == negative_zero ? 0 : code;
        ASSERT_EQ(Encode(format, Decode(format, code, bias), bias), expected) << Name(format);
      }
    }
  }
}

TEST(AdaptivFloatTest, IntegerLimitsAreThoseOfTheCodes) {
  EXPECT_EQ(kAf8.max_integer(), 3968);
  EXPECT_EQ(kAf8.min_integer(), 17);
  for (const AdaptivFloatFormat& format : Formats()) {
    const uint32_t largest = (1u << (format.bits - 1)) - 1;
    EXPECT_EQ(DecodeInteger(format, largest), format.max_integer()) << Name(format);
    EXPECT_EQ(DecodeInteger(format, 1), format.min_integer()) << Name(format);
  }
}

TEST(AdaptivFloatTest, PaperExample) {
  const AdaptivFloatFormat format{4, 2};
  const int bias = BiasForMaximum(format, 2.89);
  EXPECT_EQ(bias, -2);
  EXPECT_EQ(Decode(format, 1, bias), 0.375);
  EXPECT_EQ(Decode(format, 7, bias), 3.0);
  std::vector<double> values;
  for (const double value : {-1.17, 2.71, -1.60, 0.43, 0.16, -0.39}) {
    values.push_back(Decode(format, Encode(format, value, bias), bias));
  }
  EXPECT_THAT(values, ElementsAre(-1, 3, -1.5, 0.375, 0, -0.375));
}

TEST(AdaptivFloatTest, RoundsHalfToEvenAndHalfTheSmallestToZero) {
  const auto encode = [](double units) {
    return DecodeInteger(kAf8, Encode(kAf8, std::ldexp(units, -4), 0));
  };
  EXPECT_EQ(encode(17.5), 18);
  EXPECT_EQ(encode(18.5), 18);
  EXPECT_EQ(encode(19.5), 20);
  EXPECT_EQ(encode(31.5), 32);
  EXPECT_EQ(encode(33), 32);
  EXPECT_EQ(encode(35), 36);
  EXPECT_EQ(encode(-35), -36);
  EXPECT_EQ(encode(8.5), 0);
  EXPECT_EQ(encode(-8.5), 0);
  EXPECT_EQ(encode(std::nextafter(8.5, 9.0)), 17);
  EXPECT_EQ(encode(16), 17);
  EXPECT_EQ(encode(16.5), 17);
  EXPECT_EQ(encode(-9), -17);
}

TEST(AdaptivFloatTest, SaturatesWithTheSignAndKeepsZeroUnsigned) {
  for (const AdaptivFloatFormat& format : Formats()) {
    const uint32_t largest = (1u << (format.bits - 1)) - 1;
    const uint32_t sign = 1u << (format.bits - 1);
    for (const int bias : {kMinExponentBias, 0, kMaxExponentBias}) {
      for (const double value : {Decode(format, largest, bias) * 1.0001, 1e30, 1e300}) {
        EXPECT_EQ(Encode(format, value, bias), largest);
        EXPECT_EQ(Encode(format, -value, bias), sign | largest);
      }
      for (const double zero : {0.0, 1e-30, std::numeric_limits<double>::denorm_min()}) {
        EXPECT_EQ(Encode(format, zero, bias), 0u);
        EXPECT_EQ(Encode(format, -zero, bias), 0u);
      }
    }
  }
}

TEST(AdaptivFloatTest, EncodesToTheNearestCodeOfEveryFormat) {
  Random random(1);
  for (const AdaptivFloatFormat& format : Formats()) {
    const int rounds = format.bits > 8 ? 200 : 20000;
    for (int round = 0; round < rounds; ++round) {
      const int bias = static_cast<int>(random() % 64) + kMinExponentBias;
      const double value = RandomNearCode(format, bias, random);
      ASSERT_EQ(Encode(format, value, bias), NearestCode(format, value < 0, Magnitude(value), bias))
          << Name(format) << ", bias " << bias << ", value " << value;
    }
  }
}

TEST(AdaptivFloatTest, EncodesTheNeighboursOfEveryAf8Boundary) {
  for (int bias = kMinExponentBias; bias <= kMaxExponentBias; ++bias) {
    for (uint32_t code = 0; code < 127; ++code) {
      const double here = Decode(kAf8, code, bias);
      const double middle = (here + Decode(kAf8, code + 1, bias)) / 2;
      for (const double value : {here, middle}) {
        for (const double near :
             {std::nextafter(value, -1e300), value, std::nextafter(value, 1e300)}) {
          const uint32_t expected = NearestCode(kAf8, near < 0, Magnitude(near), bias);
          ASSERT_EQ(Encode(kAf8, near, bias), expected) << near << ", bias " << bias;
          ASSERT_EQ(Encode(kAf8, -near, bias), NearestCode(kAf8, near > 0, Magnitude(near), bias));
        }
      }
    }
  }
}

TEST(AdaptivFloatTest, EncodeAccumulatorIsExactForAnyInteger) {
  Random random(2);
  std::vector<int64_t> accumulators = {0,
                                       1,
                                       -1,
                                       17,
                                       -17,
                                       std::numeric_limits<int64_t>::max(),
                                       std::numeric_limits<int64_t>::min(),
                                       std::numeric_limits<int64_t>::min() + 1};
  for (int i = 0; i < 60; ++i) {
    accumulators.push_back(static_cast<int64_t>(random()) >> (random() % 63));
  }
  for (const AdaptivFloatFormat& format : Formats()) {
    if (format.bits > 8) {
      continue;  // The oracle searches all codes.
    }
    for (int bias = kMinExponentBias; bias <= kMaxExponentBias; bias += 7) {
      for (int unit_exponent = -100; unit_exponent <= 60; unit_exponent += 3) {
        for (const int64_t accumulator : accumulators) {
          const uint64_t magnitude = accumulator < 0
                                         ? uint64_t{0} - static_cast<uint64_t>(accumulator)
                                         : static_cast<uint64_t>(accumulator);
          ASSERT_EQ(EncodeAccumulator(format, accumulator, unit_exponent, bias),
                    NearestCode(format, accumulator < 0, {magnitude, unit_exponent}, bias))
              << Name(format) << ": " << accumulator << " x 2^" << unit_exponent << ", bias "
              << bias;
        }
      }
    }
  }
}

TEST(AdaptivFloatTest, EncodeAccumulatorIsExactAroundEveryBoundary) {
  for (const int finer : {1, 3, 20, 45, 51}) {
    for (uint32_t code = 0; code < 127; ++code) {
      const int64_t here = DecodeInteger(kAf8, code);
      const int64_t twice_the_middle = here + DecodeInteger(kAf8, code + 1);
      for (const int64_t exact : {2 * here, twice_the_middle}) {
        for (int64_t offset = -1; offset <= 1; ++offset) {
          const int64_t accumulator = (exact << (finer - 1)) + offset;
          const uint64_t magnitude = static_cast<uint64_t>(std::abs(accumulator));
          for (const int bias : {kMinExponentBias, -5, kMaxExponentBias}) {
            const int unit_exponent = bias - kAf8MantissaBits - finer;
            ASSERT_EQ(EncodeAccumulator(kAf8, accumulator, unit_exponent, bias),
                      NearestCode(kAf8, accumulator < 0, {magnitude, unit_exponent}, bias))
                << accumulator << " x 2^" << unit_exponent;
          }
        }
      }
    }
  }
}

TEST(AdaptivFloatTest, EncodeAccumulatorEqualsEncodeUpTo53Bits) {
  Random random(3);
  for (const AdaptivFloatFormat& format : Formats()) {
    for (int round = 0; round < 50000; ++round) {
      const int64_t magnitude = static_cast<int64_t>(random() >> 11) >> (random() % 53);
      const int64_t accumulator = random() % 2 != 0 ? magnitude : -magnitude;
      const int bias = static_cast<int>(random() % 64) + kMinExponentBias;
      const int unit_exponent = static_cast<int>(random() % 120) - 80;
      ASSERT_EQ(EncodeAccumulator(format, accumulator, unit_exponent, bias),
                Encode(format, std::ldexp(static_cast<double>(accumulator), unit_exponent), bias))
          << Name(format) << ": " << accumulator << " x 2^" << unit_exponent << ", bias " << bias;
    }
  }
}

TEST(AdaptivFloatTest, EncodeAccumulatorTakesExtremeUnits) {
  for (const int64_t accumulator :
       {int64_t{1}, std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()}) {
    const uint32_t sign = accumulator < 0 ? 0x80u : 0u;
    EXPECT_EQ(EncodeAccumulator(kAf8, accumulator, 1000, 0), sign | 0x7Fu);
    EXPECT_EQ(EncodeAccumulator(kAf8, accumulator, -1000, 0), 0u);
  }
}

TEST(AdaptivFloatTest, BiasForMaximumPutsTheLargestValueIntoTheTopBinade) {
  Random random(4);
  for (const AdaptivFloatFormat& format : Formats()) {
    for (int round = 0; round < 1000; ++round) {
      // Binades that every format's bias reaches.
      const int binade = static_cast<int>(random() % 30);
      const double largest = std::ldexp(std::uniform_real_distribution<>(1, 2)(random), binade);
      ASSERT_EQ(BiasForMaximum(format, largest) + format.max_exponent(), binade) << Name(format);
    }
  }
  EXPECT_EQ(BiasForMaximum(kAf8, 0), 0);
  EXPECT_EQ(BiasForMaximum(kAf8, 1.0), -7);
  EXPECT_EQ(BiasForMaximum(kAf8, std::nextafter(1.0, 0.0)), -8);
  EXPECT_EQ(BiasForMaximum(kAf8, 1e-30), kMinExponentBias);
  EXPECT_EQ(BiasForMaximum(kAf8, 1e30), kMaxExponentBias);
  EXPECT_EQ(BiasForMaximum(kAf8, std::numeric_limits<double>::denorm_min()), kMinExponentBias);
}

TEST(AdaptivFloatTest, SquaredErrorSumsOverElements) {
  // 17.5 becomes 18, 8.5 zero; 17 stays.
  const std::vector<float> values = {17.5f, 8.5f, 17.0f};
  EXPECT_DOUBLE_EQ(SquaredError(kAf8, values, 4), 0.25 + 8.5 * 8.5);
  EXPECT_EQ(SquaredError(kAf8, {}, 4), 0.0);
}

TEST(AdaptivFloatTest, SearchBiasPicksTheLeastSquaredError) {
  Random random(5);
  int below_maximum = 0;
  for (const AdaptivFloatFormat& format : {kAf8, AdaptivFloatFormat{4, 2}}) {
    for (int round = 0; round < 200; ++round) {
      // Heavy tails make a smaller bias worth its saturation.
      std::vector<float> values(1 + random() % 300);
      std::student_t_distribution<float> heavy(1.0f + static_cast<float>(random() % 4));
      float largest = 0;
      for (float& value : values) {
        value = heavy(random);
        largest = std::max(largest, std::fabs(value));
      }
      const int first = BiasForMaximum(format, largest);
      int best = first;
      for (int bias = first; bias > first - 6 && bias >= kMinExponentBias; --bias) {
        if (SquaredError(format, values, bias) < SquaredError(format, values, best)) {
          best = bias;
        }
      }
      ASSERT_EQ(SearchBias(format, values), best);
      ASSERT_EQ(SearchBias(format, values, 1), first);
      below_maximum += best != first;
    }
  }
  EXPECT_GT(below_maximum, 0);
}

TEST(AdaptivFloatTest, SearchBiasTakesTheLargestOnTies) {
  const std::vector<float> zeros(5, 0.0f);
  EXPECT_EQ(SearchBias(kAf8, zeros), 0);
  EXPECT_EQ(SearchBias(kAf8, {}), 0);
  // 1.5 is exact with every bias that reaches it.
  EXPECT_EQ(SearchBias(kAf8, std::vector<float>{1.5f}), -7);
  // No bias below the smallest is tried.
  EXPECT_EQ(SearchBias(kAf8, std::vector<float>{1e-30f}), kMinExponentBias);
}

TEST(AdaptivFloatTest, EncodeTensorEncodesEachElement) {
  const std::vector<float> values = {0.0f, -1.5f, 1e30f, 0.1f};
  std::vector<uint8_t> codes(values.size());
  ASSERT_OK(EncodeTensor(kAf8, values, -7, codes));
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(codes[i], Encode(kAf8, values[i], -7));
  }
}

TEST(AdaptivFloatTest, EncodeTensorRefusesWhatIsNotFinite) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
        -std::numeric_limits<float>::infinity()}) {
    std::vector<float> values(5, 1.0f);
    values[3] = bad;
    std::vector<uint8_t> codes(values.size());
    const Status status = EncodeTensor(kAf8, values, 0, codes);
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(status.message(), HasSubstr("element 3 is"));
  }
}

TEST(AdaptivFloatTest, ValidateFormatAcceptsWhatItDocuments) {
  for (const AdaptivFloatFormat& format : Formats()) {
    EXPECT_OK(ValidateFormat(format));
  }
  for (const AdaptivFloatFormat& format :
       {AdaptivFloatFormat{3, 1}, AdaptivFloatFormat{17, 5}, AdaptivFloatFormat{8, 0},
        AdaptivFloatFormat{8, 6}, AdaptivFloatFormat{4, 4}, AdaptivFloatFormat{0, -5}}) {
    const Status status = ValidateFormat(format);
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(status.message(), HasSubstr(Name(format)));
  }
}

}  // namespace
}  // namespace edgebert
