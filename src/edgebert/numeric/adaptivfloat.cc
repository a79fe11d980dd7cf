#include "edgebert/numeric/adaptivfloat.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <compare>

namespace edgebert {
namespace {

/// Rounds a magnitude, given as an exact multiple of the tensor's unit 2^(bias - m), to a code
/// without its sign.
uint32_t EncodeMagnitude(const AdaptivFloatFormat& format, double units) {
  const auto smallest = static_cast<double>(format.min_integer());
  if (units < smallest) {
    // Above half of the smallest value the smallest is nearer; exactly half goes to zero.
    return units > smallest / 2 ? 1u : 0u;
  }
  const auto largest = static_cast<double>(format.max_integer());
  const uint32_t largest_code = (1u << (format.bits - 1)) - 1;
  if (units >= largest) {
    return largest_code;
  }
  const int m = format.mantissa_bits();
  const int exponent = std::ilogb(units) - m;  // units > 2^m, so never negative.
  // nearbyint() under the default rounding mode rounds half to even. A significand that rounds up
  // to 2^(m + 1) carries into the exponent field by itself.
  const auto significand = static_cast<int64_t>(std::nearbyint(std::ldexp(units, -exponent)));
  const int64_t code = (int64_t{exponent} << m) + (significand - (int64_t{1} << m));
  return static_cast<uint32_t>(std::min<int64_t>(code, largest_code));
}

/// Compares magnitude with integer · 2^shift, exactly. `magnitude` is not zero, `integer` < 2^17.
std::strong_ordering CompareScaled(uint64_t magnitude, uint64_t integer, int shift) {
  if (shift >= 0) {
    const int width = static_cast<int>(std::bit_width(integer)) + shift;
    return width > 64 ? std::strong_ordering::less : magnitude <=> (integer << shift);
  }
  const int width = static_cast<int>(std::bit_width(magnitude)) - shift;
  return width > 64 ? std::strong_ordering::greater : (magnitude << -shift) <=> integer;
}

}  // namespace

Status ValidateFormat(const AdaptivFloatFormat& format) {
  if (format.bits < 4 || format.bits > 16 || format.exponent_bits < 1 ||
      format.mantissa_bits() < 0 || format.exponent_bits > 5) {
    return InvalidArgument(fmt::format(
        "AdaptivFloat<{},{}>: expected 4 to 16 bits, of which 1 to 5 exponent bits and a sign",
        format.bits, format.exponent_bits));
  }
  return OkStatus();
}

double Decode(const AdaptivFloatFormat& format, uint32_t code, int bias) {
  return std::ldexp(static_cast<double>(DecodeInteger(format, code)),
                    bias - format.mantissa_bits());
}

uint32_t Encode(const AdaptivFloatFormat& format, double value, int bias) {
  const double units = std::ldexp(std::fabs(value), format.mantissa_bits() - bias);
  const uint32_t magnitude = EncodeMagnitude(format, units);
  const bool negative = value < 0 && magnitude != 0;
  return magnitude | (negative ? 1u << (format.bits - 1) : 0u);
}

uint32_t EncodeAccumulator(const AdaptivFloatFormat& format, int64_t accumulator, int unit_exponent,
                           int bias) {
  if (accumulator == 0) {
    return 0;
  }
  const uint32_t sign = accumulator < 0 ? 1u << (format.bits - 1) : 0u;
  const uint64_t magnitude = accumulator < 0 ? uint64_t{0} - static_cast<uint64_t>(accumulator)
                                             : static_cast<uint64_t>(accumulator);
  const int m = format.mantissa_bits();
  const auto smallest = static_cast<uint64_t>(format.min_integer());
  const int shift = bias - m - unit_exponent;
  if (CompareScaled(magnitude, smallest, shift) < 0) {
    return CompareScaled(magnitude, smallest, shift - 1) > 0 ? sign | 1u : 0u;
  }
  const uint32_t largest_code = (1u << (format.bits - 1)) - 1;
  const int leading_bit = static_cast<int>(std::bit_width(magnitude)) - 1;
  const int exponent = leading_bit + unit_exponent - bias;
  if (exponent > format.max_exponent()) {
    return sign | largest_code;
  }
  const int drop = leading_bit - m;
  uint64_t significand = drop <= 0 ? magnitude << -drop : magnitude >> drop;
  if (drop > 0) {
    const uint64_t rest = magnitude & ((uint64_t{1} << drop) - 1);
    const uint64_t half = uint64_t{1} << (drop - 1);
    significand += rest > half || (rest == half && (significand & 1) != 0);
  }
  // A significand that rounds up to 2^(m + 1) carries into the exponent field by itself.
  const uint64_t code = (static_cast<uint64_t>(exponent) << m) + significand - (uint64_t{1} << m);
  return sign | static_cast<uint32_t>(std::min<uint64_t>(code, largest_code));
}

int BiasForMaximum(const AdaptivFloatFormat& format, double max_magnitude) {
  if (max_magnitude == 0) {
    return 0;
  }
  return std::clamp(std::ilogb(max_magnitude) - format.max_exponent(), kMinExponentBias,
                    kMaxExponentBias);
}

double SquaredError(const AdaptivFloatFormat& format, std::span<const float> values, int bias) {
  double total = 0;
  for (const float value : values) {
    const double error = Decode(format, Encode(format, value, bias), bias) - double{value};
    total += error * error;
  }
  return total;
}

int SearchBias(const AdaptivFloatFormat& format, std::span<const float> values, int candidates) {
  double max_magnitude = 0;
  for (const float value : values) {
    max_magnitude = std::max(max_magnitude, std::fabs(double{value}));
  }
  const int first = BiasForMaximum(format, max_magnitude);
  int best = first;
  double least = SquaredError(format, values, first);
  for (int bias = first - 1; bias > first - candidates && bias >= kMinExponentBias; --bias) {
    const double error = SquaredError(format, values, bias);
    if (error < least) {
      least = error;
      best = bias;
    }
  }
  return best;
}

Status EncodeTensor(const AdaptivFloatFormat& format, std::span<const float> values, int bias,
                    std::span<uint8_t> codes) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      return InvalidArgument(
          fmt::format("element {} is {}: AdaptivFloat holds finite values only", i, values[i]));
    }
    codes[i] = static_cast<uint8_t>(Encode(format, values[i], bias));
  }
  return OkStatus();
}

}  // namespace edgebert
