#include "edgebert/engine/host_executor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "edgebert/engine/af8_weights.h"
#include "edgebert/engine/layer_functions.h"
#include "edgebert/engine/slot_array.h"
#include "edgebert/kernels/attention.h"
#include "edgebert/kernels/elementwise.h"
#include "edgebert/kernels/matmul.h"
#include "edgebert/kernels/quantize.h"
#include "edgebert/numeric/entropy.h"

namespace edgebert {
namespace {

/// Beyond any sum of products, yet far from overflow when one is added.
constexpr int64_t kBiasLimit = int64_t{1} << 52;

class HostWeights : public Weights {
 public:
  explicit HostWeights(Model& model) : af8(model, kBiasLimit) {}

  std::unique_ptr<Executor> NewExecutor() const override;

  Af8Weights af8;
};

/// An array between operations: AF8 integers with their exponent bias, or floats.
struct HostSlot {
  SlotArray<int16_t> integers;
  SlotArray<float> floats;
  int exponent_bias = 0;
};

class HostExecutor : public Executor {
 public:
  explicit HostExecutor(const Af8Weights& weights) : weights_(weights) {}

  void Execute(const Operation& operation, const OperationContext& context) override {
    std::visit([&](const auto& op) { Run(op, context); }, operation);
  }

  void Advance() override { std::swap(slot(Slot::kLayerInput), slot(Slot::kLayerOutput)); }

  std::span<const float> logits() const override { return slot(Slot::kLogits).floats.values(); }

  double entropy_nats() const override { return entropy_nats_; }

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

  void Quantize(Slot which, int layer, int rows, int width, std::span<const float> values) {
    const std::span<int16_t> integers = Write(which, layer, rows, width);
    QuantizeAf8(values, slot(which).exponent_bias, integers);
  }

  /// A slot's values in float, in this executor's scratch.
  std::span<const float> Dequantize(Slot which, SlotArray<float>& scratch) const {
    const std::span<const int16_t> integers = slot(which).integers.values();
    const std::span<float> values = scratch.Resize(static_cast<int>(integers.size()), 1);
    DequantizeAf8(integers, slot(which).exponent_bias, values);
    return values;
  }

  void Run(const EmbeddingLookup& op, const OperationContext& context) {
    const std::span<float> values = floats_.Resize(op.tokens, op.width);
    LookUpEmbeddings(weights_.common, context.ids, context.segment_ids, context.word_codes, values);
    Quantize(op.output, context.layer, op.tokens, op.width, values);
  }

  void Run(const Linear& op, const OperationContext& context) {
    const Af8Matrix& matrix = weights_.matrices.at(op.matrix, context.layer);
    const IntegerBias& bias = weights_.integer_bias(op.matrix, context.layer);
    const std::span<const int16_t> input =
        op.inputs > 0 ? slot(op.input).integers.values() : std::span<const int16_t>();
    const std::span<int64_t> sums = accumulators_.Resize(op.rows, op.outputs);
    MatMulAf8(input, op.rows, matrix.packed, sums);
    AddBias(bias.values, op.rows, sums);
    if (!HoldsAf8(op.output)) {
      AccumulatorsToFloat(sums, bias.unit_exponent,
                          slot(op.output).floats.Resize(op.rows, op.outputs));
      return;
    }
    if (op.function == ElementFunction::kNone) {
      const std::span<int16_t> output = Write(op.output, context.layer, op.rows, op.outputs);
      RequantizeAf8(sums, bias.unit_exponent, slot(op.output).exponent_bias, output);
      return;
    }
    const std::span<float> values = floats_.Resize(op.rows, op.outputs);
    AccumulatorsToFloat(sums, bias.unit_exponent, values);
    ApplyFunction(op.function, weights_.common.config.activation, values);
    Quantize(op.output, context.layer, op.rows, op.outputs, values);
  }

  void Run(const Attention& op, const OperationContext& context) {
    const int width = static_cast<int>(op.heads.size()) * op.head_size;
    const std::span<int16_t> output = Write(Slot::kContext, context.layer, op.tokens, width);
    const AttentionBiases biases{slot(Slot::kQuery).exponent_bias, slot(Slot::kKey).exponent_bias,
                                 slot(Slot::kValue).exponent_bias,
                                 weights_.biases.at(context.layer, ActivationSite::kProbability),
                                 slot(Slot::kContext).exponent_bias};
    AttentionAf8(op, biases, slot(Slot::kQuery).integers.values(),
                 slot(Slot::kKey).integers.values(), slot(Slot::kValue).integers.values(),
                 floats_.Resize(op.tokens, 1), integers_.Resize(op.tokens, 1), output);
  }

  void Run(const AddNorm& op, const OperationContext& context) {
    const NormWeights& norm = weights_.common.norm(op.norm, context.distinct_layer);
    const auto width = static_cast<size_t>(op.width);
    const std::span<const float> update = slot(op.update).floats.values();
    const std::span<const float> residual = Dequantize(op.residual, residual_);
    const std::span<float> values = floats_.Resize(op.rows, op.width);
    for (size_t row = 0; row < static_cast<size_t>(op.rows); ++row) {
      AddLayerNorm(update.subspan(row * width, width), residual.subspan(row * width, width),
                   norm.gain, norm.bias, weights_.common.config.layer_norm_epsilon,
                   values.subspan(row * width, width));
    }
    Quantize(op.output, context.layer, op.rows, op.width, values);
  }

  void Run(const Pool& op, const OperationContext& context) {
    const std::span<const float> states = Dequantize(Slot::kLayerOutput, residual_);
    const auto width = static_cast<size_t>(op.width);
    const int count = static_cast<int>(op.poolings.size());
    const std::span<float> pooled = floats_.Resize(count, op.width);
    for (size_t i = 0; i < op.poolings.size(); ++i) {
      PoolRows(op.poolings[i], states, op.tokens, op.width, pooled.subspan(i * width, width));
    }
    Quantize(Slot::kPooled, context.layer, count, op.width, pooled);
  }

  void Run(const EntropyCheck& /*op*/, const OperationContext& /*context*/) {
    entropy_nats_ = Entropy(logits());
  }

  const Af8Weights& weights_;
  std::array<HostSlot, kNumSlots> slots_;
  SlotArray<int64_t> accumulators_;
  SlotArray<float> floats_;
  SlotArray<float> residual_;
  SlotArray<int16_t> integers_;
  double entropy_nats_ = 0;
};

std::unique_ptr<Executor> HostWeights::NewExecutor() const {
  return std::make_unique<HostExecutor>(af8);
}

}  // namespace

std::unique_ptr<const Weights> PrepareHost(Model& model) {
  return std::make_unique<HostWeights>(model);
}

}  // namespace edgebert
