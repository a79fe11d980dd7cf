#include "edgebert/engine/encoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "edgebert/engine/device_executor.h"
#include "edgebert/engine/float32_executor.h"
#include "edgebert/engine/host_executor.h"

namespace edgebert {
namespace {

Result<std::unique_ptr<const Weights>> Prepare(Model& model, Arithmetic arithmetic) {
  switch (arithmetic) {
    case Arithmetic::kHost:
      return PrepareHost(model);
    case Arithmetic::kDevice:
      return PrepareDevice(model);
    case Arithmetic::kFloat32:
      break;
  }
  return PrepareFloat32(model);
}

}  // namespace

Encoder::Encoder(ModelConfig config, Arithmetic arithmetic, std::unique_ptr<const Weights> weights)
    : config_(std::move(config)), arithmetic_(arithmetic), weights_(std::move(weights)) {}

Result<std::shared_ptr<const Encoder>> Encoder::Create(Model model, Arithmetic arithmetic) {
  if (arithmetic != Arithmetic::kFloat32 && !model.is_af8()) {
    return InvalidArgument(fmt::format(
        "the model holds float32 weights, but '{}' arithmetic needs AF8: run it with fp32 "
        "arithmetic, or import it again with AF8 precision",
        ArithmeticName(arithmetic)));
  }
  ModelConfig config = model.config;
  EDGEBERT_ASSIGN_OR_RETURN(std::unique_ptr<const Weights> weights, Prepare(model, arithmetic));
  return std::shared_ptr<const Encoder>(
      new Encoder(std::move(config), arithmetic, std::move(weights)));
}

EncoderSession::EncoderSession(std::shared_ptr<const Encoder> encoder)
    : encoder_(std::move(encoder)), executor_(encoder_->NewExecutor()) {}

Status EncoderSession::CheckInput(std::span<const int32_t> ids,
                                  std::span<const int32_t> segment_ids) const {
  const ModelConfig& config = encoder_->config();
  if (ids.empty() || ids.size() > static_cast<size_t>(config.max_positions)) {
    return InvalidArgument(
        fmt::format("{} tokens, expected 1 to {}", ids.size(), config.max_positions));
  }
  if (segment_ids.size() != ids.size()) {
    return InvalidArgument(
        fmt::format("{} segment ids for {} tokens", segment_ids.size(), ids.size()));
  }
  for (size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] < 0 || ids[i] >= config.vocabulary_size) {
      return InvalidArgument(fmt::format("token {} has id {}, expected 0 to {}", i, ids[i],
                                         config.vocabulary_size - 1));
    }
    if (segment_ids[i] < 0 || segment_ids[i] >= config.num_segments) {
      return InvalidArgument(fmt::format("token {} has segment {}, but the model has {}", i,
                                         segment_ids[i], config.num_segments));
    }
  }
  return OkStatus();
}

Result<EncoderResult> EncoderSession::Run(std::span<const int32_t> ids,
                                          std::span<const int32_t> segment_ids, ExitRule& rule,
                                          LayerObserver* observer) {
  EDGEBERT_RETURN_IF_ERROR(CheckInput(ids, segment_ids));
  return RunLayers({ids, segment_ids}, rule, observer);
}

Result<EncoderResult> EncoderSession::RunWithWordCodes(std::span<const int32_t> ids,
                                                       std::span<const int32_t> segment_ids,
                                                       std::span<const uint8_t> word_codes,
                                                       ExitRule& rule, LayerObserver* observer) {
  EDGEBERT_RETURN_IF_ERROR(CheckInput(ids, segment_ids));
  const auto width = static_cast<size_t>(encoder_->config().embedding_size);
  if (word_codes.size() != ids.size() * width) {
    return InvalidArgument(
        fmt::format("{} word codes for {} tokens of {}", word_codes.size(), ids.size(), width));
  }
  OperationContext context{ids, segment_ids};
  context.word_codes = word_codes;
  return RunLayers(context, rule, observer);
}

void EncoderSession::Execute(const std::vector<Operation>& operations,
                             const OperationContext& context) {
  for (const Operation& operation : operations) {
    if (timer_ == nullptr) {
      executor_->Execute(operation, context);
      continue;
    }
    const auto start = std::chrono::steady_clock::now();
    executor_->Execute(operation, context);
    timer_->OnOperation(operation, std::chrono::steady_clock::now() - start);
  }
}

Result<EncoderResult> EncoderSession::RunLayers(OperationContext context, ExitRule& rule,
                                                LayerObserver* observer) {
  const ModelConfig& config = encoder_->config();
  const int tokens = static_cast<int>(context.ids.size());
  Execute(BuildEmbeddingProgram(config, tokens).operations, context);
  if (observer != nullptr) {
    observer->OnLayer({0, {}, std::nullopt, std::nullopt, *executor_, tokens});
  }

  EncoderResult result;
  rule.Begin();
  for (int layer = 1; layer <= config.num_layers; ++layer) {
    const LayerProgram program = BuildLayerProgram(config, layer, tokens);
    context.layer = layer;
    context.distinct_layer = program.distinct_layer;
    Execute(program.encoder, context);
    const bool last = layer == config.num_layers;
    const bool has_off_ramp = !program.off_ramp.empty() && (last || rule.asks());
    if (has_off_ramp) {
      Execute(program.off_ramp, context);
    }
    const std::span<const float> logits =
        has_off_ramp ? executor_->logits() : std::span<const float>();
    if (!std::all_of(logits.begin(), logits.end(), [](float v) { return std::isfinite(v); })) {
      return DataLoss(fmt::format(
          "the logits after layer {} are not finite: the model's weights are too large", layer));
    }
    const std::optional<double> entropy =
        has_off_ramp ? std::optional(executor_->entropy_nats()) : std::nullopt;
    result.exit_layer = layer;
    result.entropies_nats.push_back(entropy);
    const bool leave = last || (entropy && rule.ShouldExit({layer, *entropy, logits}));
    result.predicted_layer = rule.predicted_layer();
    if (observer != nullptr) {
      observer->OnLayer(
          {layer, logits, entropy, result.predicted_layer, *executor_, tokens, leave});
    }
    if (leave) {
      result.logits.assign(logits.begin(), logits.end());
      break;
    }
    executor_->Advance();
  }
  return result;
}

}  // namespace edgebert
