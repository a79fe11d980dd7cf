#ifndef EDGEBERT_SYSTEMC_OVERLAPPED_SPECIAL_FUNCTION_H_
#define EDGEBERT_SYSTEMC_OVERLAPPED_SPECIAL_FUNCTION_H_

#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "edgebert/systemc/overlapped/buffer_pool.h"
#include "edgebert/systemc/overlapped/envm.h"
#include "edgebert/systemc/overlapped/event_log.h"
#include "edgebert/systemc/overlapped/instructions.h"
#include "edgebert/systemc/overlapped/panel_table.h"
#include "edgebert/systemc/overlapped/special_result.h"
#include "edgebert/systemc/overlapped/word_planes.h"

namespace edgebert::systemc::overlapped {

/// The tokens of the sentence under way.
struct SentenceInput {
  std::vector<int32_t> ids;
  std::vector<int32_t> segment_ids;
};

/// What the functions of the special function unit read.
struct SpecialMemories {
  Buffers buffers;
  Envm& envm;
  ParameterStore& norms;
  const SentenceInput& sentence;
  EventLog& events;
};

/// How wide the unit is.
struct SpecialWidth {
  int vector_size = 0;
  double vectors_per_cycle = 1;  ///< At most 1.

  int Vectors(int width) const { return (width + vector_size - 1) / vector_size; }
  int Lanes(int width, int vector) const {
    return std::min(vector_size, width - vector * vector_size);
  }
};

/// Lets a vector pass every 1 / vectors_per_cycle cycles.
class Pace {
 public:
  explicit Pace(double vectors_per_cycle) : vectors_per_cycle_(vectors_per_cycle) {}

  /// Before the first cycle of a pass.
  void Begin() { cycles_ = vectors_ = 0; }
  /// Once a cycle: whether a vector passes.
  bool Due() {
    ++cycles_;
    if (std::ceil(static_cast<double>(vectors_ + 1) / vectors_per_cycle_) >
        static_cast<double>(cycles_)) {
      return false;
    }
    ++vectors_;
    return true;
  }

 private:
  double vectors_per_cycle_;
  int64_t cycles_ = 0;
  int64_t vectors_ = 0;
};

/// Once a cycle: whether a vector passes, and counts it.
inline bool VectorPasses(Pace& pace, StageEvents& events) {
  const bool passes = pace.Due();
  events.counts.function_vectors += passes ? 1 : 0;
  return passes;
}

/// One function: its registers, and what a cycle does.
class SpecialFunction {
 public:
  virtual ~SpecialFunction() = default;
  virtual void Start(const SpecialTask& task) = 0;
  /// A cycle of the task; a result that leaves in it is put into `result`. True in the last one.
  virtual bool Cycle(std::optional<SpecialResult>& result) = 0;
};

/// Residual addition and LayerNorm: a pass that reads update and residual into the row's registers
/// and adds up the moments, the reciprocal root, and a pass that normalises.
class AddNormFunction : public SpecialFunction {
 public:
  AddNormFunction(const SpecialMemories& memories, const SpecialWidth& width)
      : memories_(memories), width_(width), pace_(width.vectors_per_cycle) {}

  void Start(const SpecialTask& task) override;
  bool Cycle(std::optional<SpecialResult>& result) override;

 private:
  enum class Phase : uint8_t { kRead, kRoot, kNormalise };

  void ReadVector();
  SpecialResult Result() const;

  SpecialMemories memories_;
  SpecialWidth width_;
  Pace pace_;
  SpecialTask task_;
  Phase phase_ = Phase::kRead;
  int row_ = 0;
  int vector_ = 0;
  int waited_ = 0;
  NormMoments moments_;
  NormRow constants_{};
  std::vector<int32_t> words_;  ///< Of the row.
};

/// The sum of a token's rows in the three tables and its LayerNorm.
class EmbeddingFunction : public SpecialFunction {
 public:
  EmbeddingFunction(const SpecialMemories& memories, const SpecialWidth& width)
      : memories_(memories), width_(width), pace_(width.vectors_per_cycle) {}

  void Start(const SpecialTask& task) override;
  bool Cycle(std::optional<SpecialResult>& result) override;

 private:
  enum class Phase : uint8_t { kRead, kRoot, kNormalise };

  void ReadVector();
  SpecialResult Result() const;

  SpecialMemories memories_;
  SpecialWidth width_;
  Pace pace_;
  SpecialTask task_;
  Phase phase_ = Phase::kRead;
  int token_ = 0;
  int vector_ = 0;
  int table_ = 0;
  int waited_ = 0;
  Envm::Words word_codes_ = {};
  Envm::Words positions_ = {};
  NormMoments moments_;
  NormRow constants_{};
  std::vector<int32_t> words_;
};

/// Softmax of a query's scores within its span, in place: the largest, the sum of exponentials, its
/// logarithm, the probabilities.
class SoftmaxFunction : public SpecialFunction {
 public:
  SoftmaxFunction(const SpecialMemories& memories, const SpecialWidth& width)
      : memories_(memories), width_(width), pace_(width.vectors_per_cycle) {}

  void Start(const SpecialTask& task) override;
  bool Cycle(std::optional<SpecialResult>& result) override;

 private:
  enum class Phase : uint8_t { kLargest, kSum, kLogarithm, kProbabilities };

  void StartRow();
  /// The lanes of the tile that is next whose keys are within the span.
  uint32_t KeysInTile() const;

  SpecialMemories memories_;
  SpecialWidth width_;
  Pace pace_;
  SpecialTask task_;
  Phase phase_ = Phase::kLargest;
  int row_ = 0;
  int first_key_ = 0;
  int end_key_ = 0;
  int tile_ = 0;
  int waited_ = 0;
  int32_t largest_ = 0;
  SumOfExponentials sum_;
};

/// The pooled row of an off-ramp: the first token's, the mean over tokens, or both.
class PoolFunction : public SpecialFunction {
 public:
  PoolFunction(const SpecialMemories& memories, const SpecialWidth& width)
      : memories_(memories), width_(width), pace_(width.vectors_per_cycle) {}

  void Start(const SpecialTask& task) override;
  bool Cycle(std::optional<SpecialResult>& result) override;

 private:
  void StartPart();
  void ReadVector();
  SpecialResult Result() const;

  SpecialMemories memories_;
  SpecialWidth width_;
  Pace pace_;
  SpecialTask task_;
  size_t part_ = 0;
  int row_ = 0;
  int vector_ = 0;
  std::vector<int64_t> sums_;  ///< [width]
};

/// Entropy of the logits: the largest, the sum of exponentials, its logarithm, and the sum of
/// p · -log2(p).
class EntropyFunction : public SpecialFunction {
 public:
  EntropyFunction(const SpecialMemories& memories, const SpecialWidth& width)
      : memories_(memories), width_(width), pace_(width.vectors_per_cycle) {}

  void Start(const SpecialTask& task) override;
  bool Cycle(std::optional<SpecialResult>& result) override;

 private:
  enum class Phase : uint8_t { kLargest, kSum, kLogarithm, kEntropy, kNats };

  void ReadVector();

  SpecialMemories memories_;
  SpecialWidth width_;
  Pace pace_;
  SpecialTask task_;
  Phase phase_ = Phase::kLargest;
  int vector_ = 0;
  int waited_ = 0;
  int32_t largest_ = 0;
  SumOfExponentials sum_;
  uint32_t log_of_sum_ = 0;
  FixedEntropy entropy_;
};

}  // namespace edgebert::systemc::overlapped

#endif  // EDGEBERT_SYSTEMC_OVERLAPPED_SPECIAL_FUNCTION_H_
