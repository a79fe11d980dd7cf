#ifndef EDGEBERT_KERNELS_PANEL_SUMS_H_
#define EDGEBERT_KERNELS_PANEL_SUMS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "edgebert/kernels/matmul.h"
#include "edgebert/kernels/panel_product.h"

namespace edgebert {

/// The sums of one panel, bias included, that fit in 32 bits.
struct PanelSums {
  const int32_t* values;  ///< [rows × kPanelColumns], at a cache line.
  size_t rows;
  size_t first_column;  ///< Of the output.
  size_t columns;       ///< Up to kPanelColumns.
};

/// output = the sums, of which one is 2^unit_exponent, rounded once to AF8 integers; rows of output
/// are `width` apart.
void RoundPanelToAf8(const PanelSums& sums, int unit_exponent, int exponent_bias, size_t width,
                     int16_t* output);

/// Rows of activations that a kernel can read in pairs: copied and padded where inputs are odd.
struct PairedRows {
  const int16_t* values;
  size_t stride;
};
PairedRows InPairs(std::span<const int16_t> activations, size_t rows, size_t inputs,
                   MatMulScratch& scratch);

/// wide_sums = activations · the panel's weights without bias, in 64 bits; [rows × kPanelColumns].
void SumPanelWide(const PairedRows& activations, size_t rows, const PackedMatrixAf8& weights,
                  size_t panel, MatMulScratch& scratch);

/// Grows, never shrinks.
template <typename T>
T* AtLeast(PanelVector<T>& vector, size_t size) {
  if (vector.size() < size) {
    vector.resize(size);
  }
  return vector.data();
}

/// Calls narrow(PanelSums) for each panel whose sums fit in 32 bits, and wide(row, first column,
/// sums) for each row of one whose sums do not; bias included.
template <typename Narrow, typename Wide>
void ForEachPanelSums(std::span<const int16_t> activations, size_t rows,
                      const PackedMatrixAf8& weights, const PackedBiasAf8& bias, PanelRange panels,
                      MatMulScratch& scratch, Narrow narrow, Wide wide) {
  const auto outputs = static_cast<size_t>(weights.outputs());
  const PairedRows paired =
      InPairs(activations, rows, static_cast<size_t>(weights.inputs()), scratch);
  for (size_t panel = panels.first; panel < panels.end; ++panel) {
    const size_t first = panel * kPanelColumns;
    const size_t columns = std::min(kPanelColumns, outputs - first);
    if (bias.fits(panel)) {
      int32_t* sums = AtLeast(scratch.sums, rows * kPanelColumns);
      PanelProduct product{paired.values,
                           paired.stride,
                           rows,
                           weights.num_pairs(),
                           weights.Panel(panel, scratch.weights),
                           bias.initial(panel),
                           sums,
                           kPanelColumns};
      if (panel + 1 < panels.end) {
        const std::span<const uint8_t> next = weights.PanelBytes(panel + 1);
        product.next = next.data();
        product.next_bytes = next.size();
      }
      MultiplyPanel(product);
      narrow(PanelSums{sums, rows, first, columns});
      continue;
    }
    SumPanelWide(paired, rows, weights, panel, scratch);
    for (size_t row = 0; row < rows; ++row) {
      int64_t* sums = &scratch.wide_sums[row * kPanelColumns];
      for (size_t column = 0; column < columns; ++column) {
        sums[column] += bias.values()[first + column];
      }
      wide(row, first, std::span<const int64_t>(sums, columns));
    }
  }
}

}  // namespace edgebert

#endif  // EDGEBERT_KERNELS_PANEL_SUMS_H_
