#include "edgebert/pipeline/shape_model.h"

#include <fmt/format.h>

#include <vector>

namespace edgebert {
namespace {

/// A tensor of which nothing matters but where it is zero: every other weight of the encoder is.
Tensor ShapeOf(const TensorSpec& spec) {
  size_t elements = 1;
  for (const int64_t dimension : spec.shape) {
    elements *= static_cast<size_t>(dimension);
  }
  if (spec.role == TensorRole::kVector) {
    return MakeFloatTensor(spec.name, spec.shape, std::vector<float>(elements));
  }
  std::vector<uint8_t> codes(elements, 1);
  if (spec.name.starts_with("layer.")) {
    for (size_t i = 1; i < elements; i += 2) {
      codes[i] = 0;
    }
  }
  return MakeAf8Tensor(spec.name, spec.shape, 0, codes);
}

}  // namespace

Model AlbertBaseShape(int num_layers, int num_classes) {
  Model model;
  ModelConfig& config = model.config;
  config.family = Family::kAlbert;
  config.vocabulary_size = 30000;
  config.embedding_size = 128;
  config.hidden_size = 768;
  config.intermediate_size = 3072;
  config.num_heads = 12;
  config.num_layers = num_layers;
  config.num_distinct_layers = 1;
  config.layer_map.assign(static_cast<size_t>(num_layers), 0);
  config.max_positions = 512;
  config.num_segments = 2;
  for (int label = 0; label < num_classes; ++label) {
    config.labels.push_back(fmt::format("{}", label));
  }
  for (int layer = 1; layer <= num_layers; ++layer) {
    config.off_ramp_layers.push_back(layer);
  }
  config.pooling = {Pooling::kCls};
  config.pooler_size = 768;
  model.activation_biases.emplace().layers.resize(static_cast<size_t>(num_layers));
  for (const TensorSpec& spec : ExpectedTensors(config)) {
    if (spec.name.starts_with("embedding.word")) {
      continue;  // Its rows come from on-chip memory.
    }
    model.tensors.push_back(ShapeOf(spec));
  }
  return model;
}

}  // namespace edgebert
