#ifndef EDGEBERT_MODEL_MODEL_H_
#define EDGEBERT_MODEL_MODEL_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/model/config.h"
#include "edgebert/model/tensor.h"
#include "edgebert/text/tokenizer.h"

namespace edgebert {

/// The tensors between matrix products that are stored in AF8, per layer.
enum class ActivationSite : uint8_t {
  kQuery,
  kKey,
  kValue,
  kProbability,      ///< Attention probabilities.
  kContext,          ///< Probability-weighted values, all heads side by side.
  kAttentionOutput,  ///< After the first LayerNorm; input of the feed-forward network.
  kHidden,           ///< After the feed-forward network's activation function.
  kLayerOutput,      ///< After the second LayerNorm.
  kOffRampInput,     ///< The pooled vector.
  kOffRampHidden,    ///< After the off-ramp's tanh.
};
inline constexpr int kNumActivationSites = 10;
std::string_view ActivationSiteName(ActivationSite site);  ///< "query", "key", …

/// AF8 exponent biases of the activations, calibrated on text; each in [-32, 31].
struct ActivationBiases {
  int8_t embedding_norm = 0;    ///< After the embedding's LayerNorm, before a projection.
  int8_t embedding_output = 0;  ///< Input of layer 1; equals `embedding_norm` without projection.
  std::vector<std::array<int8_t, kNumActivationSites>> layers;  ///< [num_layers]

  int at(int layer, ActivationSite site) const {
    return layers[static_cast<size_t>(layer - 1)][static_cast<size_t>(site)];
  }
  bool operator==(const ActivationBiases&) const = default;
};

/// Predicted entropies by first-layer entropy (the paper's look-up table).
struct PredictorTable {
  std::vector<float> first_entropy;  ///< [rows], nats, strictly ascending.
  std::vector<float> later_entropy;  ///< [rows × columns], nats: layers 2, 3, … of each row.
  int num_columns = 0;               ///< At most num_layers - 1.

  bool operator==(const PredictorTable&) const = default;
};

/// What calibration text showed: entropies at every off-ramp, from which the exit-layer
/// distribution at any threshold and token count follows.
struct CalibrationRecord {
  std::vector<uint16_t> tokens;  ///< [sentences]
  std::vector<float> entropies;  ///< [sentences × off-ramps], nats.

  bool operator==(const CalibrationRecord&) const = default;
};

/// When to leave the encoder.
struct ExitSettings {
  float threshold_nats = 0;  ///< Leave at the first off-ramp with entropy below it.
  /// [off-ramps]: what the threshold is multiplied with at each, since one entropy is worth more at
  /// a deep off-ramp than at a shallow one. Empty: 1 at all.
  std::vector<float> off_ramp_scales;
  std::string calibration;  ///< What the threshold promises, in words; may be empty.
  std::optional<PredictorTable> predictor;
  std::optional<CalibrationRecord> record;

  bool operator==(const ExitSettings&) const = default;
};

inline constexpr float kMaxOffRampScale = 1e6F;
inline constexpr size_t kMaxTensors = 1u << 14;
inline constexpr size_t kMaxPredictorRows = 1u << 16;
inline constexpr size_t kMaxRecordSentences = 1u << 20;
inline constexpr size_t kMaxProvenanceBytes = 1u << 20;

/// All that a model file holds.
struct Model {
  ModelConfig config;
  TokenizerData tokenizer;
  std::vector<Tensor> tensors;                        ///< Ascending by name.
  std::optional<ActivationBiases> activation_biases;  ///< Present exactly in AF8 models.
  ExitSettings exits;
  std::string provenance;  ///< JSON object: data, recipe, licences; may be empty.

  /// The tensor of that name, or null.
  const Tensor* Find(std::string_view name) const;
  bool is_af8() const { return activation_biases.has_value(); }

  bool operator==(const Model&) const = default;
};

enum class TensorRole : uint8_t {
  kEmbeddingTable,  ///< Looked up by row.
  kMatrix,          ///< [outputs × inputs], multiplied with activations; AF8 in AF8 models.
  kVector,          ///< Biases and LayerNorm parameters; always float32.
};

/// A tensor that a configuration asks for.
struct TensorSpec {
  std::string name;
  std::vector<int64_t> shape;
  TensorRole role;
};

/// "layer.D." and "off_ramp.L.": what the tensors of a distinct layer (from 0) and of the off-ramp
/// after a layer (from 1; 0 when it is shared) have in common.
std::string LayerPrefix(int distinct_layer);
std::string OffRampPrefix(const ModelConfig& config, int layer);

/// Tables and LayerNorm of an embedding, ascending by name:
///   embedding.norm.{bias,gain}, embedding.position, embedding.segment, embedding.word
std::vector<TensorSpec> ExpectedEmbedding(const EmbeddingShape& shape);

/// Every tensor a model of this (valid) configuration has, ascending by name:
///   embedding.{word,position,segment}, embedding.norm.{gain,bias},
///   embedding.projection.{weight,bias},
///   layer.D.attention.{query,key,value,output}.{weight,bias}, layer.D.attention.norm.{gain,bias},
///   layer.D.feed_forward.{up,down}.{weight,bias}, layer.D.feed_forward.norm.{gain,bias},
///   off_ramp.L.{pooler,classifier}.{weight,bias}
/// with D the distinct layer from 0, and L the layer from 1 (0 for a shared off-ramp).
std::vector<TensorSpec> ExpectedTensors(const ModelConfig& config);

/// Checks that the tensors are exactly `expected`, with their shapes. With `af8`, matrices must be
/// AF8 and embedding tables may be; everything else must be float32.
Status ValidateTensors(std::span<const Tensor> tensors, const std::vector<TensorSpec>& expected,
                       bool af8);

/// Checks the tokenizer, and that it has no more pieces than the embedding has rows.
Status ValidateTokenizer(const TokenizerData& tokenizer, int vocabulary_size);

/// Checks that it is empty or a JSON object of at most kMaxProvenanceBytes.
Status ValidateProvenance(const std::string& provenance);

/// Checks the configuration, the tokenizer against it, that the tensors are exactly the expected
/// ones with their shapes and encodings, that biases, thresholds and tables are finite and in
/// range.
Status ValidateModel(const Model& model);

}  // namespace edgebert

#endif  // EDGEBERT_MODEL_MODEL_H_
