#include "edgebert/model/config.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "edgebert/base/text.h"

namespace edgebert {
namespace {

Status CheckRange(std::string_view field, int64_t value, int64_t minimum, int64_t maximum) {
  if (value < minimum || value > maximum) {
    return DataLoss("configuration: " + std::string(field) + " is " + std::to_string(value) +
                    ", expected " + std::to_string(minimum) + " to " + std::to_string(maximum));
  }
  return OkStatus();
}

Status ValidateLayerMap(const ModelConfig& config) {
  EDGEBERT_RETURN_IF_ERROR(CheckRange("length of layer_map",
                                      static_cast<int64_t>(config.layer_map.size()),
                                      config.num_layers, config.num_layers));
  std::set<int> used;
  for (const int distinct : config.layer_map) {
    EDGEBERT_RETURN_IF_ERROR(
        CheckRange("layer_map entry", distinct, 0, config.num_distinct_layers - 1));
    used.insert(distinct);
  }
  if (static_cast<int>(used.size()) != config.num_distinct_layers) {
    return DataLoss("configuration: layer_map uses " + std::to_string(used.size()) +
                    " distinct layers, expected all " + std::to_string(config.num_distinct_layers));
  }
  return OkStatus();
}

Status ValidateOffRamps(const ModelConfig& config) {
  if (config.off_ramp_layers.empty()) {
    if (!config.labels.empty() || !config.pooling.empty() || config.pooler_size != 0) {
      return DataLoss(
          "configuration: labels, pooling or pooler_size, expected none without off-ramp layers");
    }
    return OkStatus();
  }
  EDGEBERT_RETURN_IF_ERROR(
      CheckRange("number of labels", static_cast<int64_t>(config.labels.size()), 2, kMaxClasses));
  std::set<std::string> distinct_labels;
  for (const std::string& label : config.labels) {
    if (label.empty() || label.size() > kMaxLabelBytes || FindInvalidUtf8(label) ||
        !distinct_labels.insert(label).second) {
      return DataLoss(
          "configuration: a label is empty, too long, not UTF-8 or there twice, expected "
          "distinct labels of 1 to " +
          std::to_string(kMaxLabelBytes) + " bytes");
    }
  }
  int previous = 0;
  for (const int layer : config.off_ramp_layers) {
    EDGEBERT_RETURN_IF_ERROR(CheckRange("off-ramp layer", layer, previous + 1, config.num_layers));
    previous = layer;
  }
  if (previous != config.num_layers) {
    return DataLoss("configuration: the last off-ramp is after layer " + std::to_string(previous) +
                    ", expected one after the last layer, " + std::to_string(config.num_layers));
  }
  EDGEBERT_RETURN_IF_ERROR(
      CheckRange("number of poolings", static_cast<int64_t>(config.pooling.size()), 1, 2));
  if (config.pooling.size() == 2 && config.pooling[0] == config.pooling[1]) {
    return DataLoss("configuration: the same pooling twice, expected different ones");
  }
  return CheckRange("pooler_size", config.pooler_size, 1, kMaxDimension);
}

}  // namespace

int ModelConfig::Span(int distinct_layer, int head) const {
  if (attention_spans.empty()) {
    return max_positions;
  }
  return attention_spans[static_cast<size_t>(distinct_layer * num_heads + head)];
}

bool ModelConfig::HasOffRamp(int layer) const {
  return std::binary_search(off_ramp_layers.begin(), off_ramp_layers.end(), layer);
}

EmbeddingShape EmbeddingShapeOf(const ModelConfig& config) {
  return {config.vocabulary_size, config.embedding_size, config.max_positions, config.num_segments};
}

Status ValidateEmbeddingShape(const EmbeddingShape& shape) {
  EDGEBERT_RETURN_IF_ERROR(CheckRange("vocabulary_size", shape.vocabulary_size, 1, kMaxVocabulary));
  EDGEBERT_RETURN_IF_ERROR(CheckRange("embedding_size", shape.embedding_size, 1, kMaxDimension));
  EDGEBERT_RETURN_IF_ERROR(CheckRange("max_positions", shape.max_positions, 4, kMaxPositions));
  return CheckRange("num_segments", shape.num_segments, 1, 16);
}

Status ValidateConfig(const ModelConfig& config) {
  EDGEBERT_RETURN_IF_ERROR(ValidateEmbeddingShape(EmbeddingShapeOf(config)));
  EDGEBERT_RETURN_IF_ERROR(CheckRange("hidden_size", config.hidden_size, 1, kMaxDimension));
  EDGEBERT_RETURN_IF_ERROR(
      CheckRange("intermediate_size", config.intermediate_size, 1, kMaxDimension));
  EDGEBERT_RETURN_IF_ERROR(CheckRange("num_heads", config.num_heads, 1, kMaxHeads));
  EDGEBERT_RETURN_IF_ERROR(CheckRange("num_layers", config.num_layers, 1, kMaxLayers));
  EDGEBERT_RETURN_IF_ERROR(
      CheckRange("num_distinct_layers", config.num_distinct_layers, 1, config.num_layers));
  if (config.hidden_size % config.num_heads != 0) {
    return DataLoss("configuration: hidden_size " + std::to_string(config.hidden_size) +
                    ", expected a multiple of num_heads, " + std::to_string(config.num_heads));
  }
  if (!(config.layer_norm_epsilon >= 0.0f && config.layer_norm_epsilon <= 0.1f)) {
    return DataLoss("configuration: layer_norm_epsilon is " +
                    std::to_string(config.layer_norm_epsilon) + ", expected 0 to 0.1");
  }
  EDGEBERT_RETURN_IF_ERROR(ValidateLayerMap(config));
  EDGEBERT_RETURN_IF_ERROR(ValidateOffRamps(config));
  if (!config.attention_spans.empty()) {
    const int64_t expected = int64_t{config.num_distinct_layers} * config.num_heads;
    EDGEBERT_RETURN_IF_ERROR(CheckRange("number of attention_spans",
                                        static_cast<int64_t>(config.attention_spans.size()),
                                        expected, expected));
    for (const int span : config.attention_spans) {
      EDGEBERT_RETURN_IF_ERROR(CheckRange("attention span", span, 0, config.max_positions));
    }
  }
  return OkStatus();
}

std::string_view FamilyName(Family family) { return family == Family::kAlbert ? "albert" : "bert"; }

std::string_view ActivationName(Activation value) {
  switch (value) {
    case Activation::kGelu:
      return "gelu";
    case Activation::kGeluTanh:
      return "gelu_tanh";
    case Activation::kRelu:
      return "relu";
  }
  return "unknown";
}

std::string_view PoolingName(Pooling pooling) { return pooling == Pooling::kMean ? "mean" : "cls"; }

}  // namespace edgebert
