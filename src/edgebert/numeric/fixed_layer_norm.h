#ifndef EDGEBERT_NUMERIC_FIXED_LAYER_NORM_H_
#define EDGEBERT_NUMERIC_FIXED_LAYER_NORM_H_

#include <cstdint>
#include <vector>

#include "edgebert/numeric/fixed_point.h"

// Residual addition and LayerNorm of the accelerator, in the passes that its unit makes over a row:
// every element goes through AddResidual() and NormMoments::Add(), then, once FinishMoments() has
// worked out the row's two constants, through Normalise(). A header that C++17 code may include.

namespace edgebert {

/// What LayerNorm reads: signed 20-bit words. Their unit does not matter to it but for epsilon.
inline constexpr int kNormInputBits = 20;
/// Bits below an AF8 residual's own unit that the sum of update and residual keeps. The residual
/// then fills 16 bits with its sign, which leaves the sum a range of 16 times the largest residual:
/// encoders have feed-forward outputs of more than 6 times that, and a sum that saturates would
/// make LayerNorm scale all the rest of its row wrongly.
inline constexpr int kResidualGuardBits = 3;
/// The exponent of the unit of a sum whose residual has exponent bias `residual_bias`.
constexpr int NormInputExponent(int residual_bias) {
  return residual_bias - 4 - kResidualGuardBits;
}

/// A matrix product's accumulator · 2^unit_exponent as an update: a word in units of
/// NormInputExponent(residual_bias), rounded once, half to even, and saturated.
inline int32_t UpdateWord(int64_t accumulator, int unit_exponent, int residual_bias) {
  return static_cast<int32_t>(
      ToWord(accumulator, NormInputExponent(residual_bias) - unit_exponent, kNormInputBits));
}

/// update + residual, saturated; `residual` is an AF8 integer (at most 3968 in magnitude).
inline int32_t AddResidual(int32_t update, int32_t residual) {
  return static_cast<int32_t>(
      Saturate(int64_t{update} + residual * (1 << kResidualGuardBits), kNormInputBits));
}

/// Gain and bias of a LayerNorm as its unit keeps them, rounded once when the model is loaded.
struct FixedNormWeights {
  /// log2 of the unit of a normalised value times a gain, and so of `bias` and of every output: the
  /// gain's unit, one for all elements and as small as 16 bits allow, times 2^-14.
  int unit_exponent = 0;
  std::vector<int32_t> gain;  ///< [width], 16 bits each.
  std::vector<int32_t> bias;  ///< [width], 32 bits each.
};

/// `gain` and `bias` are finite and equally long.
FixedNormWeights MakeFixedNormWeights(const std::vector<float>& gain,
                                      const std::vector<float>& bias);

/// What a row's width and the unit of its words decide.
struct NormShape {
  int64_t width;
  int width_bits;  ///< ⌊log2(width)⌋
  Reciprocal reciprocal;
  uint64_t epsilon;  ///< epsilon · width², in units of the words' unit squared.
};

/// 1 ≤ width ≤ 2^16, epsilon ≥ 0, words in units of 2^unit_exponent.
NormShape MakeNormShape(int width, float epsilon, int unit_exponent);

/// First pass: the sum of a row's words and of their squares, both exact.
struct NormMoments {
  int64_t sum = 0;
  int64_t sum_of_squares = 0;

  void Add(int32_t word) {
    sum += word;
    sum_of_squares += int64_t{word} * word;
  }
};

inline constexpr int kMeanFractionBits = 3;
inline constexpr int kNormalisedFractionBits = 14;
inline constexpr int kNormalisedBits = 24;

/// A row's constants: (word - mean) · multiplier · 2^-shift is its normalised value.
struct NormRow {
  int64_t mean;        ///< 3 fraction bits.
  int64_t multiplier;  ///< At most 2^17.
  int shift;           ///< To the 14 fraction bits of normalised values.
};

/// Between the passes: the exact variance width · Σx² - (Σx)², epsilon added, its reciprocal root
/// from the table, and the mean rounded to 1/8 of a word's unit.
NormRow FinishMoments(const NormMoments& moments, const NormShape& shape);

/// Second pass: (word - mean) / √(variance + epsilon) · gain + bias in units of
/// 2^FixedNormWeights::unit_exponent, to be rounded to AF8 by EncodeAccumulator(). Before the gain
/// it is off by at most 6e-5 of itself, 2^-15 for its own rounding and 0.1 / σ for the
/// mean's, with σ the row's standard deviation in units of its words.
inline int64_t Normalise(int32_t word, const NormRow& row, int32_t gain, int32_t bias) {
  const int64_t deviation = int64_t{word} * (1 << kMeanFractionBits) - row.mean;
  return ToWord(deviation * row.multiplier, row.shift, kNormalisedBits) * gain + bias;
}

}  // namespace edgebert

#endif  // EDGEBERT_NUMERIC_FIXED_LAYER_NORM_H_
