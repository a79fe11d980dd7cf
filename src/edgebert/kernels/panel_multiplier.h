#ifndef EDGEBERT_KERNELS_PANEL_MULTIPLIER_H_
#define EDGEBERT_KERNELS_PANEL_MULTIPLIER_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "edgebert/kernels/matmul.h"
#include "edgebert/kernels/tile_product.h"

namespace edgebert {

/// Grows, never shrinks.
template <typename T>
T* AtLeast(PanelVector<T>& vector, size_t size) {
  if (vector.size() < size) {
    vector.resize(size);
  }
  return vector.data();
}

/// Rows of activations, ready to be multiplied with panels of one matrix in the best way that the
/// instruction set in use has. Sums lie in the scratch memory until the next are asked for.
/// To be used by the thread that made it; all that it was given must outlive it.
class PanelMultiplier {
 public:
  /// `activations` are AF8 integers, [rows × inputs].
  PanelMultiplier(std::span<const int16_t> activations, size_t rows, const PackedMatrixAf8& weights,
                  MatMulScratch& scratch);
  PanelMultiplier(const PanelMultiplier&) = delete;
  PanelMultiplier& operator=(const PanelMultiplier&) = delete;
  ~PanelMultiplier();

  /// initial + activations · weights modulo 2^32, [rows × kPanelColumns], at a cache line.
  /// Meanwhile the panel `next`, where there is one, is fetched into the cache.
  const int32_t* Sums(size_t panel, const int32_t* initial, size_t next) const;
  /// activations · weights, exactly; [rows × kPanelColumns].
  int64_t* WideSums(size_t panel) const;

 private:
  /// Rows that a kernel can read in pairs: copied and padded where inputs are odd.
  void PrepareInPairs(std::span<const int16_t> activations);
  void MultiplyTiles(size_t panel, const int32_t* initial, int32_t* sums, int64_t* wide_sums) const;

  size_t rows_;
  const PackedMatrixAf8& weights_;
  MatMulScratch& scratch_;
  const TileFunctions* tiles_;  ///< Null: sums of pairs.
  const int16_t* pairs_ = nullptr;
  size_t pairs_stride_ = 0;
};

}  // namespace edgebert

#endif  // EDGEBERT_KERNELS_PANEL_MULTIPLIER_H_
