#ifndef EDGEBERT_ENGINE_EXECUTOR_H_
#define EDGEBERT_ENGINE_EXECUTOR_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "edgebert/engine/worker_pool.h"
#include "edgebert/program/layer_program.h"

namespace edgebert {

/// Where a sentence's rows lie among those of a batch.
struct SentenceRows {
  int first = 0;
  int tokens = 0;
};

/// The sentence and the layer that an operation belongs to.
struct OperationContext {
  std::span<const int32_t> ids;
  std::span<const int32_t> segment_ids;
  int layer = 0;           ///< From 1; 0 for the embedding.
  int distinct_layer = 0;  ///< From 0.
  /// [tokens × embedding_size]: AF8 codes that stand in for the word table's rows; empty for none.
  std::span<const uint8_t> word_codes = {};
  /// Of a batch: its sentences, in the order of their rows, without padding. Empty: one sentence.
  std::span<const SentenceRows> sentences = {};
};

/// Carries out the operations of layer programs in one arithmetic, one sentence at a time, keeping
/// the arrays between them. Not to be shared between threads.
class Executor {
 public:
  virtual ~Executor() = default;

  virtual void Execute(const Operation& operation, const OperationContext& context) = 0;

  /// Makes the layer output the next layer's input.
  virtual void Advance() = 0;

  /// The logits of the last off-ramp executed; [sentences × classes].
  virtual std::span<const float> logits() const = 0;

  /// The entropies of those logits, as this arithmetic computes them; [sentences].
  virtual std::span<const double> entropies_nats() const = 0;

  /// Whether it takes batches. Operations of a batch are those of one sentence with all tokens;
  /// what has one row for a sentence there has one for each sentence of the batch.
  virtual bool TakesBatches() const { return false; }

  /// Between Advance() and the next layer of a batch: leaves but these sentences in the layer
  /// input, moved together.
  virtual void KeepSentences(std::span<const SentenceRows> /*kept*/) {}

  /// The values in a slot as its last writer left them; [rows × width]. kLayerInput holds the
  /// embedding before layer 1. Exact: what integer arithmetics keep is an integer times a power of
  /// two, with at most 24 bits.
  virtual std::vector<float> Values(Slot slot) const = 0;
};

/// Prepared weights: immutable, shared by the executors made from them.
class Weights {
 public:
  virtual ~Weights() = default;
  /// `pool`, where not null, outlives the executor, which may share out work to it.
  virtual std::unique_ptr<Executor> NewExecutor(WorkerPool* pool) const = 0;
};

}  // namespace edgebert

#endif  // EDGEBERT_ENGINE_EXECUTOR_H_
