#ifndef EDGEBERT_KERNELS_MATMUL_H_
#define EDGEBERT_KERNELS_MATMUL_H_

#include <cstdint>
#include <span>
#include <vector>

#include "edgebert/kernels/panel.h"

namespace edgebert {

/// A float32 weight matrix [outputs × inputs] in the order in which MatMulF32 reads it.
class PackedMatrixF32 {
 public:
  PackedMatrixF32() = default;
  /// `weights` is row-major, [outputs × inputs]. `inputs` may be 0.
  PackedMatrixF32(std::span<const float> weights, int outputs, int inputs);

  int outputs() const { return outputs_; }
  int inputs() const { return inputs_; }
  std::span<const float> panels() const { return panels_; }

 private:
  int outputs_ = 0;
  int inputs_ = 0;
  PanelVector<float> panels_;
};

/// output = activations · weightsᵀ + bias; [rows × inputs] to [rows × outputs], row-major.
/// Each element is the sum over inputs in ascending order, multiplied and added with two roundings,
/// and then the bias: the same bits on every instruction set.
void MatMulF32(std::span<const float> activations, int rows, const PackedMatrixF32& weights,
               std::span<const float> bias, std::span<float> output);

/// How an AF8 matrix lies in memory: the same bits come of either.
enum class WeightStorage : uint8_t {
  kCodes,  ///< A byte a weight; a panel is decoded whenever rows are multiplied with it.
  kInt16,  ///< Two bytes a weight, decoded once.
};

/// An AF8 weight matrix [outputs × inputs] in panels, in the order in which MatMulAf8 reads them.
class PackedMatrixAf8 {
 public:
  PackedMatrixAf8() = default;
  /// `codes` is row-major, [outputs × inputs]. `inputs` may be 0.
  PackedMatrixAf8(std::span<const uint8_t> codes, int outputs, int inputs,
                  WeightStorage storage = WeightStorage::kInt16);

  int outputs() const { return outputs_; }
  int inputs() const { return inputs_; }
  size_t num_panels() const { return NumPanels(static_cast<size_t>(outputs_)); }
  size_t num_pairs() const { return (static_cast<size_t>(inputs_) + 1) / 2; }
  WeightStorage storage() const { return storage_; }
  size_t memory_bytes() const { return codes_.size() + integers_.size() * sizeof(int16_t); }

  /// The weights of a panel as 16-bit integers (numeric/adaptivfloat.h's DecodeInteger),
  /// [at least num_pairs × kPanelColumns × 2]; in `decoded`, which is resized, where they are kept
  /// as codes.
  const int16_t* Panel(size_t index, PanelVector<int16_t>& decoded) const;
  /// A panel's bytes as they are kept: codes, or integers to be fetched ahead of use.
  std::span<const uint8_t> PanelBytes(size_t index) const;

  /// The sum of a column's magnitudes.
  int64_t magnitude(size_t column) const { return magnitudes_[column]; }
  /// The number of inputs whose products are summed in 32 bits before the sum is added in 64 bits,
  /// proven large enough for any activations from the column sums of weight magnitudes.
  int inputs_per_sum(int panel) const { return inputs_per_sum_[static_cast<size_t>(panel)]; }

 private:
  size_t num_quads() const { return NumQuads(static_cast<size_t>(inputs_)); }
  size_t panel_size() const { return num_quads() * 4 * kPanelColumns; }

  int outputs_ = 0;
  int inputs_ = 0;
  WeightStorage storage_ = WeightStorage::kInt16;
  PanelVector<uint8_t> codes_;  ///< Panel by panel, each in the order of CodeIndex().
  PanelVector<int16_t> integers_;
  std::vector<int64_t> magnitudes_;  ///< [num_panels × kPanelColumns]
  std::vector<int> inputs_per_sum_;
};

/// A linear layer's bias in units of its accumulators, and which panels' sums, bias included, are
/// proven to fit in 32 bits whatever the activations are.
class PackedBiasAf8 {
 public:
  PackedBiasAf8() = default;
  /// `values` are as many as the matrix has outputs, of magnitude at most 2^52.
  PackedBiasAf8(const PackedMatrixAf8& weights, std::span<const int64_t> values);

  std::span<const int64_t> values() const { return values_; }
  bool fits(size_t panel) const { return fits_[panel] != 0; }
  /// [kPanelColumns], of a panel that fits.
  const int32_t* initial(size_t panel) const { return &initial_[panel * kPanelColumns]; }

 private:
  std::vector<int64_t> values_;
  std::vector<int32_t> initial_;
  std::vector<uint8_t> fits_;
};

/// Memory that products work in; grows as needed and is reused.
struct MatMulScratch {
  PanelVector<int16_t> weights;
  PanelVector<int16_t> activations;
  PanelVector<int8_t> activation_parts;
  PanelVector<int8_t> weight_parts;
  PanelVector<int32_t> sums;
  PanelVector<int64_t> wide_sums;
};

/// output = activations · weightsᵀ, exactly. `activations` are AF8 integers (magnitude at most
/// 3968), [rows × inputs]; `output` [rows × outputs] is in units of the product of both tensors'
/// units.
void MatMulAf8(std::span<const int16_t> activations, int rows, const PackedMatrixAf8& weights,
               MatMulScratch& scratch, std::span<int64_t> output);

/// What becomes of each exact sum x of a linear layer.
enum class SumFunction : uint8_t { kNone, kGelu, kGeluTanh, kRelu, kTanh };

/// A run of a linear layer's panels, e.g. one thread's share.
struct PanelRange {
  size_t first;
  size_t end;
};

/// integers = AF8(function(activations · weightsᵀ + bias)), [rows × outputs]: with kNone rounded
/// once from the exact sum (RequantizeAf8), else once to float and once more from what the function
/// gives (QuantizeAf8). `unit_exponent` is that of the sums and the bias.
void LinearAf8(std::span<const int16_t> activations, int rows, const PackedMatrixAf8& weights,
               const PackedBiasAf8& bias, int unit_exponent, SumFunction function,
               int exponent_bias, PanelRange panels, MatMulScratch& scratch,
               std::span<int16_t> integers);

/// values = activations · weightsᵀ + bias, each rounded once to float; [rows × outputs].
void LinearAf8ToFloat(std::span<const int16_t> activations, int rows,
                      const PackedMatrixAf8& weights, const PackedBiasAf8& bias, int unit_exponent,
                      PanelRange panels, MatMulScratch& scratch, std::span<float> values);

}  // namespace edgebert

#endif  // EDGEBERT_KERNELS_MATMUL_H_
