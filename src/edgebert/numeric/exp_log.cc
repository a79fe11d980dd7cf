#include "edgebert/numeric/exp_log.h"

#include <bit>
#include <cstdint>

namespace edgebert {
namespace {

/// ln 2 in two parts: the first has so few bits that its products with exponents are exact.
constexpr double kLn2High = 6.93147180369123816490e-01;
constexpr double kLn2Low = 1.90821492927058770002e-10;

constexpr int kFractionBits = 52;
constexpr int kExponentOffset = 1023;

/// 2^exponent, a normal double.
double PowerOfTwo(int64_t exponent) {
  return std::bit_cast<double>(static_cast<uint64_t>(exponent + kExponentOffset) << kFractionBits);
}

}  // namespace

double ExpOfNonPositive(double x) {
  constexpr double kSmallest = -708.0;
  if (!(x >= kSmallest)) {
    return 0;
  }
  // Adding 1.5 · 2^52 rounds to an integer.
  constexpr double kRounder = 6755399441055744.0;
  constexpr double kLog2OfE = 1.44269504088896338700;
  const double power = (x * kLog2OfE + kRounder) - kRounder;
  const double rest = (x - power * kLn2High) - power * kLn2Low;
  // The Taylor series: |rest| ≤ ln(2) / 2, whose 14th power over 14! is below 5e-18.
  double sum = 1;
  for (int n = 13; n > 0; --n) {
    sum = 1 + rest * sum / n;
  }
  return sum * PowerOfTwo(static_cast<int64_t>(power));
}

double LogFromOne(double x) {
  // x = 2^exponent · (1 + fraction), with 1 + fraction from √½ to √2.
  constexpr uint64_t kSqrtTwoBits = 0x3FF6A09E667F3BCD;
  constexpr uint64_t kOneBits = uint64_t{kExponentOffset} << kFractionBits;
  const auto bits = std::bit_cast<uint64_t>(x);
  const uint64_t mantissa = (bits & ((uint64_t{1} << kFractionBits) - 1)) | kOneBits;
  const bool halve = mantissa > kSqrtTwoBits;
  const auto exponent = static_cast<double>(static_cast<int64_t>(bits >> kFractionBits) -
                                            kExponentOffset + (halve ? 1 : 0));
  const double fraction = std::bit_cast<double>(mantissa) * (halve ? 0.5 : 1.0) - 1.0;
  // ln(1 + f) = f - f²/2 + s (f²/2 + R) with s = f / (2 + f) and R = 2/3 s² + 2/5 s⁴ + …; |s| <
  // 0.172, whose 24th power is below 5e-19.
  const double ratio = fraction / (2 + fraction);
  const double square = ratio * ratio;
  double series = 0;
  for (int n = 23; n > 1; n -= 2) {
    series = (2.0 / n + series) * square;
  }
  const double half_square = 0.5 * fraction * fraction;
  const double correction = (ratio * (half_square + series) - half_square) + exponent * kLn2Low;
  // What rounding the sum of the two large terms loses is added to the small one.
  const double power = exponent * kLn2High;
  const double sum = power + fraction;
  return sum + (correction + (fraction - (sum - power)));
}

}  // namespace edgebert
