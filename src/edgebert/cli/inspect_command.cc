#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "edgebert/cli/command.h"
#include "edgebert/cli/json.h"
#include "edgebert/cli/model_flags.h"
#include "edgebert/model/model_file.h"

namespace edgebert::cli {
namespace {

struct InspectFlags {
  ModelFlags model;
  bool json = false;
};

std::string_view TokenizerName(TokenizerKind kind) {
  return kind == TokenizerKind::kWordPiece ? "WordPiece" : "SentencePiece unigram";
}

void PrintEmbedding(const EmbeddingShape& shape, const TokenizerData& tokenizer) {
  fmt::print("embedding: {} × {}, {} positions, {} segments\n", shape.vocabulary_size,
             shape.embedding_size, shape.max_positions, shape.num_segments);
  fmt::print("tokenizer: {}, {} pieces, {}\n", TokenizerName(tokenizer.kind),
             tokenizer.pieces.size(), tokenizer.lower_case ? "uncased" : "cased");
}

void PrintConfig(const Model& model) {
  const ModelConfig& config = model.config;
  fmt::print("{} encoder: {} layers ({} distinct) × {}, {} heads, feed-forward {}, {}\n",
             FamilyName(config.family), config.num_layers, config.num_distinct_layers,
             config.hidden_size, config.num_heads, config.intermediate_size,
             ActivationName(config.activation));
  PrintEmbedding(EmbeddingShapeOf(config), model.tokenizer);
  if (config.off_ramp_layers.empty()) {
    fmt::print("off-ramps: none (an encoder without a classifier)\n");
    return;
  }
  std::vector<std::string_view> poolings;
  for (const Pooling pooling : config.pooling) {
    poolings.push_back(PoolingName(pooling));
  }
  fmt::print("off-ramps: after layers {}; {} -> {} tanh -> {}\n",
             fmt::join(config.off_ramp_layers, " "), fmt::join(poolings, " + "), config.pooler_size,
             fmt::join(config.labels, " | "));
  fmt::print("exit threshold: {:.4g} nats ({})\n", model.exits.threshold_nats,
             model.exits.calibration.empty() ? "no calibration note" : model.exits.calibration);
  if (!model.exits.off_ramp_scales.empty()) {
    fmt::print("exit threshold, times by off-ramp: {:.3g}\n",
               fmt::join(model.exits.off_ramp_scales, " "));
  }
  if (model.exits.predictor) {
    fmt::print("predictor: {} rows × {} layers\n", model.exits.predictor->first_entropy.size(),
               model.exits.predictor->num_columns);
  }
  if (model.exits.record) {
    fmt::print("calibration record: {} sentences\n", model.exits.record->tokens.size());
  }
}

void PrintTensors(const std::vector<Tensor>& tensors) {
  size_t total = 0;
  fmt::print("\n{:<36} {:>14} {:<12} {:>5} {:>10} {:>7} {:>10}\n", "tensor", "shape", "encoding",
             "bias", "bytes", "zero %", "saturated %");
  for (const Tensor& tensor : tensors) {
    const TensorStatistics statistics = ComputeStatistics(tensor);
    fmt::print(
        "{:<36} {:>14} {:<12} {:>5} {:>10} {:>7.2f} {:>10.3f}\n", tensor.name,
        fmt::format("{}", fmt::join(tensor.shape, " × ")), TensorEncodingName(tensor.encoding),
        tensor.is_af8() ? fmt::format("{}", tensor.exponent_bias) : "", tensor.payload.size(),
        statistics.zero_share * 100, statistics.saturated_share * 100);
    total += tensor.payload.size();
  }
  fmt::print("{} tensors, {:.2f} MB\n", tensors.size(), static_cast<double>(total) * 1e-6);
}

OrderedJson TensorsJson(const std::vector<Tensor>& list) {
  OrderedJson tensors = OrderedJson::array();
  for (const Tensor& tensor : list) {
    const TensorStatistics statistics = ComputeStatistics(tensor);
    tensors.push_back(
        {{"name", tensor.name},
         {"shape", tensor.shape},
         {"encoding", TensorEncodingName(tensor.encoding)},
         {"exponent_bias", tensor.is_af8() ? OrderedJson(tensor.exponent_bias) : OrderedJson()},
         {"bytes", tensor.payload.size()},
         {"zero_share", statistics.zero_share},
         {"saturated_share", statistics.saturated_share}});
  }
  return tensors;
}

OrderedJson ProvenanceJson(const std::string& provenance) {
  OrderedJson json = OrderedJson::parse(provenance, nullptr, false);
  return json.is_discarded() ? OrderedJson(provenance) : json;
}

OrderedJson ToJson(const ModelFiles& files, const Model& model) {
  OrderedJson object = {{"file", files.path.string()},
                        {"kind", files.base ? "task" : "model"},
                        {"file_bytes", files.bytes}};
  if (files.base) {
    object["base"] = {{"file", files.base->path.string()},
                      {"bytes", files.base->bytes},
                      {"sha256", Sha256Text(files.base->reference.sha256)}};
  }
  object.update({{"family", FamilyName(model.config.family)},
                 {"layers", model.config.num_layers},
                 {"distinct_layers", model.config.num_distinct_layers},
                 {"hidden_size", model.config.hidden_size},
                 {"heads", model.config.num_heads},
                 {"labels", model.config.labels},
                 {"off_ramp_layers", model.config.off_ramp_layers},
                 {"threshold_nats", model.exits.threshold_nats},
                 {"off_ramp_scales", model.exits.off_ramp_scales},
                 {"calibration", model.exits.calibration},
                 {"tensors", TensorsJson(model.tensors)},
                 {"provenance", ProvenanceJson(model.provenance)}});
  return object;
}

double Megabytes(uint64_t bytes) { return static_cast<double>(bytes) * 1e-6; }

Status InspectModelOrTask(const InspectFlags& flags) {
  EDGEBERT_ASSIGN_OR_RETURN(const Model model, flags.model.Read());
  EDGEBERT_ASSIGN_OR_RETURN(const ModelFiles files, flags.model.Files());
  if (flags.json) {
    PrintJsonLine(ToJson(files, model));
    return OkStatus();
  }
  fmt::print("{}\n", files.path.string());
  if (files.base) {
    fmt::print("task file: {:.2f} MB, with the base {}: {:.2f} MB, SHA-256 {}\n",
               Megabytes(files.bytes), files.base->path.string(), Megabytes(files.base->bytes),
               Sha256Text(files.base->reference.sha256));
  }
  PrintConfig(model);
  fmt::print("provenance: {}\n", model.provenance);
  PrintTensors(model.tensors);
  return OkStatus();
}

Status InspectBase(const InspectFlags& flags, uint64_t bytes) {
  const std::string& path = *flags.model.model;
  EDGEBERT_ASSIGN_OR_RETURN(const BaseFile file, ReadBaseFile(path));
  const ModelBase& base = file.base;
  if (flags.json) {
    PrintJsonLine({{"file", path},
                   {"kind", "base"},
                   {"file_bytes", bytes},
                   {"sha256", Sha256Text(file.reference.sha256)},
                   {"tensors", TensorsJson(base.tensors)},
                   {"provenance", ProvenanceJson(base.provenance)}});
    return OkStatus();
  }
  fmt::print("{}\nbase file: {:.2f} MB, SHA-256 {}\n", path, Megabytes(bytes),
             Sha256Text(file.reference.sha256));
  PrintEmbedding(base.shape, base.tokenizer);
  fmt::print("provenance: {}\n", base.provenance);
  PrintTensors(base.tensors);
  return OkStatus();
}

int Inspect(const InspectFlags& flags) {
  const Result<ModelFileInfo> info = InspectModelFile(*flags.model.model);
  if (!info.ok()) {
    return Fail(info.status());
  }
  const Status status = info->kind == ModelFileKind::kBase ? InspectBase(flags, info->size)
                                                           : InspectModelOrTask(flags);
  return status.ok() ? kSuccess : Fail(status);
}

}  // namespace

void AddInspectCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<InspectFlags>();
  CLI::App* command =
      app.add_subcommand("inspect", "Show what is inside a model, task or base file");
  command->add_option("file", flags->model.model, "Model, task or base file")->required();
  flags->model.AddBaseTo(*command);
  command->add_flag("--json", flags->json, "One JSON object");
  command->callback([flags, &action] { action = [flags] { return Inspect(*flags); }; });
}

}  // namespace edgebert::cli
