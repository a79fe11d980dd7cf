#ifndef EDGEBERT_NUMERIC_FIXED_POINT_H_
#define EDGEBERT_NUMERIC_FIXED_POINT_H_

#include <cstdint>

// Fixed-point words of the accelerator ("device" arithmetic): integers times a power of two that is
// known beforehand. A header that C++17 code may include.

namespace edgebert {

/// The accelerator's accumulators are signed 40-bit words.
inline constexpr int kAccumulatorBits = 40;
inline constexpr int64_t kAccumulatorLimit = (int64_t{1} << (kAccumulatorBits - 1)) - 1;
/// The longest sum of products of AF8 integers (at most 3968 each) that is sure to fit in one.
inline constexpr int kMaxDeviceInputs = static_cast<int>(kAccumulatorLimit / (3968 * 3968));

/// value / 2^shift, rounded half to even; shift ≥ 0 and |value| < 2^62.
constexpr int64_t RoundShift(int64_t value, int shift) {
  if (shift <= 0) {
    return value;
  }
  if (shift > 62) {
    return 0;
  }
  const int64_t floor = value >> shift;
  const int64_t rest = value - floor * (int64_t{1} << shift);
  const int64_t half = int64_t{1} << (shift - 1);
  const bool up = rest > half || (rest == half && (floor & 1) != 0);
  return floor + (up ? 1 : 0);
}

/// The nearest to `value` in a signed word of `bits` bits, whose range is ±(2^(bits - 1) - 1).
constexpr int64_t Saturate(int64_t value, int bits) {
  const int64_t limit = (int64_t{1} << (bits - 1)) - 1;
  return value > limit ? limit : (value < -limit ? -limit : value);
}

/// value / 2^shift in a signed word of `bits` bits: rounded once, half to even, and saturated. A
/// negative shift multiplies. |value| < 2^62.
constexpr int64_t ToWord(int64_t value, int shift, int bits) {
  if (shift >= 0) {
    return Saturate(RoundShift(value, shift), bits);
  }
  const int64_t limit = (int64_t{1} << (bits - 1)) - 1;
  const int64_t most = -shift > 62 ? 0 : limit >> -shift;
  if (value > most) {
    return limit;
  }
  return value < -most ? -limit : value * (int64_t{1} << (value == 0 ? 0 : -shift));
}

/// The number of bits of `value` without leading zeros; 0 for 0.
constexpr int BitWidth(uint64_t value) {
  int width = 0;
  for (int step = 32; step > 0; step /= 2) {
    if (value >> step != 0) {
      value >>= step;
      width += step;
    }
  }
  return width + (value != 0 ? 1 : 0);
}

/// When a model is loaded: `value` in units of 2^unit_exponent, rounded half to even, at most
/// `limit` (< 2^53) in magnitude.
int64_t ToFixed(double value, int unit_exponent, int64_t limit);

/// 1 / count as a constant of the operation that averages over `count` values:
/// multiplier · 2^-shift, with 24 significant bits.
struct Reciprocal {
  int64_t multiplier;
  int shift;
};

/// 1 ≤ count ≤ 2^16. Exact for powers of two; else the relative error is below 2^-24.
Reciprocal MakeReciprocal(int count);

}  // namespace edgebert

#endif  // EDGEBERT_NUMERIC_FIXED_POINT_H_
