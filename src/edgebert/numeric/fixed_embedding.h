#ifndef EDGEBERT_NUMERIC_FIXED_EMBEDDING_H_
#define EDGEBERT_NUMERIC_FIXED_EMBEDDING_H_

#include <cstdint>

#include "edgebert/numeric/fixed_layer_norm.h"
#include "edgebert/numeric/fixed_point.h"

// The accelerator's sum of a token's rows in the word, position and segment tables, which its
// LayerNorm reads. A header that C++17 code may include.

namespace edgebert {

/// log2 of the unit of those sums: the least in which the largest AF8 value under `word_bias`, the
/// largest position entry and the largest segment entry (magnitudes) add up to a word. Positions
/// and segments are rounded to it once, when the model is loaded, by ToFixed().
int EmbeddingExponent(int word_bias, double largest_position, double largest_segment);

/// The largest magnitude of a table entry as a word.
inline constexpr int64_t kEmbeddingLimit = (int64_t{1} << (kNormInputBits - 1)) - 1;

/// A word table's AF8 integer in units of 2^unit_exponent, rounded half to even where that is
/// coarser than its own.
inline int32_t EmbeddingWord(int64_t integer, int word_bias, int unit_exponent) {
  return static_cast<int32_t>(ToWord(integer, unit_exponent - (word_bias - 4), kNormInputBits));
}

/// The sum of a token's three words, saturated (which EmbeddingExponent() leaves no need for).
inline int32_t EmbeddingSum(int32_t word, int32_t position, int32_t segment) {
  return static_cast<int32_t>(Saturate(int64_t{word} + position + segment, kNormInputBits));
}

}  // namespace edgebert

#endif  // EDGEBERT_NUMERIC_FIXED_EMBEDDING_H_
