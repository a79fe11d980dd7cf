#ifndef EDGEBERT_KERNELS_ELEMENTWISE_H_
#define EDGEBERT_KERNELS_ELEMENTWISE_H_

#include <span>

// Float functions that give the same bits on every instruction set: they use + − × ÷ √, min, max
// and round-to-even only, never a fused multiply-add or the C library, and sum in one fixed order
// (element i into partial i mod 16, then the partials pairwise as one tree).

namespace edgebert {

/// In place: x · Φ(x), with an absolute error of at most 2e-6 and a relative one of 1e-5 for
/// x > -3.
void Gelu(std::span<float> values);
/// In place: 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))), to within the same errors.
void GeluTanh(std::span<float> values);
/// In place: max(x, 0), never -0.
void Relu(std::span<float> values);
/// In place: tanh(x), with a relative error of at most 1e-6.
void Tanh(std::span<float> values);
/// In place: exp(x − max) / Σ; exp is 0 below -87. At least one finite value; -∞ gives 0.
void SoftmaxInPlace(std::span<float> values);

/// output = (x − mean) / √(variance + epsilon) · gain + bias over one row, x = update + residual.
/// `residual` may be empty (x = update). All non-empty spans have the same length; `output` may be
/// `update`.
void AddLayerNorm(std::span<const float> update, std::span<const float> residual,
                  std::span<const float> gain, std::span<const float> bias, float epsilon,
                  std::span<float> output);

/// output[j] = mean over rows of input[row × width + j].
void MeanOverRows(std::span<const float> input, int rows, int width, std::span<float> output);

}  // namespace edgebert

#endif  // EDGEBERT_KERNELS_ELEMENTWISE_H_
