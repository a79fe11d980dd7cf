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
#include "edgebert/engine/worker_pool.h"
#include "edgebert/kernels/matmul.h"
#include "edgebert/model/model.h"

namespace edgebert {

/// Measured to be as fast as 16 bits for long sentences and faster for short ones, in half the
/// memory (docs/performance.md).
inline constexpr WeightStorage kDefaultWeightStorage = WeightStorage::kCodes;

/// An encoder with its off-ramps, ready to run: immutable, shared between threads.
class Encoder {
 public:
  /// Prepares a model that ReadModelFile() or ImportHuggingFace() returned. `host` and
  /// `device` arithmetic need an AF8 model, `device` also AF8 words and matrices of inputs few
  /// enough for 40-bit sums. The tensors are taken out of `model` on the way, to be in memory only
  /// once.
  /// `storage` is how AF8 matrices are kept; it changes no bit of a result.
  static Result<std::shared_ptr<const Encoder>> Create(
      Model model, Arithmetic arithmetic, WeightStorage storage = kDefaultWeightStorage);

  const ModelConfig& config() const { return config_; }
  Arithmetic arithmetic() const { return arithmetic_; }
  std::unique_ptr<Executor> NewExecutor(WorkerPool* pool = nullptr) const {
    return weights_->NewExecutor(pool);
  }

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

/// A sentence of a batch.
struct BatchSentence {
  std::span<const int32_t> ids;
  std::span<const int32_t> segment_ids;
  ExitRule* rule;                     ///< Its own.
  LayerObserver* observer = nullptr;  ///< The arrays behind a view are those of several sentences.
};

/// Runs sentences through an encoder; for one thread, which may have others help.
class EncoderSession {
 public:
  /// `threads` ≥ 1 share the work of a long sentence, or the sentences of a batch. They change no
  /// bit of a result.
  explicit EncoderSession(std::shared_ptr<const Encoder> encoder, int threads = 1);

  /// Runs layers until `rule` says to leave, or all of them. Errors: no token or more than the
  /// model has positions, an id or segment outside the tables, weights so large that logits
  /// overflow.
  Result<EncoderResult> Run(std::span<const int32_t> ids, std::span<const int32_t> segment_ids,
                            ExitRule& rule, LayerObserver* observer = nullptr);

  /// As Run(), into a result whose memory is reused: with rules and observers that allocate none,
  /// nothing is allocated after the first sentence of a length. `result` is undefined on an error.
  Status RunInto(std::span<const int32_t> ids, std::span<const int32_t> segment_ids, ExitRule& rule,
                 EncoderResult& result, LayerObserver* observer = nullptr);

  /// The results of Run() for each sentence, bit for bit, in order. The rows of many sentences are
  /// multiplied together, without padding; a sentence that leaves makes room. With several threads,
  /// rules and observers of different sentences are called from different threads.
  std::vector<Result<EncoderResult>> RunBatch(std::span<const BatchSentence> sentences);

  /// As Run(), with `word_codes` in place of the rows that `ids` name: AF8 codes under the exponent
  /// bias of the model's word table, which must be AF8. [tokens × embedding_size]
  Result<EncoderResult> RunWithWordCodes(std::span<const int32_t> ids,
                                         std::span<const int32_t> segment_ids,
                                         std::span<const uint8_t> word_codes, ExitRule& rule,
                                         LayerObserver* observer = nullptr);

  /// Times every operation of sentences that are run one at a time from now on, until null is set;
  /// `timer` must live as long.
  void SetOperationTimer(OperationTimer* timer) { timer_ = timer; }

 private:
  /// What a sentence of some number of tokens computes.
  struct SentenceProgram {
    EmbeddingProgram embedding;
    std::vector<LayerProgram> layers;
  };

  Status CheckInput(std::span<const int32_t> ids, std::span<const int32_t> segment_ids) const;
  const SentenceProgram& ProgramFor(int tokens);
  Status RunLayers(OperationContext context, ExitRule& rule, EncoderResult& result,
                   LayerObserver* observer);
  /// Runs sentences that were checked, named by their places, on one executor.
  void RunGroup(Executor& executor, std::span<const BatchSentence> sentences,
                std::span<const size_t> places, std::vector<Result<EncoderResult>>& results) const;

  std::shared_ptr<const Encoder> encoder_;
  std::unique_ptr<WorkerPool> pool_;  ///< Null for one thread.
  std::unique_ptr<Executor> executor_;
  OperationTimer* timer_ = nullptr;
  std::vector<std::unique_ptr<Executor>> batch_executors_;  ///< One a thread, once needed.
  std::vector<std::unique_ptr<SentenceProgram>> programs_;  ///< By tokens, once needed.
};

}  // namespace edgebert

#endif  // EDGEBERT_ENGINE_ENCODER_H_
