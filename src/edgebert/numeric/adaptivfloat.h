#ifndef EDGEBERT_NUMERIC_ADAPTIVFLOAT_H_
#define EDGEBERT_NUMERIC_ADAPTIVFLOAT_H_

#include <cstdint>
#include <span>

#include "edgebert/base/status.h"

namespace edgebert {

/// AdaptivFloat<n,e> (Tambe et al., DAC 2020): a sign, e exponent bits and m = n - e - 1 mantissa
/// bits, one exponent bias per tensor, no denormals. The code with exponent 0 and mantissa 0 is
/// zero, whatever its sign; any other code stands for
///   ± (2^m + mantissa) · 2^(exponent + bias - m),
/// so `bias` is the exponent of codes with exponent field 0.
struct AdaptivFloatFormat {
  int bits = 8;
  int exponent_bits = 3;

  constexpr int mantissa_bits() const { return bits - exponent_bits - 1; }
  constexpr int num_codes() const { return 1 << bits; }
  constexpr int max_exponent() const { return (1 << exponent_bits) - 1; }
  /// The magnitude of the largest code, in units of 2^(bias - m).
  constexpr int64_t max_integer() const {
    return ((int64_t{2} << mantissa_bits()) - 1) << max_exponent();
  }
  /// The magnitude of the smallest non-zero code, in units of 2^(bias - m).
  constexpr int64_t min_integer() const { return (int64_t{1} << mantissa_bits()) + 1; }

  constexpr bool operator==(const AdaptivFloatFormat&) const = default;
};

/// The format of the accelerator and of model files.
inline constexpr AdaptivFloatFormat kAf8{8, 3};
inline constexpr int kMinExponentBias = -32;
inline constexpr int kMaxExponentBias = 31;
/// log2 of an AF8 integer's unit is bias - kAf8MantissaBits.
inline constexpr int kAf8MantissaBits = kAf8.mantissa_bits();
/// The largest AF8 magnitude as an integer, 3968.
inline constexpr int kAf8MaxInteger = static_cast<int>(kAf8.max_integer());

/// Checks 4 ≤ bits ≤ 16, exponent_bits ≥ 1, mantissa_bits ≥ 0 and exponents that fit in 32 bits.
Status ValidateFormat(const AdaptivFloatFormat& format);

/// The signed integer that `code` stands for, in units of 2^(bias - m); zero for both zero codes.
constexpr int64_t DecodeInteger(const AdaptivFloatFormat& format, uint32_t code) {
  const int m = format.mantissa_bits();
  const uint32_t magnitude = code & ((1u << (format.bits - 1)) - 1);
  if (magnitude == 0) {
    return 0;
  }
  const int64_t significand = (int64_t{1} << m) + (magnitude & ((1u << m) - 1));
  const int64_t integer = significand << (magnitude >> m);
  return (code >> (format.bits - 1)) & 1 ? -integer : integer;
}

/// The exact value of `code` under `bias`.
double Decode(const AdaptivFloatFormat& format, uint32_t code, int bias);

/// The code nearest to a finite `value` by Algorithm 1 of the paper: mantissa rounded half to even,
/// magnitudes beyond the largest saturate with their sign, magnitudes below the smallest become the
/// smallest when above half of it and zero otherwise. Zero is always code 0.
/// `value` must be finite; use EncodeTensor for data that may not be.
uint32_t Encode(const AdaptivFloatFormat& format, double value, int bias);

/// Requantisation: the code nearest to accumulator · 2^unit_exponent, rounded once. Equals Encode()
/// of the exact product for every accumulator of up to 53 bits.
uint32_t EncodeAccumulator(const AdaptivFloatFormat& format, int64_t accumulator, int unit_exponent,
                           int bias);

/// The paper's bias: the largest magnitude falls in the top binade. Zero for an all-zero tensor.
int BiasForMaximum(const AdaptivFloatFormat& format, double max_magnitude);

/// The sum of squared errors of encoding `values` with `bias`.
double SquaredError(const AdaptivFloatFormat& format, std::span<const float> values, int bias);

/// The bias with the least squared error among BiasForMaximum() and the `candidates - 1` below it,
/// the largest on ties. Small biases resolve the many small values and saturate the few outliers.
int SearchBias(const AdaptivFloatFormat& format, std::span<const float> values, int candidates = 6);

/// Encodes `values` to one code each. NaN and infinities are refused, with their index.
Status EncodeTensor(const AdaptivFloatFormat& format, std::span<const float> values, int bias,
                    std::span<uint8_t> codes);

}  // namespace edgebert

#endif  // EDGEBERT_NUMERIC_ADAPTIVFLOAT_H_
