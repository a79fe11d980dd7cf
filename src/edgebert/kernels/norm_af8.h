#ifndef EDGEBERT_KERNELS_NORM_AF8_H_
#define EDGEBERT_KERNELS_NORM_AF8_H_

#include <cstdint>
#include <span>

#include "edgebert/kernels/panel.h"

namespace edgebert {

/// LayerNorm's parameters, [width] each.
struct NormAf8 {
  std::span<const float> gain;
  std::span<const float> bias;
  float epsilon;
};

/// AF8 integers and the exponent bias of their tensor.
struct IntegersAf8 {
  std::span<const int16_t> values;
  int exponent_bias;
};

/// output = AF8(AddLayerNorm(update, residual)) row by row, with the bits that AddLayerNorm of
/// kernels/elementwise.h on the residual's values and QuantizeAf8 give. `update`, `residual` and
/// `output` are [rows × width]; `row` is memory to work in, and grows as needed.
void AddNormToAf8(std::span<const float> update, const IntegersAf8& residual, const NormAf8& norm,
                  int exponent_bias, PanelVector<float>& row, std::span<int16_t> output);

/// mean[j] = the mean over rows of integers[row × width + j] · 2^(bias - 4), with the bits that
/// MeanOverRows of kernels/elementwise.h gives; at most 4096 rows, whose sums are exact in float.
void MeanOfAf8Rows(const IntegersAf8& states, int rows, std::span<float> mean);

}  // namespace edgebert

#endif  // EDGEBERT_KERNELS_NORM_AF8_H_
