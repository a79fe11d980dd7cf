#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "edgebert/cli/command.h"
#include "edgebert/cli/flags.h"
#include "edgebert/cli/json.h"
#include "edgebert/model/model_file.h"

namespace edgebert::cli {
namespace {

struct InspectFlags {
  std::string file;
  bool json = false;
};

std::string_view TokenizerName(TokenizerKind kind) {
  return kind == TokenizerKind::kWordPiece ? "WordPiece" : "SentencePiece unigram";
}

void PrintConfig(const Model& model) {
  const ModelConfig& config = model.config;
  fmt::print("{} encoder: {} layers ({} distinct) × {}, {} heads, feed-forward {}, {}\n",
             FamilyName(config.family), config.num_layers, config.num_distinct_layers,
             config.hidden_size, config.num_heads, config.intermediate_size,
             ActivationName(config.activation));
  fmt::print("embedding: {} × {}, {} positions, {} segments\n", config.vocabulary_size,
             config.embedding_size, config.max_positions, config.num_segments);
  fmt::print("tokenizer: {}, {} pieces, {}\n", TokenizerName(model.tokenizer.kind),
             model.tokenizer.pieces.size(), model.tokenizer.lower_case ? "uncased" : "cased");
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

void PrintTensors(const Model& model) {
  size_t total = 0;
  fmt::print("\n{:<36} {:>14} {:<12} {:>5} {:>10} {:>7} {:>10}\n", "tensor", "shape", "encoding",
             "bias", "bytes", "zero %", "saturated %");
  for (const Tensor& tensor : model.tensors) {
    const TensorStatistics statistics = ComputeStatistics(tensor);
    fmt::print(
        "{:<36} {:>14} {:<12} {:>5} {:>10} {:>7.2f} {:>10.3f}\n", tensor.name,
        fmt::format("{}", fmt::join(tensor.shape, " × ")), TensorEncodingName(tensor.encoding),
        tensor.is_af8() ? fmt::format("{}", tensor.exponent_bias) : "", tensor.payload.size(),
        statistics.zero_share * 100, statistics.saturated_share * 100);
    total += tensor.payload.size();
  }
  fmt::print("{} tensors, {:.2f} MB\n", model.tensors.size(), static_cast<double>(total) * 1e-6);
}

OrderedJson ToJson(const InspectFlags& flags, const Model& model) {
  OrderedJson tensors = OrderedJson::array();
  for (const Tensor& tensor : model.tensors) {
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
  const OrderedJson provenance = OrderedJson::parse(model.provenance, nullptr, false);
  return {{"file", flags.file},
          {"family", FamilyName(model.config.family)},
          {"layers", model.config.num_layers},
          {"distinct_layers", model.config.num_distinct_layers},
          {"hidden_size", model.config.hidden_size},
          {"heads", model.config.num_heads},
          {"labels", model.config.labels},
          {"off_ramp_layers", model.config.off_ramp_layers},
          {"threshold_nats", model.exits.threshold_nats},
          {"off_ramp_scales", model.exits.off_ramp_scales},
          {"calibration", model.exits.calibration},
          {"tensors", tensors},
          {"provenance", provenance.is_discarded() ? OrderedJson(model.provenance) : provenance}};
}

int Inspect(const InspectFlags& flags) {
  const Result<Model> model = ReadModelFile(flags.file);
  if (!model.ok()) {
    return Fail(model.status());
  }
  if (flags.json) {
    PrintJsonLine(ToJson(flags, *model));
    return kSuccess;
  }
  fmt::print("{}\n", flags.file);
  PrintConfig(*model);
  fmt::print("provenance: {}\n", model->provenance);
  PrintTensors(*model);
  return kSuccess;
}

}  // namespace

void AddInspectCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<InspectFlags>();
  CLI::App* command = app.add_subcommand("inspect", "Show what is inside a model file");
  command->add_option("file", flags->file, "Model file")->required();
  command->add_flag("--json", flags->json, "One JSON object");
  command->callback([flags, &action] { action = [flags] { return Inspect(*flags); }; });
}

}  // namespace edgebert::cli
