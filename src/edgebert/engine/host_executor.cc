#include "edgebert/engine/host_executor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "edgebert/engine/layer_functions.h"
#include "edgebert/engine/slot_array.h"
#include "edgebert/engine/weights.h"
#include "edgebert/kernels/attention.h"
#include "edgebert/kernels/elementwise.h"
#include "edgebert/kernels/matmul.h"
#include "edgebert/kernels/quantize.h"
#include "edgebert/numeric/adaptivfloat.h"

namespace edgebert {
namespace {

struct HostMatrix {
  PackedMatrixAf8 packed;
  int exponent_bias = 0;
  std::vector<float> bias;
};

/// A linear layer's bias in units of its accumulators, which depend on the layer's activations.
struct IntegerBias {
  int unit_exponent = 0;
  std::vector<int64_t> values;
};

IntegerBias QuantizeBias(const HostMatrix& matrix, int input_exponent_bias) {
  IntegerBias bias;
  bias.unit_exponent = input_exponent_bias + matrix.exponent_bias - 2 * kAf8MantissaBits;
  // Beyond any sum of products, yet far from overflow when one is added.
  constexpr double kLimit = 0x1p52;
  for (const float value : matrix.bias) {
    const double units = std::ldexp(static_cast<double>(value), -bias.unit_exponent);
    bias.values.push_back(static_cast<int64_t>(std::nearbyint(std::clamp(units, -kLimit, kLimit))));
  }
  return bias;
}

class HostWeights : public Weights {
 public:
  explicit HostWeights(Model& model)
      : common(TakeCommonWeights(model)),
        biases(*model.activation_biases),
        matrices(common.config) {
    for (int r = 0; r < kNumMatrixRoles; ++r) {
      const auto role = static_cast<MatrixRole>(r);
      for (int index = 0; index < NumMatrices(common.config, role); ++index) {
        matrices.of(role).push_back(TakeMatrix(model, role, index));
      }
      PrepareIntegerBiases(role);
    }
  }

  std::unique_ptr<Executor> NewExecutor() const override;

  /// The AF8 exponent bias of a slot's values when layer `layer` writes or reads it.
  int ExponentBias(Slot slot, int layer) const {
    switch (slot) {
      case Slot::kEmbedded:
        return biases.embedding_norm;
      case Slot::kLayerInput:
        return layer <= 1 ? biases.embedding_output
                          : biases.at(layer - 1, ActivationSite::kLayerOutput);
      case Slot::kQuery:
        return biases.at(layer, ActivationSite::kQuery);
      case Slot::kKey:
        return biases.at(layer, ActivationSite::kKey);
      case Slot::kValue:
        return biases.at(layer, ActivationSite::kValue);
      case Slot::kContext:
        return biases.at(layer, ActivationSite::kContext);
      case Slot::kAttentionOutput:
        return biases.at(layer, ActivationSite::kAttentionOutput);
      case Slot::kHidden:
        return biases.at(layer, ActivationSite::kHidden);
      case Slot::kLayerOutput:
        return biases.at(layer, ActivationSite::kLayerOutput);
      case Slot::kPooled:
        return biases.at(layer, ActivationSite::kOffRampInput);
      case Slot::kOffRampHidden:
        return biases.at(layer, ActivationSite::kOffRampHidden);
      case Slot::kAttentionUpdate:
      case Slot::kFeedForwardUpdate:
      case Slot::kLogits:
        break;
    }
    return 0;  // These three hold floats.
  }

  const IntegerBias& integer_bias(MatrixRole role, int layer) const {
    return integer_biases_[static_cast<size_t>(role)][static_cast<size_t>(layer)];
  }

  CommonWeights common;
  ActivationBiases biases;
  MatrixTable<HostMatrix> matrices;

 private:
  HostMatrix TakeMatrix(Model& model, MatrixRole role, int index) {
    const std::string name = MatrixName(common.config, role, index);
    Tensor& weight = TensorOf(model, name + ".weight");
    int outputs = static_cast<int>(weight.shape[0]);
    int inputs = static_cast<int>(weight.shape[1]);
    std::vector<uint8_t> codes = weight.encoding == TensorEncoding::kAf8
                                     ? std::exchange(weight.payload, {})
                                     : Af8Codes(weight);
    weight.payload = {};
    codes = TakeActivePart(common.config, role, index, std::move(codes), outputs, inputs);
    return {PackedMatrixAf8(codes, outputs, inputs), weight.exponent_bias,
            TakeActiveBias(common.config, role, index, TakeFloats(model, name + ".bias"))};
  }

  static Slot InputOf(MatrixRole role) {
    switch (role) {
      case MatrixRole::kEmbeddingProjection:
        return Slot::kEmbedded;
      case MatrixRole::kQuery:
      case MatrixRole::kKey:
      case MatrixRole::kValue:
        return Slot::kLayerInput;
      case MatrixRole::kAttentionOutput:
        return Slot::kContext;
      case MatrixRole::kFeedForwardUp:
        return Slot::kAttentionOutput;
      case MatrixRole::kFeedForwardDown:
        return Slot::kHidden;
      case MatrixRole::kOffRampPooler:
        return Slot::kPooled;
      case MatrixRole::kOffRampClassifier:
        return Slot::kOffRampHidden;
    }
    return Slot::kLayerInput;
  }

  /// One a layer, layer 0 being the embedding: shared weights see other activations in each layer.
  void PrepareIntegerBiases(MatrixRole role) {
    std::vector<IntegerBias>& list = integer_biases_[static_cast<size_t>(role)];
    list.resize(static_cast<size_t>(common.config.num_layers) + 1);
    const bool embedding = role == MatrixRole::kEmbeddingProjection;
    const bool off_ramp =
        role == MatrixRole::kOffRampPooler || role == MatrixRole::kOffRampClassifier;
    for (int layer = 0; layer <= common.config.num_layers; ++layer) {
      const bool used = embedding ? layer == 0 && common.config.has_embedding_projection()
                                  : layer > 0 && (!off_ramp || common.config.HasOffRamp(layer));
      if (used) {
        list[static_cast<size_t>(layer)] =
            QuantizeBias(matrices.at(role, layer), ExponentBias(InputOf(role), layer));
      }
    }
  }

  std::array<std::vector<IntegerBias>, kNumMatrixRoles> integer_biases_;
};

/// An array between operations: AF8 integers with their exponent bias, or floats.
struct HostSlot {
  SlotArray<int16_t> integers;
  SlotArray<float> floats;
  int exponent_bias = 0;
};

bool HoldsFloats(Slot slot) {
  return slot == Slot::kAttentionUpdate || slot == Slot::kFeedForwardUpdate ||
         slot == Slot::kLogits;
}

class HostExecutor : public Executor {
 public:
  explicit HostExecutor(const HostWeights& weights) : weights_(weights) {}

  void Execute(const Operation& operation, const OperationContext& context) override {
    std::visit([&](const auto& op) { Run(op, context); }, operation);
  }

  void Advance() override { std::swap(slot(Slot::kLayerInput), slot(Slot::kLayerOutput)); }

  std::span<const float> logits() const override { return slot(Slot::kLogits).floats.values(); }

  std::vector<float> Values(Slot which) const override {
    const HostSlot& source = slot(which);
    if (HoldsFloats(which)) {
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
    const HostMatrix& matrix = weights_.matrices.at(op.matrix, context.layer);
    const IntegerBias& bias = weights_.integer_bias(op.matrix, context.layer);
    const std::span<const int16_t> input =
        op.inputs > 0 ? slot(op.input).integers.values() : std::span<const int16_t>();
    const std::span<int64_t> sums = accumulators_.Resize(op.rows, op.outputs);
    MatMulAf8(input, op.rows, matrix.packed, sums);
    AddBias(bias.values, op.rows, sums);
    if (HoldsFloats(op.output)) {
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

  void Run(const EntropyCheck& /*op*/, const OperationContext& /*context*/) {}

  const HostWeights& weights_;
  std::array<HostSlot, kNumSlots> slots_;
  SlotArray<int64_t> accumulators_;
  SlotArray<float> floats_;
  SlotArray<float> residual_;
  SlotArray<int16_t> integers_;
};

std::unique_ptr<Executor> HostWeights::NewExecutor() const {
  return std::make_unique<HostExecutor>(*this);
}

}  // namespace

std::unique_ptr<const Weights> PrepareHost(Model& model) {
  return std::make_unique<HostWeights>(model);
}

}  // namespace edgebert
