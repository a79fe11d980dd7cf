#ifndef EDGEBERT_KERNELS_ATTENTION_H_
#define EDGEBERT_KERNELS_ATTENTION_H_

#include <cstdint>
#include <span>

#include "edgebert/kernels/panel.h"
#include "edgebert/program/layer_program.h"

namespace edgebert {

/// context = softmax(query · keyᵀ / √head_size, within the span) · value in float32. All arrays are
/// [tokens × (heads · head_size)] as program/layer_program.h's Attention says; `scratch` holds
/// as many floats as there are tokens. Sums over tokens run in ascending order, sums over a head's
/// columns in that of kernels/elementwise.h.
void AttentionF32(const Attention& attention, std::span<const float> query,
                  std::span<const float> key, std::span<const float> value,
                  std::span<float> scratch, std::span<float> context);

/// products[j] = query · key j, exactly: AF8 integers, [head_size] each; key j begins at
/// keys[j · width].
void QueryKeyProductsAf8(std::span<const int16_t> query, const int16_t* keys, size_t width,
                         std::span<int64_t> products);

/// sums[c] = Σ_j weights[j] · values[j · width + c], exactly: AF8 integers, no weight negative.
void SumWeightedValuesAf8(std::span<const int16_t> weights, const int16_t* values, size_t width,
                          std::span<int64_t> sums);

/// Exponent biases of the tensors of one AF8 attention.
struct AttentionBiases {
  int query;
  int key;
  int value;
  int probability;
  int context;
};

/// Positions in a list of heads.
struct HeadRange {
  size_t first;
  size_t end;
};

/// Memory that AttentionAf8 works in; grows as needed and is reused.
struct AttentionScratch {
  PanelVector<int16_t> keys;           ///< Of one head, as panels with keys for columns.
  PanelVector<int16_t> values;         ///< Of one head, as panels with keys for inputs.
  PanelVector<int32_t> sums;           ///< A block of queries' products.
  PanelVector<float> scores;           ///< Of one query.
  PanelVector<int16_t> probabilities;  ///< A block of queries'.
};

/// The same with AF8 operands as integers: exact products, times the units and 1 / √head_size in
/// double and rounded to float, softmax in float, probabilities quantised to AF8, exact products
/// again, and one rounding to the context's AF8.
/// The arrays hold `tokens` rows, whatever attention.tokens says, and of them the heads at
/// positions `heads` are worked on.
void AttentionAf8(const Attention& attention, int tokens, HeadRange heads,
                  const AttentionBiases& biases, std::span<const int16_t> query,
                  std::span<const int16_t> key, std::span<const int16_t> value,
                  AttentionScratch& scratch, std::span<int16_t> context);

}  // namespace edgebert

#endif  // EDGEBERT_KERNELS_ATTENTION_H_
