#include "edgebert/kernels/panel_multiplier.h"

#include <algorithm>

#include "edgebert/kernels/panel_product.h"

namespace edgebert {
namespace {

alignas(kCacheLineBytes) constexpr int32_t kZeros[kPanelColumns] = {};

/// Tiles decode codes themselves; from 16 bits they would have to be made anew for each panel.
const TileFunctions* TilesFor(const PackedMatrixAf8& weights) {
  const bool fits = weights.storage() == WeightStorage::kCodes &&
                    static_cast<size_t>(weights.inputs()) <= kMaxTileInputs;
  return fits ? TileFunctionsInUse() : nullptr;
}

}  // namespace

PanelMultiplier::PanelMultiplier(std::span<const int16_t> activations, size_t rows,
                                 const PackedMatrixAf8& weights, MatMulScratch& scratch)
    : rows_(rows), weights_(weights), scratch_(scratch), tiles_(TilesFor(weights)) {
  if (tiles_ == nullptr) {
    PrepareInPairs(activations);
    return;
  }
  const auto inputs = static_cast<size_t>(weights.inputs());
  int8_t* parts = AtLeast(scratch.activation_parts, tiles_->parts_bytes(rows, inputs));
  AtLeast(scratch.weight_parts, tiles_->workspace_bytes(inputs));
  tiles_->split(activations.data(), rows, inputs, parts);
  tiles_->begin(rows);
}

PanelMultiplier::~PanelMultiplier() {
  if (tiles_ != nullptr) {
    tiles_->end();
  }
}

void PanelMultiplier::PrepareInPairs(std::span<const int16_t> activations) {
  const auto inputs = static_cast<size_t>(weights_.inputs());
  pairs_ = activations.data();
  pairs_stride_ = 2 * weights_.num_pairs();
  if (pairs_stride_ == inputs) {
    return;
  }
  int16_t* padded = AtLeast(scratch_.activations, rows_ * pairs_stride_);
  for (size_t row = 0; row < rows_; ++row) {
    std::copy_n(activations.data() + row * inputs, inputs, padded + row * pairs_stride_);
    padded[row * pairs_stride_ + inputs] = 0;
  }
  pairs_ = padded;
}

void PanelMultiplier::MultiplyTiles(size_t panel, const int32_t* initial, int32_t* sums,
                                    int64_t* wide_sums) const {
  tiles_->multiply({scratch_.activation_parts.data(), rows_, static_cast<size_t>(weights_.inputs()),
                    weights_.PanelBytes(panel).data(), scratch_.weight_parts.data(), initial, sums,
                    wide_sums});
}

const int32_t* PanelMultiplier::Sums(size_t panel, const int32_t* initial, size_t next) const {
  int32_t* sums = AtLeast(scratch_.sums, rows_ * kPanelColumns);
  if (tiles_ != nullptr) {
    MultiplyTiles(panel, initial, sums, nullptr);
    return sums;
  }
  PanelProduct product{.activations = pairs_,
                       .activation_stride = pairs_stride_,
                       .rows = rows_,
                       .pairs = weights_.num_pairs(),
                       .weights = nullptr,
                       .initial = initial,
                       .sums = sums,
                       .sums_stride = kPanelColumns};
  if (next < weights_.num_panels()) {
    const std::span<const uint8_t> bytes = weights_.PanelBytes(next);
    product.next = bytes.data();
    product.next_bytes = bytes.size();
  }
  const CodesProductFunction multiply_codes = PanelFunctionsInUse().multiply_codes;
  if (multiply_codes != nullptr && weights_.storage() == WeightStorage::kCodes &&
      weights_.num_pairs() % 2 == 0) {
    const std::span<const uint8_t> codes = weights_.PanelBytes(panel);
    int16_t* decoded = AtLeast(scratch_.weights, codes.size());
    product.weights = decoded;
    multiply_codes(product, codes.data(), decoded);
    return sums;
  }
  product.weights = weights_.Panel(panel, scratch_.weights);
  MultiplyPanel(product);
  return sums;
}

int64_t* PanelMultiplier::WideSums(size_t panel) const {
  const size_t size = rows_ * kPanelColumns;
  int64_t* wide = AtLeast(scratch_.wide_sums, size);
  if (tiles_ != nullptr) {
    MultiplyTiles(panel, nullptr, nullptr, wide);
    return wide;
  }
  int32_t* sums = AtLeast(scratch_.sums, size);
  std::fill_n(wide, size, 0);
  const int16_t* integers = weights_.Panel(panel, scratch_.weights);
  const auto pairs_per_sum =
      static_cast<size_t>(weights_.inputs_per_sum(static_cast<int>(panel)) / 2);
  for (size_t begin = 0; begin < weights_.num_pairs(); begin += pairs_per_sum) {
    MultiplyPanel({pairs_ + 2 * begin, pairs_stride_, rows_,
                   std::min(pairs_per_sum, weights_.num_pairs() - begin),
                   integers + begin * 2 * kPanelColumns, kZeros, sums, kPanelColumns});
    for (size_t i = 0; i < size; ++i) {
      wide[i] += sums[i];
    }
  }
  return wide;
}

}  // namespace edgebert
