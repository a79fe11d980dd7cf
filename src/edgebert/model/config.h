#ifndef EDGEBERT_MODEL_CONFIG_H_
#define EDGEBERT_MODEL_CONFIG_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"

namespace edgebert {

enum class Family : uint8_t { kBert = 0, kAlbert = 1 };

enum class Activation : uint8_t {
  kGelu = 0,      ///< x·Φ(x), exact.
  kGeluTanh = 1,  ///< The tanh approximation, Hugging Face's `gelu_new`.
  kRelu = 2,
};

/// How an off-ramp turns a layer's token vectors into one; several are concatenated in order.
enum class Pooling : uint8_t {
  kCls = 0,   ///< The vector of the first token.
  kMean = 1,  ///< The mean over all tokens, special tokens included.
};

/// Hard maxima of the format; no array anywhere is sized by less.
inline constexpr int kMaxLayers = 64;
inline constexpr int kMaxHeads = 128;
inline constexpr int kMaxDimension = 1 << 16;
inline constexpr int kMaxVocabulary = 1 << 20;
inline constexpr int kMaxPositions = 1 << 14;
inline constexpr int kMaxClasses = 1 << 10;
inline constexpr int kMaxLabelBytes = 256;

/// Shape of an encoder with off-ramps. Layers count from 1 wherever a layer number is a value.
struct ModelConfig {
  Family family = Family::kBert;
  int vocabulary_size = 0;
  int embedding_size = 0;  ///< Width of the tables; a projection follows where ≠ hidden_size
                           ///< and always in ALBERT.
  int hidden_size = 0;
  int intermediate_size = 0;  ///< Width of the feed-forward network's hidden layer.
  int num_heads = 0;
  int num_layers = 0;
  int num_distinct_layers = 0;
  std::vector<int> layer_map;  ///< [num_layers]: which distinct layer (from 0) layer l + 1 uses.
  int max_positions = 0;
  int num_segments = 0;
  Activation activation = Activation::kGelu;
  float layer_norm_epsilon = 1e-12f;

  std::vector<std::string> labels;   ///< [classes]; empty for an encoder without off-ramps.
  std::vector<int> off_ramp_layers;  ///< Ascending; ends with num_layers unless empty.
  std::vector<Pooling> pooling;      ///< Of every off-ramp.
  int pooler_size = 0;               ///< Width of the off-ramp's tanh layer.
  bool shared_off_ramp = false;      ///< One off-ramp's weights serve every off-ramp layer.

  /// [num_distinct_layers × num_heads]: a head attends to keys at distance < span; 0 is absent.
  /// Empty: every head reaches everywhere.
  std::vector<int> attention_spans;

  int head_size() const { return hidden_size / num_heads; }
  int num_classes() const { return static_cast<int>(labels.size()); }
  bool has_embedding_projection() const {
    return family == Family::kAlbert || embedding_size != hidden_size;
  }
  /// Width of an off-ramp's input: hidden_size times the number of poolings.
  int pooled_size() const { return hidden_size * static_cast<int>(pooling.size()); }
  /// The distinct layer (from 0) that layer `layer` (from 1) uses.
  int DistinctLayer(int layer) const { return layer_map[static_cast<size_t>(layer - 1)]; }
  /// The span of a head, `max_positions` where none is set.
  int Span(int distinct_layer, int head) const;
  bool HasOffRamp(int layer) const;

  bool operator==(const ModelConfig&) const = default;
};

/// The sizes of an embedding's tables.
struct EmbeddingShape {
  int vocabulary_size = 0;
  int embedding_size = 0;
  int max_positions = 0;
  int num_segments = 0;

  bool operator==(const EmbeddingShape&) const = default;
};
EmbeddingShape EmbeddingShapeOf(const ModelConfig& config);

Status ValidateEmbeddingShape(const EmbeddingShape& shape);

/// Checks every field against its maximum and all cross-conditions (hidden % heads == 0, classes
/// ≥ 2, spans ≤ max_positions, a layer map that uses every distinct layer, …).
Status ValidateConfig(const ModelConfig& config);

std::string_view FamilyName(Family family);         ///< "bert", "albert"
std::string_view ActivationName(Activation value);  ///< "gelu", "gelu_tanh", "relu"
std::string_view PoolingName(Pooling pooling);      ///< "cls", "mean"

}  // namespace edgebert

#endif  // EDGEBERT_MODEL_CONFIG_H_
