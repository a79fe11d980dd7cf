#ifndef EDGEBERT_ENGINE_ENCODER_H_
#define EDGEBERT_ENGINE_ENCODER_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/engine/arithmetic.h"
#include "edgebert/engine/executor.h"
#include "edgebert/engine/exit_rule.h"
#include "edgebert/model/model.h"

namespace edgebert {

/// An encoder with its off-ramps, ready to run: immutable, shared between threads.
class Encoder {
 public:
  /// Prepares a model that ReadModelFile() or ImportHuggingFace() returned. `host` and
  /// `device` arithmetic need an AF8 model, `device` also AF8 words and matrices of inputs few
  /// enough for 40-bit sums. The tensors are taken out of `model` on the way, to be in memory only
  /// once.
  static Result<std::shared_ptr<const Encoder>> Create(Model model, Arithmetic arithmetic);

  const ModelConfig& config() const { return config_; }
  Arithmetic arithmetic() const { return arithmetic_; }
  std::unique_ptr<Executor> NewExecutor() const { return weights_->NewExecutor(); }

 private:
  Encoder(ModelConfig config, Arithmetic arithmetic, std::unique_ptr<const Weights> weights);

  ModelConfig config_;
  Arithmetic arithmetic_;
  std::unique_ptr<const Weights> weights_;
};

/// What a layer left behind, valid during the observer's call only.
struct LayerView {
  int layer;                           ///< From 1; 0 for the embedding.
  std::span<const float> logits;       ///< [classes]; empty where the layer has no off-ramp.
  std::optional<double> entropy_nats;  ///< Of the logits.
  std::optional<int> predicted_layer;  ///< What the exit rule expects so far.
  const Executor& executor;            ///< Values(Slot::…) gives the arrays behind it.
  int tokens = 0;                      ///< Of the sentence, special tokens included.
  bool leaves = false;                 ///< The sentence ends here: no other layer runs.
};

/// Is told of the embedding and of every layer right after it has run, before the exit rule is
/// obeyed.
class LayerObserver {
 public:
  virtual ~LayerObserver() = default;
  virtual void OnLayer(const LayerView& view) = 0;
};

/// Is told how long each operation of a sentence took.
class OperationTimer {
 public:
  virtual ~OperationTimer() = default;
  virtual void OnOperation(const Operation& operation, std::chrono::nanoseconds time) = 0;
};

/// How a sentence left the encoder.
struct EncoderResult {
  int exit_layer = 0;
  std::optional<int> predicted_layer;
  std::vector<std::optional<double>> entropies_nats;  ///< [exit_layer]; none without off-ramp.
  std::vector<float> logits;  ///< [classes], of the exit layer; empty without off-ramps.
};

/// Runs sentences through an encoder, one at a time; for one thread.
class EncoderSession {
 public:
  explicit EncoderSession(std::shared_ptr<const Encoder> encoder);

  /// Runs layers until `rule` says to leave, or all of them. Errors: no token or more than the
  /// model has positions, an id or segment outside the tables, weights so large that logits
  /// overflow.
  Result<EncoderResult> Run(std::span<const int32_t> ids, std::span<const int32_t> segment_ids,
                            ExitRule& rule, LayerObserver* observer = nullptr);

  /// As Run(), with `word_codes` in place of the rows that `ids` name: AF8 codes under the exponent
  /// bias of the model's word table, which must be AF8. [tokens × embedding_size]
  Result<EncoderResult> RunWithWordCodes(std::span<const int32_t> ids,
                                         std::span<const int32_t> segment_ids,
                                         std::span<const uint8_t> word_codes, ExitRule& rule,
                                         LayerObserver* observer = nullptr);

  /// Times every operation from now on, until null is set; `timer` must live as long.
  void SetOperationTimer(OperationTimer* timer) { timer_ = timer; }

 private:
  void Execute(const std::vector<Operation>& operations, const OperationContext& context);
  Status CheckInput(std::span<const int32_t> ids, std::span<const int32_t> segment_ids) const;
  Result<EncoderResult> RunLayers(OperationContext context, ExitRule& rule,
                                  LayerObserver* observer);

  std::shared_ptr<const Encoder> encoder_;
  std::unique_ptr<Executor> executor_;
  OperationTimer* timer_ = nullptr;
};

}  // namespace edgebert

#endif  // EDGEBERT_ENGINE_ENCODER_H_
