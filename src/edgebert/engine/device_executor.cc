#include "edgebert/engine/device_executor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "edgebert/engine/device_weights.h"
#include "edgebert/engine/slot_array.h"
#include "edgebert/kernels/attention.h"
#include "edgebert/kernels/matmul.h"
#include "edgebert/kernels/quantize.h"
#include "edgebert/numeric/adaptivfloat.h"
#include "edgebert/numeric/fixed_embedding.h"
#include "edgebert/numeric/fixed_functions.h"
#include "edgebert/numeric/fixed_layer_norm.h"
#include "edgebert/numeric/fixed_softmax.h"

namespace edgebert {
namespace {

/// An array between operations in units of 2^unit_exponent: AF8 integers, or words where updates
/// wait for their residuals.
struct DeviceSlot {
  SlotArray<int16_t> integers;
  SlotArray<int32_t> words;
  int unit_exponent = 0;
};

FixedActivation FunctionOf(ElementFunction function, Activation activation) {
  if (function == ElementFunction::kTanh) {
    return FixedActivation::kTanh;
  }
  switch (activation) {
    case Activation::kGelu:
      return FixedActivation::kGelu;
    case Activation::kGeluTanh:
      return FixedActivation::kGeluTanh;
    case Activation::kRelu:
      break;
  }
  return FixedActivation::kRelu;
}

class DeviceExecutor : public Executor {
 public:
  explicit DeviceExecutor(const DeviceWeights& weights) : weights_(weights) {}

  void Execute(const Operation& operation, const OperationContext& context) override {
    std::visit([&](const auto& op) { Run(op, context); }, operation);
  }

  void Advance() override { std::swap(slot(Slot::kLayerInput), slot(Slot::kLayerOutput)); }

  std::span<const float> logits() const override { return logits_; }

  std::span<const double> entropies_nats() const override { return {&entropy_nats_, 1}; }

  std::vector<float> Values(Slot which) const override {
    if (which == Slot::kLogits) {
      return logits_;
    }
    const DeviceSlot& source = slot(which);
    if (!HoldsAf8(which)) {
      std::vector<float> values;
      for (const int32_t word : source.words.values()) {
        values.push_back(std::ldexp(static_cast<float>(word), source.unit_exponent));
      }
      return values;
    }
    std::vector<float> values(source.integers.values().size());
    DequantizeAf8(source.integers.values(), source.unit_exponent + kAf8MantissaBits, values);
    return values;
  }

 private:
  DeviceSlot& slot(Slot which) { return slots_[static_cast<size_t>(which)]; }
  const DeviceSlot& slot(Slot which) const { return slots_[static_cast<size_t>(which)]; }

  /// Rounds fixed-point values to a slot's AF8, from its element `first` on.
  void StoreAf8(Slot which, int layer, std::span<const int64_t> values, int unit_exponent,
                size_t first, std::span<int16_t> integers) {
    const int bias = weights_.af8.ExponentBias(which, layer);
    slot(which).unit_exponent = bias - kAf8MantissaBits;
    RequantizeAf8(values, unit_exponent, bias, integers.subspan(first, values.size()));
  }

  void Run(const EmbeddingLookup& op, const OperationContext& context) {
    const DeviceEmbedding& tables = weights_.embedding;
    const auto width = static_cast<size_t>(op.width);
    const std::span<int16_t> output = slot(op.output).integers.Resize(op.tokens, op.width);
    const std::span<int32_t> words = words_.Resize(op.width, 1);
    for (size_t token = 0; token < context.ids.size(); ++token) {
      const uint8_t* codes = context.word_codes.empty()
                                 ? &weights_.af8.common.word_table
                                        .payload[static_cast<size_t>(context.ids[token]) * width]
                                 : &context.word_codes[token * width];
      const int32_t* position = &tables.positions[token * width];
      const int32_t* segment =
          &tables.segments[static_cast<size_t>(context.segment_ids[token]) * width];
      for (size_t i = 0; i < width; ++i) {
        words[i] = EmbeddingSum(tables.word_of_code[codes[i]], position[i], segment[i]);
      }
      NormaliseRow(NormRole::kEmbedding, op.output, context, words, token * width, output);
    }
  }

  void Run(const Linear& op, const OperationContext& context) {
    const Af8Matrix& matrix = weights_.af8.matrices.at(op.matrix, context.layer);
    const IntegerBias& bias = weights_.af8.integer_bias(op.matrix, context.layer);
    const std::span<const int16_t> input =
        op.inputs > 0 ? slot(op.input).integers.values() : std::span<const int16_t>();
    const std::span<int64_t> sums = accumulators_.Resize(op.rows, op.outputs);
    MatMulAf8(input, op.rows, matrix.packed, scratch_, sums);
    AddBias(bias.packed.values(), op.rows, sums);
    int unit_exponent = bias.unit_exponent;
    switch (op.output) {
      case Slot::kLogits:
        return StoreLogits(sums, unit_exponent);
      case Slot::kAttentionUpdate:
        return StoreUpdate(op, Slot::kLayerInput, context.layer, sums, unit_exponent);
      case Slot::kFeedForwardUpdate:
        return StoreUpdate(op, Slot::kAttentionOutput, context.layer, sums, unit_exponent);
      default:
        break;
    }
    if (op.function != ElementFunction::kNone) {
      const FixedActivation function =
          FunctionOf(op.function, weights_.af8.common.config.activation);
      for (int64_t& sum : sums) {
        sum = ApplyFixedActivation(function, ActivationInput(sum, unit_exponent));
      }
      unit_exponent = -kActivationOutputFractionBits;
    }
    StoreAf8(op.output, context.layer, sums, unit_exponent, 0,
             slot(op.output).integers.Resize(op.rows, op.outputs));
  }

  void StoreLogits(std::span<const int64_t> sums, int unit_exponent) {
    logit_words_.clear();
    logits_.clear();
    for (const int64_t sum : sums) {
      logit_words_.push_back(LogitWord(sum, unit_exponent));
      logits_.push_back(std::ldexp(static_cast<float>(logit_words_.back()), -kLogitFractionBits));
    }
  }

  void StoreUpdate(const Linear& op, Slot residual, int layer, std::span<const int64_t> sums,
                   int unit_exponent) {
    const int residual_bias = weights_.af8.ExponentBias(residual, layer);
    slot(op.output).unit_exponent = NormInputExponent(residual_bias);
    const std::span<int32_t> words = slot(op.output).words.Resize(op.rows, op.outputs);
    for (size_t i = 0; i < sums.size(); ++i) {
      words[i] = UpdateWord(sums[i], unit_exponent, residual_bias);
    }
  }

  void Run(const Attention& op, const OperationContext& context) {
    const auto head_size = static_cast<size_t>(op.head_size);
    const size_t width = op.heads.size() * head_size;
    const std::span<const int16_t> query = slot(Slot::kQuery).integers.values();
    const std::span<const int16_t> key = slot(Slot::kKey).integers.values();
    const std::span<const int16_t> value = slot(Slot::kValue).integers.values();
    const std::span<int16_t> output =
        slot(Slot::kContext).integers.Resize(op.tokens, static_cast<int>(width));
    const int probability_bias =
        weights_.af8.biases.at(context.layer, ActivationSite::kProbability);
    const int product_exponent =
        probability_bias - kAf8MantissaBits + slot(Slot::kValue).unit_exponent;
    const std::span<int64_t> sums = accumulators_.Resize(op.head_size, 1);
    const std::span<int16_t> all_weights = probabilities_.Resize(op.tokens, 1);
    for (size_t head = 0; head < op.heads.size(); ++head) {
      const size_t column = head * head_size;
      for (int token = 0; token < op.tokens; ++token) {
        const auto [first, end] = KeysInSpan(token, op.heads[head].span, op.tokens);
        const size_t here = static_cast<size_t>(token) * width + column;
        const size_t keys = static_cast<size_t>(first) * width + column;
        const std::span<int64_t> products = products_.Resize(end - first, 1);
        QueryKeyProductsAf8(query.subspan(here, head_size), &key[keys], width, products);
        SoftmaxOf(weights_.scores(context.layer), products);
        const std::span<int16_t> weights = all_weights.first(products.size());
        RequantizeAf8(products, -kExpFractionBits, probability_bias, weights);
        SumWeightedValuesAf8(weights, &value[keys], width, sums);
        StoreAf8(Slot::kContext, context.layer, sums, product_exponent, here, output);
      }
    }
  }

  /// Replaces products of queries and keys by probabilities in units of 2^-20.
  void SoftmaxOf(const ScoreScale& scale, std::span<int64_t> products) {
    const std::span<int32_t> scores = words_.Resize(static_cast<int>(products.size()), 1);
    for (size_t j = 0; j < products.size(); ++j) {
      scores[j] = ScoreWord(products[j], scale);
    }
    const int32_t largest = *std::max_element(scores.begin(), scores.end());
    SumOfExponentials sum;
    for (const int32_t score : scores) {
      sum.Add(ScoreDistance(largest, score));
    }
    const uint32_t log_of_sum = sum.Log();
    for (size_t j = 0; j < products.size(); ++j) {
      products[j] = Probability(ScoreDistance(largest, scores[j]), log_of_sum);
    }
  }

  void Run(const AddNorm& op, const OperationContext& context) {
    const std::span<const int32_t> update = slot(op.update).words.values();
    const std::span<const int16_t> residual = slot(op.residual).integers.values();
    const std::span<int16_t> output = slot(op.output).integers.Resize(op.rows, op.width);
    const std::span<int32_t> words = words_.Resize(op.width, 1);
    for (size_t begin = 0; begin < update.size(); begin += words.size()) {
      for (size_t i = 0; i < words.size(); ++i) {
        words[i] = AddResidual(update[begin + i], residual[begin + i]);
      }
      NormaliseRow(op.norm, op.output, context, words, begin, output);
    }
  }

  /// LayerNorm of one row of words into elements of a slot from `first` on.
  void NormaliseRow(NormRole role, Slot which, const OperationContext& context,
                    std::span<const int32_t> words, size_t first, std::span<int16_t> output) {
    const FixedNormWeights& norm = weights_.norm(role, context.distinct_layer);
    NormMoments moments;
    for (const int32_t word : words) {
      moments.Add(word);
    }
    const NormRow row = FinishMoments(moments, weights_.norm_shape(role, context.layer));
    const std::span<int64_t> values = accumulators_.Resize(static_cast<int>(words.size()), 1);
    for (size_t i = 0; i < words.size(); ++i) {
      values[i] = Normalise(words[i], row, norm.gain[i], norm.bias[i]);
    }
    StoreAf8(which, context.layer, values, norm.unit_exponent, first, output);
  }

  void Run(const Pool& op, const OperationContext& context) {
    const DeviceSlot& states = slot(Slot::kLayerOutput);
    const std::span<const int16_t> integers = states.integers.values();
    const auto width = static_cast<size_t>(op.width);
    const std::span<int16_t> output =
        slot(Slot::kPooled).integers.Resize(static_cast<int>(op.poolings.size()), op.width);
    const std::span<int64_t> pooled = accumulators_.Resize(op.width, 1);
    for (size_t part = 0; part < op.poolings.size(); ++part) {
      const bool mean = op.poolings[part] == Pooling::kMean;
      const Reciprocal share = MakeReciprocal(mean ? op.tokens : 1);
      std::copy_n(integers.begin(), width, pooled.begin());
      for (size_t i = width; mean && i < integers.size(); ++i) {
        pooled[i % width] += integers[i];
      }
      for (int64_t& sum : pooled) {
        sum *= share.multiplier;
      }
      StoreAf8(Slot::kPooled, context.layer, pooled, states.unit_exponent - share.shift,
               part * width, output);
    }
  }

  void Run(const EntropyCheck& /*op*/, const OperationContext& /*context*/) {
    const int32_t largest = *std::max_element(logit_words_.begin(), logit_words_.end());
    SumOfExponentials sum;
    for (const int32_t logit : logit_words_) {
      sum.Add(LogitDistance(largest, logit));
    }
    FixedEntropy entropy;
    for (const int32_t logit : logit_words_) {
      entropy.Add(LogitDistance(largest, logit), sum.Log());
    }
    entropy_nats_ = std::ldexp(entropy.Nats(), -kEntropyFractionBits);
  }

  const DeviceWeights& weights_;
  std::array<DeviceSlot, kNumSlots> slots_;
  std::vector<int32_t> logit_words_;
  std::vector<float> logits_;
  double entropy_nats_ = 0;
  MatMulScratch scratch_;
  SlotArray<int64_t> accumulators_;
  SlotArray<int64_t> products_;
  SlotArray<int32_t> words_;
  SlotArray<int16_t> probabilities_;
};

class PreparedDevice : public Weights {
 public:
  PreparedDevice(Model& model, WeightStorage storage) : weights_(model, storage) {}

  std::unique_ptr<Executor> NewExecutor(WorkerPool* /*pool*/) const override {
    return std::make_unique<DeviceExecutor>(weights_);
  }

 private:
  DeviceWeights weights_;
};

}  // namespace

Result<std::unique_ptr<const Weights>> PrepareDevice(Model& model, WeightStorage storage) {
  if (!model.Find("embedding.word")->is_af8()) {
    return InvalidArgument(
        "embedding.word is float32, but 'device' arithmetic reads AF8 words: import the model "
        "again "
        "with AF8 precision, or run it with host arithmetic");
  }
  const ModelConfig& config = model.config;
  const int inputs =
      std::max({config.embedding_size, config.hidden_size, config.intermediate_size,
                config.off_ramp_layers.empty() ? 0 : config.pooled_size(), config.pooler_size});
  if (inputs > kMaxDeviceInputs) {
    return InvalidArgument(
        fmt::format("a matrix of the model has {} inputs, but the {}-bit accumulators of 'device' "
                    "arithmetic are safe for at most {}: run it with host arithmetic",
                    inputs, kAccumulatorBits, kMaxDeviceInputs));
  }
  return std::unique_ptr<const Weights>(std::make_unique<PreparedDevice>(model, storage));
}

}  // namespace edgebert
