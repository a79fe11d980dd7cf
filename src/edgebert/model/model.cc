#include "edgebert/model/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "edgebert/base/text.h"
#include "edgebert/model/config_json.h"
#include "edgebert/numeric/adaptivfloat.h"

namespace edgebert {
namespace {

Status CheckBias(std::string_view where, int bias) {
  if (bias < kMinExponentBias || bias > kMaxExponentBias) {
    return DataLoss(fmt::format("exponent bias of {} is {}, expected {} to {}", where, bias,
                                kMinExponentBias, kMaxExponentBias));
  }
  return OkStatus();
}

Status ValidateActivationBiases(const Model& model) {
  if (!model.activation_biases) {
    return OkStatus();
  }
  const ActivationBiases& biases = *model.activation_biases;
  EDGEBERT_RETURN_IF_ERROR(CheckBias("embedding_norm", biases.embedding_norm));
  EDGEBERT_RETURN_IF_ERROR(CheckBias("embedding_output", biases.embedding_output));
  if (biases.layers.size() != static_cast<size_t>(model.config.num_layers)) {
    return DataLoss(fmt::format("activation biases for {} layers, expected {}",
                                biases.layers.size(), model.config.num_layers));
  }
  for (int layer = 1; layer <= model.config.num_layers; ++layer) {
    for (int site = 0; site < kNumActivationSites; ++site) {
      const auto named = static_cast<ActivationSite>(site);
      EDGEBERT_RETURN_IF_ERROR(CheckBias(
          fmt::format("layer {}, {}", layer, ActivationSiteName(named)), biases.at(layer, named)));
    }
  }
  return OkStatus();
}

bool IsEntropy(float value, float maximum) { return value >= 0 && value <= maximum; }

Status ValidatePredictor(const PredictorTable& table, const ModelConfig& config, float maximum) {
  const size_t rows = table.first_entropy.size();
  if (rows == 0 || rows > kMaxPredictorRows || table.num_columns < 1 ||
      table.num_columns >= config.num_layers ||
      table.later_entropy.size() != rows * static_cast<size_t>(table.num_columns)) {
    return DataLoss(fmt::format(
        "predictor table has {} rows, {} columns and {} entries, expected 1 to {} rows and 1 to "
        "{} columns",
        rows, table.num_columns, table.later_entropy.size(), kMaxPredictorRows,
        config.num_layers - 1));
  }
  for (size_t row = 0; row < rows; ++row) {
    if (!IsEntropy(table.first_entropy[row], 100.0f) ||
        (row > 0 && table.first_entropy[row] <= table.first_entropy[row - 1])) {
      return DataLoss(fmt::format(
          "predictor table: first-layer entropy of row {}, expected values that ascend from 0",
          row));
    }
  }
  for (const float entropy : table.later_entropy) {
    if (!IsEntropy(entropy, maximum)) {
      return DataLoss(
          fmt::format("predictor table: entropy {}, expected 0 to {}", entropy, maximum));
    }
  }
  return OkStatus();
}

Status ValidateRecord(const CalibrationRecord& record, const ModelConfig& config, float maximum) {
  if (record.tokens.size() > kMaxRecordSentences) {
    return DataLoss(fmt::format("calibration record has {} sentences, expected at most {}",
                                record.tokens.size(), kMaxRecordSentences));
  }
  if (record.entropies.size() != record.tokens.size() * config.off_ramp_layers.size()) {
    return DataLoss(
        fmt::format("calibration record has {} entropies for {} sentences, expected {} "
                    "for each",
                    record.entropies.size(), record.tokens.size(), config.off_ramp_layers.size()));
  }
  for (const float entropy : record.entropies) {
    if (!IsEntropy(entropy, maximum)) {
      return DataLoss(
          fmt::format("calibration record: entropy {}, expected 0 to {}", entropy, maximum));
    }
  }
  for (const uint16_t tokens : record.tokens) {
    if (tokens == 0 || tokens > config.max_positions) {
      return DataLoss(fmt::format("calibration record: a sentence of {} tokens, expected 1 to {}",
                                  tokens, config.max_positions));
    }
  }
  return OkStatus();
}

Status ValidateExits(const Model& model) {
  const ExitSettings& exits = model.exits;
  if (!std::isfinite(exits.threshold_nats) || exits.threshold_nats < 0 ||
      exits.threshold_nats > 100) {
    return DataLoss(
        fmt::format("exit threshold is {} nats, expected 0 to 100", exits.threshold_nats));
  }
  if (!exits.off_ramp_scales.empty() &&
      exits.off_ramp_scales.size() != model.config.off_ramp_layers.size()) {
    return DataLoss(fmt::format("{} scales of the exit threshold for {} off-ramps",
                                exits.off_ramp_scales.size(), model.config.off_ramp_layers.size()));
  }
  for (const float scale : exits.off_ramp_scales) {
    if (!(scale > 0 && scale <= kMaxOffRampScale)) {
      return DataLoss(fmt::format("a scale of the exit threshold is {}, expected above 0 to {}",
                                  scale, kMaxOffRampScale));
    }
  }
  if (exits.calibration.size() > kMaxProvenanceBytes || FindInvalidUtf8(exits.calibration)) {
    return DataLoss(fmt::format("exit calibration note, expected UTF-8 of at most {} bytes",
                                kMaxProvenanceBytes));
  }
  // Entropies computed in single precision may pass ln(classes) by a rounding error.
  const float maximum =
      std::log(static_cast<float>(std::max(2, model.config.num_classes()))) + 1e-5f;
  if (exits.predictor) {
    EDGEBERT_RETURN_IF_ERROR(ValidatePredictor(*exits.predictor, model.config, maximum));
  }
  if (exits.record) {
    EDGEBERT_RETURN_IF_ERROR(ValidateRecord(*exits.record, model.config, maximum));
  }
  return OkStatus();
}

/// Collects specifications; a matrix and its bias come together.
class SpecList {
 public:
  void Matrix(const std::string& name, int64_t outputs, int64_t inputs) {
    specs_.push_back({name + ".weight", {outputs, inputs}, TensorRole::kMatrix});
    specs_.push_back({name + ".bias", {outputs}, TensorRole::kVector});
  }
  void Norm(const std::string& name, int64_t width) {
    specs_.push_back({name + ".gain", {width}, TensorRole::kVector});
    specs_.push_back({name + ".bias", {width}, TensorRole::kVector});
  }
  void Table(const std::string& name, int64_t rows, int64_t width) {
    specs_.push_back({name, {rows, width}, TensorRole::kEmbeddingTable});
  }
  void Embedding(const EmbeddingShape& shape) {
    Table("embedding.word", shape.vocabulary_size, shape.embedding_size);
    Table("embedding.position", shape.max_positions, shape.embedding_size);
    Table("embedding.segment", shape.num_segments, shape.embedding_size);
    Norm("embedding.norm", shape.embedding_size);
  }
  std::vector<TensorSpec> TakeSorted() {
    std::sort(specs_.begin(), specs_.end(),
              [](const TensorSpec& a, const TensorSpec& b) { return a.name < b.name; });
    return std::move(specs_);
  }

 private:
  std::vector<TensorSpec> specs_;
};

}  // namespace

std::string_view ActivationSiteName(ActivationSite site) {
  switch (site) {
    case ActivationSite::kQuery:
      return "query";
    case ActivationSite::kKey:
      return "key";
    case ActivationSite::kValue:
      return "value";
    case ActivationSite::kProbability:
      return "probability";
    case ActivationSite::kContext:
      return "context";
    case ActivationSite::kAttentionOutput:
      return "attention_output";
    case ActivationSite::kHidden:
      return "hidden";
    case ActivationSite::kLayerOutput:
      return "layer_output";
    case ActivationSite::kOffRampInput:
      return "off_ramp_input";
    case ActivationSite::kOffRampHidden:
      return "off_ramp_hidden";
  }
  return "unknown";
}

const Tensor* Model::Find(std::string_view name) const {
  const auto found =
      std::lower_bound(tensors.begin(), tensors.end(), name,
                       [](const Tensor& tensor, std::string_view n) { return tensor.name < n; });
  return found != tensors.end() && found->name == name ? &*found : nullptr;
}

std::string LayerPrefix(int distinct_layer) { return fmt::format("layer.{}.", distinct_layer); }

std::string OffRampPrefix(const ModelConfig& config, int layer) {
  return fmt::format("off_ramp.{}.", config.shared_off_ramp ? 0 : layer);
}

std::vector<TensorSpec> ExpectedEmbedding(const EmbeddingShape& shape) {
  SpecList specs;
  specs.Embedding(shape);
  return specs.TakeSorted();
}

std::vector<TensorSpec> ExpectedTensors(const ModelConfig& config) {
  SpecList specs;
  specs.Embedding(EmbeddingShapeOf(config));
  if (config.has_embedding_projection()) {
    specs.Matrix("embedding.projection", config.hidden_size, config.embedding_size);
  }
  const int64_t hidden = config.hidden_size;
  for (int distinct = 0; distinct < config.num_distinct_layers; ++distinct) {
    const std::string layer = LayerPrefix(distinct);
    for (const char* projection : {"query", "key", "value", "output"}) {
      specs.Matrix(fmt::format("{}attention.{}", layer, projection), hidden, hidden);
    }
    specs.Norm(layer + "attention.norm", hidden);
    specs.Matrix(layer + "feed_forward.up", config.intermediate_size, hidden);
    specs.Matrix(layer + "feed_forward.down", hidden, config.intermediate_size);
    specs.Norm(layer + "feed_forward.norm", hidden);
  }
  for (const int layer : config.off_ramp_layers) {
    const std::string off_ramp = OffRampPrefix(config, layer);
    specs.Matrix(off_ramp + "pooler", config.pooler_size, config.pooled_size());
    specs.Matrix(off_ramp + "classifier", config.num_classes(), config.pooler_size);
    if (config.shared_off_ramp) {
      break;
    }
  }
  return specs.TakeSorted();
}

Status ValidateTensors(std::span<const Tensor> tensors, const std::vector<TensorSpec>& expected,
                       bool af8) {
  size_t next = 0;
  for (const TensorSpec& spec : expected) {
    if (next < tensors.size() && tensors[next].name < spec.name) {
      return DataLoss(fmt::format("tensor '{}' is unknown, twice or out of order, expected '{}'",
                                  tensors[next].name, spec.name));
    }
    if (next == tensors.size() || tensors[next].name != spec.name) {
      return DataLoss(
          fmt::format("tensor '{}' is missing, expected it for this configuration", spec.name));
    }
    const Tensor& tensor = tensors[next++];
    EDGEBERT_RETURN_IF_ERROR(ValidateTensor(tensor));
    if (tensor.shape != spec.shape) {
      return DataLoss(fmt::format("tensor '{}' has shape [{}], expected [{}]", tensor.name,
                                  fmt::join(tensor.shape, " × "), fmt::join(spec.shape, " × ")));
    }
    const bool may_be_af8 = af8 && spec.role != TensorRole::kVector;
    const bool must_be_af8 = af8 && spec.role == TensorRole::kMatrix;
    if ((tensor.is_af8() && !may_be_af8) || (!tensor.is_af8() && must_be_af8)) {
      return DataLoss(fmt::format("tensor '{}' is {}, expected {}", tensor.name,
                                  TensorEncodingName(tensor.encoding),
                                  must_be_af8 ? "AF8" : "float32"));
    }
  }
  if (next != tensors.size()) {
    return DataLoss(
        fmt::format("tensor '{}' is unknown or twice, expected no more", tensors[next].name));
  }
  return OkStatus();
}

Status ValidateTokenizer(const TokenizerData& tokenizer, int vocabulary_size) {
  EDGEBERT_RETURN_IF_ERROR(ValidateTokenizerData(tokenizer).WithContext("tokenizer"));
  // A vocabulary may be padded with rows that no piece names, never the other way round.
  if (tokenizer.pieces.size() > static_cast<size_t>(vocabulary_size)) {
    return DataLoss(
        fmt::format("tokenizer has {} pieces, expected at most the {} rows of the embedding",
                    tokenizer.pieces.size(), vocabulary_size));
  }
  return OkStatus();
}

Status ValidateProvenance(const std::string& provenance) {
  if (provenance.size() > kMaxProvenanceBytes ||
      !(provenance.empty() || IsJsonObject(provenance))) {
    return DataLoss(
        fmt::format("provenance, expected a JSON object of at most {} bytes", kMaxProvenanceBytes));
  }
  return OkStatus();
}

Status ValidateModel(const Model& model) {
  EDGEBERT_RETURN_IF_ERROR(ValidateConfig(model.config));
  EDGEBERT_RETURN_IF_ERROR(ValidateTokenizer(model.tokenizer, model.config.vocabulary_size));
  EDGEBERT_RETURN_IF_ERROR(ValidateActivationBiases(model));
  EDGEBERT_RETURN_IF_ERROR(
      ValidateTensors(model.tensors, ExpectedTensors(model.config), model.is_af8()));
  EDGEBERT_RETURN_IF_ERROR(ValidateExits(model));
  return ValidateProvenance(model.provenance);
}

}  // namespace edgebert
