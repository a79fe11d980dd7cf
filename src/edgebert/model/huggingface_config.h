#ifndef EDGEBERT_MODEL_HUGGINGFACE_CONFIG_H_
#define EDGEBERT_MODEL_HUGGINGFACE_CONFIG_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "edgebert/base/status.h"
#include "edgebert/model/config.h"

namespace edgebert {

/// What a checkpoint has after its encoder.
enum class HuggingFaceHead : uint8_t {
  kNone,        ///< Nothing: an encoder that cannot classify.
  kClassifier,  ///< Hugging Face's pooler and classifier, an off-ramp after the last layer.
  kOffRamps,    ///< This project's `off_ramps`.
};

/// A config.json as this library reads it.
struct HuggingFaceConfig {
  std::string architecture;  ///< "BertForSequenceClassification", …
  HuggingFaceHead head = HuggingFaceHead::kNone;
  ModelConfig model;  ///< Valid.
};

/// Reads the text of a config.json. What would change the arithmetic and is not supported is
/// refused by the name of its key; keys that do not bear on inference are ignored.
///
/// Beside Hugging Face's own keys, these of this project's are read:
/// - `num_hidden_groups` also for BERT: layer l uses encoder.layer[⌊(l − 1) / (layers / groups)⌋],
///   as ALBERT's groups do. `layer_map`, a list of num_hidden_layers groups from 0, says otherwise.
/// - `off_ramps`, an object of `count`, `layers` (a list of that many layers from 1; absent: all),
///   `pooling` (a list of "cls", "mean"), `pooler_size`, `activation` ("tanh") and `shared` (true:
///   one off-ramp's weights, off_ramps.0, serve all).
/// - `attention_spans`, a list of groups, each a list of num_attention_heads spans: a head sees
/// keys
///   at distance < span; 0 is absent.
Result<HuggingFaceConfig> ParseHuggingFaceConfig(std::string_view json);

/// The text of a config.json that ParseHuggingFaceConfig() reads back as the same shape. Errors: a
/// shape that it has no keys for.
Result<std::string> WriteHuggingFaceConfig(const ModelConfig& config);

}  // namespace edgebert

#endif  // EDGEBERT_MODEL_HUGGINGFACE_CONFIG_H_
