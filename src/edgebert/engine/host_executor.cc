#include "edgebert/engine/host_executor.h"

#include <algorithm>
#include <array>
#include <utility>

#include "edgebert/engine/af8_weights.h"
#include "edgebert/engine/slot_array.h"
#include "edgebert/kernels/attention.h"
#include "edgebert/kernels/matmul.h"
#include "edgebert/kernels/norm_af8.h"
#include "edgebert/kernels/quantize.h"
#include "edgebert/numeric/entropy.h"

namespace edgebert {
namespace {

/// Beyond any sum of products, yet far from overflow when one is added.
constexpr int64_t kBiasLimit = int64_t{1} << 52;

SumFunction FunctionOf(ElementFunction function, Activation activation) {
  switch (function) {
    case ElementFunction::kNone:
      return SumFunction::kNone;
    case ElementFunction::kTanh:
      return SumFunction::kTanh;
    case ElementFunction::kActivation:
      break;
  }
  switch (activation) {
    case Activation::kGelu:
      return SumFunction::kGelu;
    case Activation::kGeluTanh:
      return SumFunction::kGeluTanh;
    case Activation::kRelu:
      break;
  }
  return SumFunction::kRelu;
}

class HostWeights : public Weights {
 public:
  HostWeights(Model& model, WeightStorage storage) : af8(model, kBiasLimit, storage) {}

  std::unique_ptr<Executor> NewExecutor(WorkerPool* pool) const override;

  Af8Weights af8;
};

/// An array between operations: AF8 integers with their exponent bias, or floats.
struct HostSlot {
  SlotArray<int16_t> integers;
  SlotArray<float> floats;
  int exponent_bias = 0;
};

/// What a worker has for itself.
struct WorkerScratch {
  MatMulScratch products;
  AttentionScratch attention;
  PanelVector<float> row;
};

/// Below so many multiply-accumulates a worker's share takes less time than waking the worker.
constexpr int64_t kFewestShared = int64_t{1} << 21;

class HostExecutor : public Executor {
 public:
  HostExecutor(const Af8Weights& weights, WorkerPool* pool)
      : weights_(weights), pool_(pool), scratch_(pool == nullptr ? 1 : pool->size()) {}

  void Execute(const Operation& operation, const OperationContext& context) override {
    std::visit([&](const auto& op) { Run(op, context); }, operation);
  }

  void Advance() override { std::swap(slot(Slot::kLayerInput), slot(Slot::kLayerOutput)); }

  std::span<const float> logits() const override { return slot(Slot::kLogits).floats.values(); }

  std::span<const double> entropies_nats() const override { return entropies_.values(); }

  bool TakesBatches() const override { return true; }

  void KeepSentences(std::span<const SentenceRows> kept) override {
    SlotArray<int16_t>& states = slot(Slot::kLayerInput).integers;
    const int width = weights_.common.config.hidden_size;
    const std::span<int16_t> values = states.mutable_values();
    auto to = values.begin();
    int rows = 0;
    for (const SentenceRows& sentence : kept) {
      const auto first = values.begin() + std::ptrdiff_t{sentence.first} * width;
      to = std::copy(first, first + std::ptrdiff_t{sentence.tokens} * width, to);
      rows += sentence.tokens;
    }
    states.Resize(rows, width);
  }

  std::vector<float> Values(Slot which) const override {
    const HostSlot& source = slot(which);
    if (!HoldsAf8(which)) {
      const std::span<const float> values = source.floats.values();
      return {values.begin(), values.end()};
    }
    std::vector<float> values(source.integers.values().size());
    DequantizeAf8(source.integers.values(), source.exponent_bias, values);
    return values;
  }

 private:
  HostSlot& slot(Slot which) { return slots_[static_cast<size_t>(which)]; }
  const HostSlot& slot(Slot which) const { return slots_[static_cast<size_t>(which)]; }

  /// The integers of a slot that is about to be written.
  std::span<int16_t> Write(Slot which, int layer, int rows, int width) {
    slot(which).exponent_bias = weights_.ExponentBias(which, layer);
    return slot(which).integers.Resize(rows, width);
  }

  IntegersAf8 Read(Slot which) const {
    return {slot(which).integers.values(), slot(which).exponent_bias};
  }

  /// Calls function(share, scratch) on shares of `count` items, side by side where the work of
  /// `macs` multiply-accumulates is worth it.
  template <typename Function>
  void Distribute(size_t count, int64_t macs, Function function) {
    if (pool_ == nullptr || macs < kFewestShared) {
      function(Share{0, count}, scratch_[0]);
      return;
    }
    pool_->Run(
        [&](size_t worker) { function(ShareOf(count, worker, pool_->size()), scratch_[worker]); });
  }

  /// Calls function(sentence's index, its rows) for the one sentence or those of the batch.
  template <typename Function>
  void ForEachSentence(const OperationContext& context, Function function) {
    if (context.sentences.empty()) {
      function(size_t{0}, SentenceRows{0, static_cast<int>(context.ids.size())});
      return;
    }
    for (size_t i = 0; i < context.sentences.size(); ++i) {
      function(i, context.sentences[i]);
    }
  }

  static int NumSentences(const OperationContext& context) {
    return context.sentences.empty() ? 1 : static_cast<int>(context.sentences.size());
  }

  void Run(const EmbeddingLookup& op, const OperationContext& context) {
    const std::span<float> values = floats_.Resize(op.tokens, op.width);
    const auto width = static_cast<size_t>(op.width);
    ForEachSentence(context, [&](size_t /*index*/, const SentenceRows& rows) {
      const auto first = static_cast<size_t>(rows.first);
      const auto tokens = static_cast<size_t>(rows.tokens);
      LookUpEmbeddings(weights_.common, context.ids.subspan(first, tokens),
                       context.segment_ids.subspan(first, tokens), context.word_codes,
                       values.subspan(first * width, tokens * width));
    });
    const std::span<int16_t> integers = Write(op.output, context.layer, op.tokens, op.width);
    QuantizeAf8(values, slot(op.output).exponent_bias, integers);
  }

  void Run(const Linear& op, const OperationContext& context) {
    const bool of_sentence =
        op.matrix == MatrixRole::kOffRampPooler || op.matrix == MatrixRole::kOffRampClassifier;
    const int rows = of_sentence ? NumSentences(context) : op.rows;
    const PackedMatrixAf8& matrix = weights_.matrices.at(op.matrix, context.layer).packed;
    const IntegerBias& bias = weights_.integer_bias(op.matrix, context.layer);
    const std::span<const int16_t> input =
        op.inputs > 0 ? slot(op.input).integers.values() : std::span<const int16_t>();
    const int64_t macs = int64_t{rows} * op.inputs * op.outputs;
    if (!HoldsAf8(op.output)) {
      const std::span<float> output = slot(op.output).floats.Resize(rows, op.outputs);
      Distribute(matrix.num_panels(), macs, [&](const Share& share, WorkerScratch& scratch) {
        LinearAf8ToFloat(input, rows, matrix, bias.packed, bias.unit_exponent,
                         {share.first, share.end}, scratch.products, output);
      });
      return;
    }
    const std::span<int16_t> output = Write(op.output, context.layer, rows, op.outputs);
    const SumFunction function = FunctionOf(op.function, weights_.common.config.activation);
    const int exponent_bias = slot(op.output).exponent_bias;
    Distribute(matrix.num_panels(), macs, [&](const Share& share, WorkerScratch& scratch) {
      LinearAf8(input, rows, matrix, bias.packed, bias.unit_exponent, function, exponent_bias,
                {share.first, share.end}, scratch.products, output);
    });
  }

  void Run(const Attention& op, const OperationContext& context) {
    const int width = static_cast<int>(op.heads.size()) * op.head_size;
    const std::span<int16_t> output = Write(Slot::kContext, context.layer, op.tokens, width);
    const AttentionBiases biases{slot(Slot::kQuery).exponent_bias, slot(Slot::kKey).exponent_bias,
                                 slot(Slot::kValue).exponent_bias,
                                 weights_.biases.at(context.layer, ActivationSite::kProbability),
                                 slot(Slot::kContext).exponent_bias};
    const auto part = [&](Slot which, const SentenceRows& rows) {
      return slot(which).integers.values().subspan(
          static_cast<size_t>(rows.first) * static_cast<size_t>(width),
          static_cast<size_t>(rows.tokens) * static_cast<size_t>(width));
    };
    ForEachSentence(context, [&](size_t /*index*/, const SentenceRows& rows) {
      const int64_t macs = int64_t{2} * rows.tokens * rows.tokens * width;
      Distribute(op.heads.size(), macs, [&](const Share& share, WorkerScratch& scratch) {
        AttentionAf8(op, rows.tokens, {share.first, share.end}, biases, part(Slot::kQuery, rows),
                     part(Slot::kKey, rows), part(Slot::kValue, rows), scratch.attention,
                     output.subspan(static_cast<size_t>(rows.first) * static_cast<size_t>(width),
                                    static_cast<size_t>(rows.tokens) * static_cast<size_t>(width)));
      });
    });
  }

  void Run(const AddNorm& op, const OperationContext& context) {
    const NormWeights& weights = weights_.common.norm(op.norm, context.distinct_layer);
    const NormAf8 norm{weights.gain, weights.bias, weights_.common.config.layer_norm_epsilon};
    const std::span<const float> update = slot(op.update).floats.values();
    const IntegersAf8 residual = Read(op.residual);
    const std::span<int16_t> output = Write(op.output, context.layer, op.rows, op.width);
    const int exponent_bias = slot(op.output).exponent_bias;
    const auto width = static_cast<size_t>(op.width);
    constexpr int64_t kMacsOfAnElement = 64;  // What takes as long.
    Distribute(static_cast<size_t>(op.rows), kMacsOfAnElement * op.rows * op.width,
               [&](const Share& share, WorkerScratch& scratch) {
                 const size_t first = share.first * width;
                 const size_t size = share.end * width - first;
                 AddNormToAf8(update.subspan(first, size),
                              {residual.values.subspan(first, size), residual.exponent_bias}, norm,
                              exponent_bias, scratch.row, output.subspan(first, size));
               });
  }

  void Run(const Pool& op, const OperationContext& context) {
    const IntegersAf8 states = Read(Slot::kLayerOutput);
    const auto width = static_cast<size_t>(op.width);
    const size_t count = op.poolings.size();
    const int rows = NumSentences(context);
    const std::span<float> pooled = floats_.Resize(rows, static_cast<int>(count) * op.width);
    ForEachSentence(context, [&](size_t index, const SentenceRows& sentence) {
      const IntegersAf8 here{states.values.subspan(static_cast<size_t>(sentence.first) * width,
                                                   static_cast<size_t>(sentence.tokens) * width),
                             states.exponent_bias};
      for (size_t i = 0; i < count; ++i) {
        const std::span<float> to = pooled.subspan((index * count + i) * width, width);
        // The mean over one row is the row.
        const int pooled_rows = op.poolings[i] == Pooling::kMean ? sentence.tokens : 1;
        MeanOfAf8Rows(here, pooled_rows, to);
      }
    });
    const std::span<int16_t> output =
        Write(Slot::kPooled, context.layer, rows, static_cast<int>(count) * op.width);
    QuantizeAf8(pooled, slot(Slot::kPooled).exponent_bias, output);
  }

  void Run(const EntropyCheck& op, const OperationContext& context) {
    const auto classes = static_cast<size_t>(op.classes);
    const std::span<double> entropies = entropies_.Resize(NumSentences(context), 1);
    for (size_t i = 0; i < entropies.size(); ++i) {
      entropies[i] = Entropy(logits().subspan(i * classes, classes));
    }
  }

  const Af8Weights& weights_;
  WorkerPool* pool_;
  std::vector<WorkerScratch> scratch_;  ///< [workers]
  std::array<HostSlot, kNumSlots> slots_;
  SlotArray<float> floats_;
  SlotArray<double> entropies_;
};

std::unique_ptr<Executor> HostWeights::NewExecutor(WorkerPool* pool) const {
  return std::make_unique<HostExecutor>(af8, pool);
}

}  // namespace

std::unique_ptr<const Weights> PrepareHost(Model& model, WeightStorage storage) {
  return std::make_unique<HostWeights>(model, storage);
}

}  // namespace edgebert
