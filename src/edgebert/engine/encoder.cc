#include "edgebert/engine/encoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <utility>

#include "edgebert/engine/device_executor.h"
#include "edgebert/engine/float32_executor.h"
#include "edgebert/engine/host_executor.h"

namespace edgebert {
namespace {

Result<std::unique_ptr<const Weights>> Prepare(Model& model, Arithmetic arithmetic,
                                               WeightStorage storage) {
  switch (arithmetic) {
    case Arithmetic::kHost:
      return PrepareHost(model, storage);
    case Arithmetic::kDevice:
      return PrepareDevice(model, storage);
    case Arithmetic::kFloat32:
      break;
  }
  return PrepareFloat32(model);
}

/// So many tokens are enough rows for a product to be limited by arithmetic alone.
constexpr size_t kBatchTokens = 256;

/// What an off-ramp found; nothing where the layer has none.
struct OffRampFigures {
  std::span<const float> logits;
  std::optional<double> entropy_nats;
};

/// `timer` may be null.
void ExecuteAll(const std::vector<Operation>& operations, const OperationContext& context,
                Executor& executor, OperationTimer* timer = nullptr) {
  for (const Operation& operation : operations) {
    if (timer == nullptr) {
      executor.Execute(operation, context);
      continue;
    }
    const auto start = std::chrono::steady_clock::now();
    executor.Execute(operation, context);
    timer->OnOperation(operation, std::chrono::steady_clock::now() - start);
  }
}

/// Whether the off-ramp after a layer is computed.
bool RunsOffRamp(const LayerProgram& program, const ModelConfig& config, const ExitRule& rule) {
  return !program.off_ramp.empty() && (program.layer == config.num_layers || rule.asks());
}

/// Notes what a layer found of a sentence, tells the observer, and says whether the sentence
/// leaves.
Result<bool> FinishLayer(const ModelConfig& config, int layer, int tokens,
                         const OffRampFigures& figures, ExitRule& rule, LayerObserver* observer,
                         const Executor& executor, EncoderResult& result) {
  const auto& [logits, entropy] = figures;
  if (!std::all_of(logits.begin(), logits.end(), [](float v) { return std::isfinite(v); })) {
    return DataLoss(fmt::format(
        "the logits after layer {} are not finite: the model's weights are too large", layer));
  }
  result.exit_layer = layer;
  result.entropies_nats.push_back(entropy);
  const bool last = layer == config.num_layers;
  const bool leave = last || (entropy && rule.ShouldExit({layer, *entropy, logits}));
  result.predicted_layer = rule.predicted_layer();
  if (observer != nullptr) {
    observer->OnLayer({layer, logits, entropy, result.predicted_layer, executor, tokens, leave});
  }
  if (leave) {
    result.logits.assign(logits.begin(), logits.end());
  }
  return leave;
}

}  // namespace

Encoder::Encoder(ModelConfig config, Arithmetic arithmetic, std::unique_ptr<const Weights> weights)
    : config_(std::move(config)), arithmetic_(arithmetic), weights_(std::move(weights)) {}

Result<std::shared_ptr<const Encoder>> Encoder::Create(Model model, Arithmetic arithmetic,
                                                       WeightStorage storage) {
  if (arithmetic != Arithmetic::kFloat32 && !model.is_af8()) {
    return InvalidArgument(fmt::format(
        "the model holds float32 weights, but '{}' arithmetic needs AF8: run it with fp32 "
        "arithmetic, or import it again with AF8 precision",
        ArithmeticName(arithmetic)));
  }
  ModelConfig config = model.config;
  EDGEBERT_ASSIGN_OR_RETURN(std::unique_ptr<const Weights> weights,
                            Prepare(model, arithmetic, storage));
  return std::shared_ptr<const Encoder>(
      new Encoder(std::move(config), arithmetic, std::move(weights)));
}

EncoderSession::EncoderSession(std::shared_ptr<const Encoder> encoder, int threads)
    : encoder_(std::move(encoder)),
      pool_(threads > 1 ? std::make_unique<WorkerPool>(static_cast<size_t>(threads)) : nullptr),
      executor_(encoder_->NewExecutor(pool_.get())) {}

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
  EncoderResult result;
  EDGEBERT_RETURN_IF_ERROR(RunInto(ids, segment_ids, rule, result, observer));
  return result;
}

Status EncoderSession::RunInto(std::span<const int32_t> ids, std::span<const int32_t> segment_ids,
                               ExitRule& rule, EncoderResult& result, LayerObserver* observer) {
  EDGEBERT_RETURN_IF_ERROR(CheckInput(ids, segment_ids));
  return RunLayers({ids, segment_ids}, rule, result, observer);
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
  EncoderResult result;
  EDGEBERT_RETURN_IF_ERROR(RunLayers(context, rule, result, observer));
  return result;
}

const EncoderSession::SentenceProgram& EncoderSession::ProgramFor(int tokens) {
  const ModelConfig& config = encoder_->config();
  const auto index = static_cast<size_t>(tokens);
  if (programs_.size() <= index) {
    programs_.resize(index + 1);
  }
  if (programs_[index] == nullptr) {
    auto program = std::make_unique<SentenceProgram>();
    program->embedding = BuildEmbeddingProgram(config, tokens);
    for (int layer = 1; layer <= config.num_layers; ++layer) {
      program->layers.push_back(BuildLayerProgram(config, layer, tokens));
    }
    programs_[index] = std::move(program);
  }
  return *programs_[index];
}

Status EncoderSession::RunLayers(OperationContext context, ExitRule& rule, EncoderResult& result,
                                 LayerObserver* observer) {
  const ModelConfig& config = encoder_->config();
  const int tokens = static_cast<int>(context.ids.size());
  const SentenceProgram& sentence = ProgramFor(tokens);
  ExecuteAll(sentence.embedding.operations, context, *executor_, timer_);
  if (observer != nullptr) {
    observer->OnLayer({0, {}, std::nullopt, std::nullopt, *executor_, tokens});
  }

  result.entropies_nats.clear();
  rule.Begin();
  for (const LayerProgram& program : sentence.layers) {
    context.layer = program.layer;
    context.distinct_layer = program.distinct_layer;
    ExecuteAll(program.encoder, context, *executor_, timer_);
    OffRampFigures figures;
    if (RunsOffRamp(program, config, rule)) {
      ExecuteAll(program.off_ramp, context, *executor_, timer_);
      figures = {executor_->logits(), executor_->entropies_nats()[0]};
    }
    EDGEBERT_ASSIGN_OR_RETURN(const bool leave, FinishLayer(config, program.layer, tokens, figures,
                                                            rule, observer, *executor_, result));
    if (leave) {
      break;
    }
    executor_->Advance();
  }
  return OkStatus();
}

void EncoderSession::RunGroup(Executor& executor, std::span<const BatchSentence> sentences,
                              std::span<const size_t> places,
                              std::vector<Result<EncoderResult>>& results) const {
  const ModelConfig& config = encoder_->config();
  // The sentences still in the encoder, and their rows.
  std::vector<size_t> running(places.begin(), places.end());
  std::vector<SentenceRows> rows;
  std::vector<int32_t> ids;
  std::vector<int32_t> segment_ids;
  for (const size_t place : running) {
    const BatchSentence& sentence = sentences[place];
    rows.push_back({static_cast<int>(ids.size()), static_cast<int>(sentence.ids.size())});
    ids.insert(ids.end(), sentence.ids.begin(), sentence.ids.end());
    segment_ids.insert(segment_ids.end(), sentence.segment_ids.begin(), sentence.segment_ids.end());
  }
  int tokens = static_cast<int>(ids.size());
  OperationContext context{ids, segment_ids};
  context.sentences = rows;
  ExecuteAll(BuildEmbeddingProgram(config, tokens).operations, context, executor);
  for (size_t i = 0; i < running.size(); ++i) {
    const BatchSentence& sentence = sentences[running[i]];
    sentence.rule->Begin();
    if (sentence.observer != nullptr) {
      sentence.observer->OnLayer({0, {}, std::nullopt, std::nullopt, executor, rows[i].tokens});
    }
  }

  for (int layer = 1; layer <= config.num_layers && !running.empty(); ++layer) {
    const LayerProgram program = BuildLayerProgram(config, layer, tokens);
    context.layer = layer;
    context.distinct_layer = program.distinct_layer;
    context.sentences = rows;
    ExecuteAll(program.encoder, context, executor);
    const bool has_off_ramp = std::any_of(running.begin(), running.end(), [&](size_t place) {
      return RunsOffRamp(program, config, *sentences[place].rule);
    });
    if (has_off_ramp) {
      ExecuteAll(program.off_ramp, context, executor);
    }
    std::vector<size_t> staying;
    std::vector<SentenceRows> kept;
    for (size_t i = 0; i < running.size(); ++i) {
      const BatchSentence& sentence = sentences[running[i]];
      Result<EncoderResult>& result = results[running[i]];
      OffRampFigures figures;
      if (RunsOffRamp(program, config, *sentence.rule)) {
        const size_t classes = executor.logits().size() / running.size();
        figures = {executor.logits().subspan(i * classes, classes), executor.entropies_nats()[i]};
      }
      const Result<bool> leave = FinishLayer(config, layer, rows[i].tokens, figures, *sentence.rule,
                                             sentence.observer, executor, *result);
      if (!leave.ok()) {
        result = leave.status();
      } else if (!*leave) {
        staying.push_back(running[i]);
        kept.push_back(rows[i]);
      }
    }
    executor.Advance();
    if (staying.size() < running.size()) {
      executor.KeepSentences(kept);
      tokens = 0;
      for (SentenceRows& sentence : kept) {
        sentence.first = tokens;
        tokens += sentence.tokens;
      }
      running = std::move(staying);
      rows = std::move(kept);
    }
  }
}

std::vector<Result<EncoderResult>> EncoderSession::RunBatch(
    std::span<const BatchSentence> sentences) {
  std::vector<Result<EncoderResult>> results(sentences.size(), EncoderResult());
  if (!executor_->TakesBatches()) {
    for (size_t i = 0; i < sentences.size(); ++i) {
      const BatchSentence& sentence = sentences[i];
      results[i] = Run(sentence.ids, sentence.segment_ids, *sentence.rule, sentence.observer);
    }
    return results;
  }
  const size_t workers = pool_ == nullptr ? 1 : pool_->size();
  size_t total = 0;
  for (const BatchSentence& sentence : sentences) {
    total += sentence.ids.size();
  }
  // As much as uses a weight often while activations stay in the cache, and something for each
  // thread.
  const size_t most = std::clamp<size_t>(total / workers, 1, kBatchTokens);
  std::vector<size_t> places;
  std::vector<size_t> ends;  // Of the groups, in `places`.
  size_t in_group = 0;
  for (size_t i = 0; i < sentences.size(); ++i) {
    const BatchSentence& sentence = sentences[i];
    if (Status status = CheckInput(sentence.ids, sentence.segment_ids); !status.ok()) {
      results[i] = std::move(status);
      continue;
    }
    if (in_group > 0 && in_group + sentence.ids.size() > most) {
      ends.push_back(places.size());
      in_group = 0;
    }
    places.push_back(i);
    in_group += sentence.ids.size();
  }
  if (in_group > 0) {
    ends.push_back(places.size());
  }
  while (batch_executors_.size() < workers) {
    batch_executors_.push_back(encoder_->NewExecutor());
  }
  std::atomic<size_t> next_group{0};
  const auto work = [&](size_t worker) {
    for (size_t group = next_group++; group < ends.size(); group = next_group++) {
      const size_t first = group == 0 ? 0 : ends[group - 1];
      RunGroup(*batch_executors_[worker], sentences,
               std::span(places).subspan(first, ends[group] - first), results);
    }
  };
  pool_ == nullptr ? work(0) : pool_->Run(work);
  return results;
}

}  // namespace edgebert
