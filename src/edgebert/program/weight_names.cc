#include "edgebert/program/weight_names.h"

#include <algorithm>
#include <vector>

#include "edgebert/model/model.h"

namespace edgebert {
namespace {

bool IsOffRampRole(MatrixRole role) {
  return role == MatrixRole::kOffRampPooler || role == MatrixRole::kOffRampClassifier;
}

}  // namespace

int NumMatrices(const ModelConfig& config, MatrixRole role) {
  if (role == MatrixRole::kEmbeddingProjection) {
    return config.has_embedding_projection() ? 1 : 0;
  }
  if (IsOffRampRole(role)) {
    const auto count = static_cast<int>(config.off_ramp_layers.size());
    return config.shared_off_ramp ? std::min(count, 1) : count;
  }
  return config.num_distinct_layers;
}

int MatrixIndex(const ModelConfig& config, MatrixRole role, int layer) {
  if (role == MatrixRole::kEmbeddingProjection || (IsOffRampRole(role) && config.shared_off_ramp)) {
    return 0;
  }
  if (IsOffRampRole(role)) {
    const std::vector<int>& layers = config.off_ramp_layers;
    return static_cast<int>(std::lower_bound(layers.begin(), layers.end(), layer) - layers.begin());
  }
  return config.DistinctLayer(layer);
}

std::string MatrixName(const ModelConfig& config, MatrixRole role, int index) {
  const auto off_ramp = [&](const char* part) {
    return OffRampPrefix(config, config.off_ramp_layers[static_cast<size_t>(index)]) + part;
  };
  switch (role) {
    case MatrixRole::kEmbeddingProjection:
      return "embedding.projection";
    case MatrixRole::kQuery:
      return LayerPrefix(index) + "attention.query";
    case MatrixRole::kKey:
      return LayerPrefix(index) + "attention.key";
    case MatrixRole::kValue:
      return LayerPrefix(index) + "attention.value";
    case MatrixRole::kAttentionOutput:
      return LayerPrefix(index) + "attention.output";
    case MatrixRole::kFeedForwardUp:
      return LayerPrefix(index) + "feed_forward.up";
    case MatrixRole::kFeedForwardDown:
      return LayerPrefix(index) + "feed_forward.down";
    case MatrixRole::kOffRampPooler:
      return off_ramp("pooler");
    case MatrixRole::kOffRampClassifier:
      return off_ramp("classifier");
  }
  return {};
}

std::string NormName(NormRole role, int distinct_layer) {
  switch (role) {
    case NormRole::kEmbedding:
      return "embedding.norm";
    case NormRole::kAttention:
      return LayerPrefix(distinct_layer) + "attention.norm";
    case NormRole::kFeedForward:
      return LayerPrefix(distinct_layer) + "feed_forward.norm";
  }
  return {};
}

}  // namespace edgebert
