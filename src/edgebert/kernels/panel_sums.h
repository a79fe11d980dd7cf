#ifndef EDGEBERT_KERNELS_PANEL_SUMS_H_
#define EDGEBERT_KERNELS_PANEL_SUMS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "edgebert/kernels/matmul.h"
#include "edgebert/kernels/panel_multiplier.h"

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

/// Calls narrow(PanelSums) for each panel whose sums fit in 32 bits, and wide(row, first column,
/// sums) for each row of one whose sums do not; bias included.
template <typename Narrow, typename Wide>
void ForEachPanelSums(std::span<const int16_t> activations, size_t rows,
                      const PackedMatrixAf8& weights, const PackedBiasAf8& bias, PanelRange panels,
                      MatMulScratch& scratch, Narrow narrow, Wide wide) {
  const auto outputs = static_cast<size_t>(weights.outputs());
  const PanelMultiplier multiplier(activations, rows, weights, scratch);
  for (size_t panel = panels.first; panel < panels.end; ++panel) {
    const size_t first = panel * kPanelColumns;
    const size_t columns = std::min(kPanelColumns, outputs - first);
    if (bias.fits(panel)) {
      const int32_t* sums = multiplier.Sums(
          panel, bias.initial(panel), panel + 1 < panels.end ? panel + 1 : weights.num_panels());
      narrow(PanelSums{sums, rows, first, columns});
      continue;
    }
    int64_t* wide_sums = multiplier.WideSums(panel);
    for (size_t row = 0; row < rows; ++row) {
      int64_t* sums = wide_sums + row * kPanelColumns;
      for (size_t column = 0; column < columns; ++column) {
        sums[column] += bias.values()[first + column];
      }
      wide(row, first, std::span<const int64_t>(sums, columns));
    }
  }
}

}  // namespace edgebert

#endif  // EDGEBERT_KERNELS_PANEL_SUMS_H_
