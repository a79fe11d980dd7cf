#ifndef EDGEBERT_ENGINE_DEVICE_WEIGHTS_H_
#define EDGEBERT_ENGINE_DEVICE_WEIGHTS_H_

#include <array>
#include <cstdint>
#include <vector>

#include "edgebert/engine/af8_weights.h"
#include "edgebert/numeric/fixed_layer_norm.h"
#include "edgebert/numeric/fixed_softmax.h"

namespace edgebert {

/// A model's tables as words that add up: [rows × width] in units of 2^unit_exponent.
struct DeviceEmbedding {
  int unit_exponent = 0;
  std::array<int32_t, 256> word_of_code{};
  std::vector<int32_t> positions;
  std::vector<int32_t> segments;
};

/// Constants of a layer's operations, which depend on the exponent biases of what they read.
struct DeviceLayer {
  NormShape attention_norm;
  NormShape feed_forward_norm;
  ScoreScale scores;
};

/// All that the accelerator reads of a model: everything is an integer.
class DeviceWeights {
 public:
  /// Takes the tensors out of a valid AF8 model whose word table is AF8 too.
  DeviceWeights(Model& model, WeightStorage storage);

  const FixedNormWeights& norm(NormRole role, int distinct_layer) const;
  const NormShape& norm_shape(NormRole role, int layer) const;
  const ScoreScale& scores(int layer) const { return at(layer).scores; }

  Af8Weights af8;
  DeviceEmbedding embedding;

 private:
  const DeviceLayer& at(int layer) const { return layers_[static_cast<size_t>(layer - 1)]; }

  FixedNormWeights embedding_norm_;
  std::vector<FixedNormWeights> attention_norms_;     ///< [distinct layers]
  std::vector<FixedNormWeights> feed_forward_norms_;  ///< [distinct layers]
  NormShape embedding_norm_shape_;
  std::vector<DeviceLayer> layers_;  ///< [layers]
};

}  // namespace edgebert

#endif  // EDGEBERT_ENGINE_DEVICE_WEIGHTS_H_
