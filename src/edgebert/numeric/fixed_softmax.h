#ifndef EDGEBERT_NUMERIC_FIXED_SOFTMAX_H_
#define EDGEBERT_NUMERIC_FIXED_SOFTMAX_H_

#include <cstdint>

#include "edgebert/numeric/fixed_functions.h"
#include "edgebert/numeric/fixed_point.h"

// Softmax and entropy of the accelerator, in the passes that its unit makes over a row: the largest
// score, the sum of exponentials (SumOfExponentials), and the probabilities, by subtracting a
// logarithm instead of dividing. Keys outside a head's span take part in no pass. Everything is in
// powers of 2. A header that C++17 code may include.

namespace edgebert {

/// Scores of attention: signed 20-bit words with 13 fraction bits, of base-2 logarithms (±64, or
/// ±44 nats).
inline constexpr int kScoreBits = 20;
inline constexpr int kScoreFractionBits = 13;

/// log2(e) / √head_size times the unit of a product of queries and keys, as a constant of the
/// operation: multiplier · 2^-shift, the multiplier with 16 bits, gives a score's word.
struct ScoreScale {
  int64_t multiplier;
  int shift;
};

/// head_size ≥ 1; products are in units of 2^unit_exponent.
ScoreScale MakeScoreScale(int head_size, int unit_exponent);

/// The word of a query's and a key's product: rounded once, half to even, and saturated.
inline int32_t ScoreWord(int64_t product, const ScoreScale& scale) {
  return static_cast<int32_t>(ToWord(product * scale.multiplier, scale.shift, kScoreBits));
}

/// How far a score lies below the row's largest, in units of 2^-16.
inline uint32_t ScoreDistance(int32_t largest, int32_t score) {
  return static_cast<uint32_t>(largest - score) << (kLog2FractionBits - kScoreFractionBits);
}

/// Logits: signed 24-bit words with 16 fraction bits (±128), exact as floats.
inline constexpr int kLogitBits = 24;
inline constexpr int kLogitFractionBits = 16;

/// The word of a logit's accumulator · 2^unit_exponent: rounded once, half to even, and saturated.
inline int32_t LogitWord(int64_t accumulator, int unit_exponent) {
  return static_cast<int32_t>(ToWord(accumulator, -kLogitFractionBits - unit_exponent, kLogitBits));
}

/// log2(e) with 16 fraction bits.
inline constexpr int64_t kLog2OfE = 94548;

/// How far a logit lies below the largest, as a base-2 logarithm in units of 2^-16.
inline uint32_t LogitDistance(int32_t largest, int32_t logit) {
  return static_cast<uint32_t>(RoundShift((int64_t{largest} - logit) * kLog2OfE, 16));
}

/// Second pass: Σ 2^-distance over a row, in units of 2^-20; exact sums of what Exp2OfNegative()
/// gives.
struct SumOfExponentials {
  uint64_t total = 0;

  void Add(uint32_t distance) { total += Exp2OfNegative(distance); }

  /// log2 of the sum in units of 2^-16; at least 0, since the largest score adds 1.
  uint32_t Log() const {
    return static_cast<uint32_t>(Log2(total) - (kExpFractionBits << kLog2FractionBits));
  }
};

/// Third pass: a probability in units of 2^-20, to be rounded to AF8 by EncodeAccumulator().
/// Against the exact softmax of the row's words it is off by at most 9e-5 + keys · 2^-20 of itself
/// plus 2^-20; that words are rounded adds 1e-4 of itself.
inline uint32_t Probability(uint32_t distance, uint32_t log_of_sum) {
  return Exp2OfNegative(distance + log_of_sum);
}

/// Entropies: nats, 16 fraction bits.
inline constexpr int kEntropyFractionBits = 16;

/// Third pass over logits: Σ p · -log2(p), turned into nats at the end. For up to 1,024 classes.
struct FixedEntropy {
  int64_t bits = 0;  ///< In units of 2^-36.

  void Add(uint32_t distance, uint32_t log_of_sum) {
    bits += int64_t{Probability(distance, log_of_sum)} * (int64_t{distance} + log_of_sum);
  }

  /// In units of 2^-16. Off by at most 1e-4 for two classes, by 1e-4 · (1 + H) + 2e-5 · classes for
  /// more with an entropy of H.
  int32_t Nats() const;
};

/// The least entropy in units of 2^-16 that is not below `threshold_nats`: a sentence leaves where
/// its entropy's word is below this one, exactly where the word's value is below the threshold.
int32_t ThresholdWord(double threshold_nats);

}  // namespace edgebert

#endif  // EDGEBERT_NUMERIC_FIXED_SOFTMAX_H_
