#ifndef EDGEBERT_SYSTEMC_ARTIFACT_PIECEWISE_LINEAR_H_
#define EDGEBERT_SYSTEMC_ARTIFACT_PIECEWISE_LINEAR_H_

#include <cstdint>

namespace edgebert::systemc::artifact {

/// Fraction bits of what the special functions read, as in the authors' units ...
inline constexpr int kInputFraction = 10;
/// ... and of what they compute with, which is wider than theirs so that nothing wraps.
inline constexpr int kFraction = 16;

/// The value of an AF8 code with exponent bias `bias`, with kInputFraction fraction bits, the rest
/// cut off towards zero.
int32_t ToFixed(uint8_t code, int bias);
/// The nearest AF8 code of a number with kFraction fraction bits.
uint8_t ToCode(int64_t value, int bias);

/// The functions by the segments of the authors' library (ac_math 3.2.0). Arguments and results
/// have kFraction fraction bits. e^x for x ≤ 0: absolute error below 0.0026.
int64_t Exponential(int64_t x);
/// ln x for x > 0: absolute error below 0.0019.
int64_t Logarithm(int64_t x);
/// 1/√x for x > 0 with `fraction_bits` fraction bits: relative error below 0.6 %. 0 gives 0.
int64_t InverseSquareRoot(int64_t x, int fraction_bits);

}  // namespace edgebert::systemc::artifact

#endif  // EDGEBERT_SYSTEMC_ARTIFACT_PIECEWISE_LINEAR_H_
