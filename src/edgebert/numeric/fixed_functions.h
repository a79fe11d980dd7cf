#ifndef EDGEBERT_NUMERIC_FIXED_FUNCTIONS_H_
#define EDGEBERT_NUMERIC_FIXED_FUNCTIONS_H_

#include <cstdint>

#include "edgebert/numeric/fixed_point.h"

// The functions between the accelerator's matrix products, in integers only: piecewise-linear
// tables (numeric/piecewise_linear.h) with the error bounds given here, each of which is tested
// over the function's whole domain. A header that C++17 code may include.

namespace edgebert {

/// Exponents and logarithms have base 2 and this many fraction bits.
inline constexpr int kLog2FractionBits = 16;
/// Values of Exp2OfNegative(), probabilities among them, have this many fraction bits.
inline constexpr int kExpFractionBits = 20;
/// From here on Exp2OfNegative() is 0.
inline constexpr uint32_t kExpDomain = 22u << kLog2FractionBits;

/// 2^-(x / 2^16) in units of 2^-20, for any x: 64 segments a factor of 2. exp(-y) is the same with
/// y times log2(e). Off by at most 1.6e-5 of the value plus one unit; exactly 2^20 for 0; never
/// rising.
uint32_t Exp2OfNegative(uint32_t x);

/// log2(value) in units of 2^-16, value ≥ 1: 64 segments a factor of 2. Below or above by at most
/// 6e-5; exact for powers of two; never falling. ln is the same times ln(2).
int32_t Log2(uint64_t value);

/// mantissa · 2^(-16 - exponent), the mantissa in [2^15, 2^16].
struct ReciprocalRoot {
  uint32_t mantissa;
  int exponent;
};

/// 1 / √value for value ≥ 1: 192 segments a factor of 4. Off by at most 4e-5 of the value.
ReciprocalRoot ReciprocalSqrt(uint64_t value);

/// What an activation function takes: a signed word of 24 bits with 16 fraction bits, ±128.
inline constexpr int kActivationInputBits = 24;
inline constexpr int kActivationInputFractionBits = 16;
/// What it gives: 18 fraction bits.
inline constexpr int kActivationOutputFractionBits = 18;

enum class FixedActivation : uint8_t { kGelu, kGeluTanh, kRelu, kTanh };

/// x · Φ(x), the exact GELU, of x / 2^16 in units of 2^-18. Off by at most 3e-5; 0 for 0; max(x, 0)
/// exactly from |x| = 8 on.
int32_t FixedGelu(int32_t x);
/// 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))), in the same units and to the same error.
int32_t FixedGeluTanh(int32_t x);
/// tanh(x) in the same units. Off by at most 3e-5; odd; ±1 exactly from |x| = 8 on.
int32_t FixedTanh(int32_t x);

int32_t ApplyFixedActivation(FixedActivation function, int32_t x);

/// A matrix product's accumulator · 2^unit_exponent as the word that activations take: rounded
/// once, half to even, saturated at ±128.
inline int32_t ActivationInput(int64_t accumulator, int unit_exponent) {
  return static_cast<int32_t>(
      ToWord(accumulator, -kActivationInputFractionBits - unit_exponent, kActivationInputBits));
}

}  // namespace edgebert

#endif  // EDGEBERT_NUMERIC_FIXED_FUNCTIONS_H_
