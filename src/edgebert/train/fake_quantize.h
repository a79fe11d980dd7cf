#ifndef EDGEBERT_TRAIN_FAKE_QUANTIZE_H_
#define EDGEBERT_TRAIN_FAKE_QUANTIZE_H_

#include <torch/torch.h>

#include <optional>

namespace edgebert {

/// The AF8 value nearest to each element, as numeric/adaptivfloat.h's Encode() and Decode() give
/// it, as `type`: float32, or bfloat16, which holds AF8 exactly. `values` are float32. Gradients
/// pass straight through, but for elements beyond the largest AF8 value: moving those changes
/// nothing, and their gradient is zero.
torch::Tensor FakeQuantizeAf8(const torch::Tensor& values, int exponent_bias,
                              torch::ScalarType type = torch::kFloat32);

/// The AF8 exponent bias of least squared error for the elements of a tensor.
int SearchAf8Bias(const torch::Tensor& values);

/// How a matrix is compressed on its way into a product.
struct WeightCompression {
  torch::Tensor mask;                ///< [like the weight], bool; undefined: nothing is pruned.
  std::optional<int> exponent_bias;  ///< AF8; none: not quantised.
};

/// The matrix that a product sees: masked, then quantised, of type `type` (float32 or bfloat16,
/// which holds AF8 exactly). The gradient reaches every element of `weight`, pruned ones included,
/// so that they can come back.
torch::Tensor CompressWeight(const torch::Tensor& weight, const WeightCompression& compression,
                             torch::ScalarType type);

}  // namespace edgebert

#endif  // EDGEBERT_TRAIN_FAKE_QUANTIZE_H_
