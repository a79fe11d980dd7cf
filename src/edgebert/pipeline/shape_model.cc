#include "edgebert/pipeline/shape_model.h"

#include <fmt/format.h>

#include <utility>

namespace edgebert {
namespace {

/// Stored bytes of a tensor: half of the encoder's weights are zero.
size_t StoredSize(const TensorSpec& spec) {
  size_t elements = 1;
  for (const int64_t dimension : spec.shape) {
    elements *= static_cast<size_t>(dimension);
  }
  if (spec.role == TensorRole::kVector) {
    return elements * sizeof(float);
  }
  return spec.name.starts_with("layer.") ? elements / 2 + (elements + 7) / 8 : elements;
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
  for (const TensorSpec& spec : ExpectedTensors(config)) {
    if (spec.name.starts_with("embedding.word")) {
      continue;  // Its rows come from on-chip memory.
    }
    Tensor tensor;
    tensor.name = spec.name;
    tensor.shape = spec.shape;
    tensor.payload.assign(StoredSize(spec), 0);
    model.tensors.push_back(std::move(tensor));
  }
  return model;
}

}  // namespace edgebert
