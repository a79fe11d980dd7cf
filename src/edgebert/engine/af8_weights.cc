#include "edgebert/engine/af8_weights.h"

#include <utility>

#include "edgebert/numeric/adaptivfloat.h"
#include "edgebert/numeric/fixed_point.h"

namespace edgebert {
namespace {

IntegerBias QuantizeBias(const Af8Matrix& matrix, int input_exponent_bias, int64_t limit) {
  IntegerBias bias;
  bias.unit_exponent = input_exponent_bias + matrix.exponent_bias - 2 * kAf8MantissaBits;
  std::vector<int64_t> values;
  for (const float value : matrix.bias) {
    values.push_back(ToFixed(static_cast<double>(value), bias.unit_exponent, limit));
  }
  bias.packed = PackedBiasAf8(matrix.packed, values);
  return bias;
}

Slot InputOf(MatrixRole role) {
  switch (role) {
    case MatrixRole::kEmbeddingProjection:
      return Slot::kEmbedded;
    case MatrixRole::kQuery:
    case MatrixRole::kKey:
    case MatrixRole::kValue:
      return Slot::kLayerInput;
    case MatrixRole::kAttentionOutput:
      return Slot::kContext;
    case MatrixRole::kFeedForwardUp:
      return Slot::kAttentionOutput;
    case MatrixRole::kFeedForwardDown:
      return Slot::kHidden;
    case MatrixRole::kOffRampPooler:
      return Slot::kPooled;
    case MatrixRole::kOffRampClassifier:
      return Slot::kOffRampHidden;
  }
  return Slot::kLayerInput;
}

}  // namespace

bool HoldsAf8(Slot slot) {
  return slot != Slot::kAttentionUpdate && slot != Slot::kFeedForwardUpdate &&
         slot != Slot::kLogits;
}

Af8Weights::Af8Weights(Model& model, int64_t bias_limit, WeightStorage storage)
    : common(TakeCommonWeights(model)), biases(*model.activation_biases), matrices(common.config) {
  for (int r = 0; r < kNumMatrixRoles; ++r) {
    const auto role = static_cast<MatrixRole>(r);
    for (int index = 0; index < NumMatrices(common.config, role); ++index) {
      matrices.of(role).push_back(TakeMatrix(model, role, index, storage));
    }
    PrepareIntegerBiases(role, bias_limit);
  }
}

int Af8Weights::ExponentBias(Slot slot, int layer) const {
  switch (slot) {
    case Slot::kEmbedded:
      return biases.embedding_norm;
    case Slot::kLayerInput:
      return layer <= 1 ? biases.embedding_output
                        : biases.at(layer - 1, ActivationSite::kLayerOutput);
    case Slot::kQuery:
      return biases.at(layer, ActivationSite::kQuery);
    case Slot::kKey:
      return biases.at(layer, ActivationSite::kKey);
    case Slot::kValue:
      return biases.at(layer, ActivationSite::kValue);
    case Slot::kContext:
      return biases.at(layer, ActivationSite::kContext);
    case Slot::kAttentionOutput:
      return biases.at(layer, ActivationSite::kAttentionOutput);
    case Slot::kHidden:
      return biases.at(layer, ActivationSite::kHidden);
    case Slot::kLayerOutput:
      return biases.at(layer, ActivationSite::kLayerOutput);
    case Slot::kPooled:
      return biases.at(layer, ActivationSite::kOffRampInput);
    case Slot::kOffRampHidden:
      return biases.at(layer, ActivationSite::kOffRampHidden);
    case Slot::kAttentionUpdate:
    case Slot::kFeedForwardUpdate:
    case Slot::kLogits:
      break;
  }
  return 0;
}

Af8Matrix Af8Weights::TakeMatrix(Model& model, MatrixRole role, int index, WeightStorage storage) {
  const std::string name = MatrixName(common.config, role, index);
  Tensor& weight = TensorOf(model, name + ".weight");
  int outputs = static_cast<int>(weight.shape[0]);
  int inputs = static_cast<int>(weight.shape[1]);
  std::vector<uint8_t> codes = weight.encoding == TensorEncoding::kAf8
                                   ? std::exchange(weight.payload, {})
                                   : Af8Codes(weight);
  weight.payload = {};
  codes = TakeActivePart(common.config, role, index, std::move(codes), outputs, inputs);
  return {PackedMatrixAf8(codes, outputs, inputs, storage), weight.exponent_bias,
          TakeActiveBias(common.config, role, index, TakeFloats(model, name + ".bias"))};
}

/// One a layer, layer 0 being the embedding: shared weights see other activations in each layer.
void Af8Weights::PrepareIntegerBiases(MatrixRole role, int64_t bias_limit) {
  std::vector<IntegerBias>& list = integer_biases_[static_cast<size_t>(role)];
  list.resize(static_cast<size_t>(common.config.num_layers) + 1);
  const bool embedding = role == MatrixRole::kEmbeddingProjection;
  const bool off_ramp =
      role == MatrixRole::kOffRampPooler || role == MatrixRole::kOffRampClassifier;
  for (int layer = 0; layer <= common.config.num_layers; ++layer) {
    const bool used = embedding ? layer == 0 && common.config.has_embedding_projection()
                                : layer > 0 && (!off_ramp || common.config.HasOffRamp(layer));
    if (used) {
      list[static_cast<size_t>(layer)] =
          QuantizeBias(matrices.at(role, layer), ExponentBias(InputOf(role), layer), bias_limit);
    }
  }
}

}  // namespace edgebert
