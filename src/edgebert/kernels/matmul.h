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

/// An AF8 weight matrix [outputs × inputs] as 16-bit integers (numeric/adaptivfloat.h's
/// DecodeInteger) in the order in which MatMulAf8 reads them.
class PackedMatrixAf8 {
 public:
  PackedMatrixAf8() = default;
  /// `codes` is row-major, [outputs × inputs]. `inputs` may be 0.
  PackedMatrixAf8(std::span<const uint8_t> codes, int outputs, int inputs);

  int outputs() const { return outputs_; }
  int inputs() const { return inputs_; }
  std::span<const int16_t> panels() const { return panels_; }
  /// The number of inputs whose products are summed in 32 bits before the sum is added in 64 bits,
  /// proven large enough for any activations from the column sums of weight magnitudes.
  int inputs_per_sum(int panel) const { return inputs_per_sum_[static_cast<size_t>(panel)]; }

 private:
  int outputs_ = 0;
  int inputs_ = 0;
  PanelVector<int16_t> panels_;
  std::vector<int> inputs_per_sum_;
};

/// output = activations · weightsᵀ, exactly. `activations` are AF8 integers (magnitude at most
/// 3968), [rows × inputs]; `output` [rows × outputs] is in units of the product of both tensors'
/// units.
void MatMulAf8(std::span<const int16_t> activations, int rows, const PackedMatrixAf8& weights,
               std::span<int64_t> output);

}  // namespace edgebert

#endif  // EDGEBERT_KERNELS_MATMUL_H_
