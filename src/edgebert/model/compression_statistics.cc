#include "edgebert/model/compression_statistics.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace edgebert {
namespace {

struct Count {
  int64_t zeros = 0;
  int64_t total = 0;
  double share() const {
    return total > 0 ? static_cast<double>(zeros) / static_cast<double>(total) : 0;
  }
};

/// Counts an [outputs × inputs] matrix but for what belongs to absent heads, whose rows or columns
/// those are.
void CountMatrix(const Model& model, int distinct_layer, const Tensor& tensor, Count& count) {
  const ModelConfig& config = model.config;
  const std::string_view name = tensor.name;
  const bool rows = name.ends_with("attention.query.weight") ||
                    name.ends_with("attention.key.weight") ||
                    name.ends_with("attention.value.weight");
  const bool columns = name.ends_with("attention.output.weight");
  const std::vector<float> values = FloatValues(tensor);
  const int64_t width = tensor.shape[1];
  for (size_t i = 0; i < values.size(); ++i) {
    const auto index = static_cast<int64_t>(i);
    if (rows || columns) {
      const int64_t position = rows ? index / width : index % width;
      if (config.Span(distinct_layer, static_cast<int>(position / config.head_size())) == 0) {
        continue;
      }
    }
    count.zeros += values[i] == 0;
    ++count.total;
  }
}

}  // namespace

CompressionStatistics ComputeCompression(const Model& model) {
  const ModelConfig& config = model.config;
  Count encoder;
  for (int layer = 0; layer < config.num_distinct_layers; ++layer) {
    const std::string prefix = LayerPrefix(layer);
    for (const Tensor& tensor : model.tensors) {
      if (tensor.name.starts_with(prefix) && tensor.shape.size() == 2) {
        CountMatrix(model, layer, tensor, encoder);
      }
    }
  }
  Count embedding;
  for (const float value : FloatValues(*model.Find("embedding.word"))) {
    embedding.zeros += value == 0;
    ++embedding.total;
  }
  int absent = 0;
  for (int layer = 1; layer <= config.num_layers; ++layer) {
    for (int head = 0; head < config.num_heads; ++head) {
      absent += config.Span(config.DistinctLayer(layer), head) == 0;
    }
  }
  return {encoder.share(), embedding.share(),
          static_cast<double>(absent) / static_cast<double>(config.num_layers)};
}

}  // namespace edgebert
