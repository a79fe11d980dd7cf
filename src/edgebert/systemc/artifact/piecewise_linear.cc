#include "edgebert/systemc/artifact/piecewise_linear.h"

#include <array>
#include <bit>
#include <cstddef>

#include "edgebert/numeric/adaptivfloat.h"

namespace edgebert::systemc::artifact {
namespace {

constexpr int64_t kOne = int64_t{1} << kFraction;

/// A line in each of N equal parts of a range; `slope` is the rise over a whole part.
template <size_t N>
struct Segments {
  std::array<double, N> slope;
  std::array<double, N> intercept;

  /// At `position` of 2^kFraction in the range.
  int64_t At(int64_t position) const {
    const int64_t scaled = position * static_cast<int64_t>(N);
    const auto segment = static_cast<size_t>(scaled >> kFraction);
    const int64_t part = scaled & (kOne - 1);
    // The table's numbers are multiples of 2^-12: exact in either format.
    const auto rise = static_cast<int64_t>(slope[segment] * 4096);
    const auto start = static_cast<int64_t>(intercept[segment] * 4096);
    return (start << (kFraction - 12)) + ((rise * part) >> 12);
  }
};

constexpr Segments<4> kExp2 = {{.189453125, .224609375, .2666015625, .3173828125},
                               {.998046875, 1.1875, 1.412109375, 1.6787109375}};
constexpr Segments<8> kLog2 = {{.169921875, .1513671875, .13720703125, .125, .115234375,
                                .1064453125, .099609375, .09326171875},
                               {-.99853515625, -.82861328125, -.67724609375, -.53955078125,
                                -.41455078125, -.298828125, -.1923828125, -.0927734375}};
constexpr Segments<8> kInverseRoot = {{-.080810546875, -.068115234375, -.05859375, -.05126953125,
                                       -.045166015625, -.040283203125, -.0361328125, -.03271484375},
                                      {1.413330078125, 1.33251953125, 1.26416015625, 1.20556640625,
                                       1.154296875, 1.109130859375, 1.06884765625, 1.032470703125}};

constexpr int64_t kLog2E = 94548;     // log2(e) · 2^16.
constexpr int64_t kLn2 = 45426;       // ln(2) · 2^16.
constexpr int64_t kRootHalf = 46336;  // 0.70703125 · 2^16, as the authors' library has it.

/// x = mantissa · 2^exponent with the mantissa in [½, 1).
struct Normalized {
  int64_t position;  ///< Of the mantissa in its range, of 2^kFraction.
  int exponent;
};

Normalized Normalize(int64_t x, int fraction_bits) {
  const auto width = static_cast<int>(std::bit_width(static_cast<uint64_t>(x)));
  const int shift =
      kFraction + 1 - width;  // The mantissa's leading one, which counts ½, to bit 16.
  const int64_t mantissa = shift >= 0 ? x << shift : x >> -shift;
  return {mantissa - kOne, width - fraction_bits};
}

int64_t Shift(int64_t value, int left) { return left >= 0 ? value << left : value >> -left; }

}  // namespace

int32_t ToFixed(uint8_t code, int bias) {
  const int64_t integer = DecodeInteger(kAf8, code);
  const int shift = bias - kAf8MantissaBits + kInputFraction;
  const int64_t magnitude = Shift(integer < 0 ? -integer : integer, shift);
  return static_cast<int32_t>(integer < 0 ? -magnitude : magnitude);
}

uint8_t ToCode(int64_t value, int bias) {
  return static_cast<uint8_t>(EncodeAccumulator(kAf8, value, -kFraction, bias));
}

int64_t Exponential(int64_t x) {
  const int64_t power = (x * kLog2E) >> kFraction;
  const int64_t whole = power >> kFraction;
  return whole < -62 ? 0 : Shift(kExp2.At(power & (kOne - 1)), static_cast<int>(whole));
}

int64_t Logarithm(int64_t x) {
  const Normalized normalized = Normalize(x, kFraction);
  const int64_t log2 = kLog2.At(normalized.position) + normalized.exponent * kOne;
  return (log2 * kLn2) >> kFraction;
}

int64_t InverseSquareRoot(int64_t x, int fraction_bits) {
  if (x == 0) {
    return 0;
  }
  const Normalized normalized = Normalize(x, fraction_bits);
  int64_t root = kInverseRoot.At(normalized.position);
  if (normalized.exponent % 2 != 0) {
    root = (root * kRootHalf) >> kFraction;
  }
  return Shift(root, -(normalized.exponent >> 1));
}

}  // namespace edgebert::systemc::artifact
