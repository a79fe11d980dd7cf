// Holds host arithmetic against a second implementation: plain loops over codes, 64-bit sums and
// the scalar references of numeric/.

#include "edgebert/engine/host_executor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "edgebert/engine/encoder.h"
#include "edgebert/engine/layer_functions.h"
#include "edgebert/engine/weights.h"
#include "edgebert/kernels/elementwise.h"
#include "edgebert/testing/random_model.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using testing::RandomModel;
using testing::RandomModelConfig;

/// A matrix of AF8 integers with its exponent bias.
struct Array {
  int rows = 0;
  int width = 0;
  int bias = 0;
  std::vector<int64_t> integers;

  int64_t at(int row, int column) const {
    return integers[static_cast<size_t>(row * width + column)];
  }
  std::vector<float> Values() const {
    std::vector<float> values;
    for (const int64_t integer : integers) {
      values.push_back(static_cast<float>(std::ldexp(static_cast<double>(integer), bias - 4)));
    }
    return values;
  }
};

Array Quantized(const std::vector<float>& values, int rows, int bias) {
  Array array{rows, static_cast<int>(values.size()) / rows, bias, {}};
  for (const float value : values) {
    array.integers.push_back(DecodeInteger(kAf8, Encode(kAf8, value, bias)));
  }
  return array;
}

/// Runs one sentence through an AF8 model in the slowest way.
class Reference {
 public:
  Reference(const Model& model, std::vector<int32_t> ids, std::vector<int32_t> segments)
      : model_(model), tokens_(static_cast<int>(ids.size())) {
    std::vector<float> embedded;
    const auto width = static_cast<size_t>(model.config.embedding_size);
    const auto row = [&](const char* table, int32_t index) {
      const std::vector<float> values = FloatValues(*model.Find(table));
      const auto begin = values.begin() + index * static_cast<std::ptrdiff_t>(width);
      return std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(width));
    };
    for (int token = 0; token < tokens_; ++token) {
      const auto i = static_cast<size_t>(token);
      std::vector<float> sum = row("embedding.word", ids[i]);
      const std::vector<float> segment = row("embedding.segment", segments[i]);
      const std::vector<float> position = row("embedding.position", token);
      for (size_t j = 0; j < width; ++j) {
        sum[j] = (sum[j] + segment[j]) + position[j];
      }
      AddLayerNorm(sum, {}, Vector("embedding.norm.gain"), Vector("embedding.norm.bias"),
                   model.config.layer_norm_epsilon, sum);
      embedded.insert(embedded.end(), sum.begin(), sum.end());
    }
    const ActivationBiases& biases = *model.activation_biases;
    if (model.config.has_embedding_projection()) {
      const Array norm = Quantized(embedded, tokens_, biases.embedding_norm);
      state_ = Requantized("embedding.projection", norm, biases.embedding_output);
    } else {
      state_ = Quantized(embedded, tokens_, biases.embedding_output);
    }
  }

  const Array& state() const { return state_; }

  void RunLayer(int layer) {
    const ModelConfig& config = model_.config;
    const int distinct = config.DistinctLayer(layer);
    const std::string prefix = "layer." + std::to_string(distinct);
    const auto bias = [&](ActivationSite site) {
      return model_.activation_biases->at(layer, site);
    };
    const Array q = Requantized(prefix + ".attention.query", state_, bias(ActivationSite::kQuery));
    const Array k = Requantized(prefix + ".attention.key", state_, bias(ActivationSite::kKey));
    const Array v = Requantized(prefix + ".attention.value", state_, bias(ActivationSite::kValue));
    Array context{tokens_, config.hidden_size, bias(ActivationSite::kContext), {}};
    context.integers.resize(static_cast<size_t>(tokens_ * config.hidden_size));
    for (int head = 0; head < config.num_heads; ++head) {
      if (const int span = config.Span(distinct, head); span > 0) {
        Attend(layer, head, span, q, k, v, context);
      }
    }
    const Array attended =
        AddNormed(prefix + ".attention.norm", Sums(prefix + ".attention.output", context), state_,
                  bias(ActivationSite::kAttentionOutput));
    std::vector<float> hidden = Sums(prefix + ".feed_forward.up", attended);
    ApplyFunction(ElementFunction::kActivation, config.activation, hidden);
    const Array up = Quantized(hidden, tokens_, bias(ActivationSite::kHidden));
    state_ = AddNormed(prefix + ".feed_forward.norm", Sums(prefix + ".feed_forward.down", up),
                       attended, bias(ActivationSite::kLayerOutput));
  }

  std::vector<float> Logits(int layer) const {
    const std::string prefix = "off_ramp." + std::to_string(layer);
    const std::vector<float> states = state_.Values();
    const int width = model_.config.hidden_size;
    std::vector<float> pooled;
    for (const Pooling pooling : model_.config.pooling) {
      std::vector<float> part(static_cast<size_t>(width));
      PoolRows(pooling, states, tokens_, width, part);
      pooled.insert(pooled.end(), part.begin(), part.end());
    }
    const ActivationBiases& biases = *model_.activation_biases;
    const Array input = Quantized(pooled, 1, biases.at(layer, ActivationSite::kOffRampInput));
    std::vector<float> hidden = Sums(prefix + ".pooler", input);
    Tanh(hidden);
    return Sums(prefix + ".classifier",
                Quantized(hidden, 1, biases.at(layer, ActivationSite::kOffRampHidden)));
  }

 private:
  std::vector<float> Vector(const std::string& name) const {
    return FloatValues(*model_.Find(name));
  }

  /// Exact sums of products plus the integer bias, with the exponent of their unit.
  std::vector<int64_t> Accumulate(const std::string& name, const Array& input, int& unit) const {
    const Tensor& weight = *model_.Find(name + ".weight");
    const std::vector<uint8_t> codes = Af8Codes(weight);
    const std::vector<float> bias = Vector(name + ".bias");
    unit = input.bias - 4 + weight.exponent_bias - 4;
    std::vector<int64_t> sums;
    for (int row = 0; row < input.rows; ++row) {
      for (size_t output = 0; output < bias.size(); ++output) {
        auto sum = static_cast<int64_t>(
            std::nearbyint(std::ldexp(static_cast<double>(bias[output]), -unit)));
        for (int i = 0; i < input.width; ++i) {
          const size_t index = output * static_cast<size_t>(input.width) + static_cast<size_t>(i);
          sum += input.at(row, i) * DecodeInteger(kAf8, codes[index]);
        }
        sums.push_back(sum);
      }
    }
    return sums;
  }

  std::vector<float> Sums(const std::string& name, const Array& input) const {
    int unit = 0;
    std::vector<float> values;
    for (const int64_t sum : Accumulate(name, input, unit)) {
      values.push_back(static_cast<float>(std::ldexp(static_cast<double>(sum), unit)));
    }
    return values;
  }

  Array Requantized(const std::string& name, const Array& input, int bias) const {
    int unit = 0;
    Array array{input.rows, 0, bias, {}};
    for (const int64_t sum : Accumulate(name, input, unit)) {
      array.integers.push_back(DecodeInteger(kAf8, EncodeAccumulator(kAf8, sum, unit, bias)));
    }
    array.width = static_cast<int>(array.integers.size()) / input.rows;
    return array;
  }

  Array AddNormed(const std::string& name, std::vector<float> update, const Array& residual,
                  int bias) const {
    const std::vector<float> old = residual.Values();
    const auto width = static_cast<size_t>(residual.width);
    for (size_t row = 0; row < static_cast<size_t>(tokens_); ++row) {
      const std::span<float> values = std::span(update).subspan(row * width, width);
      AddLayerNorm(values, std::span(old).subspan(row * width, width), Vector(name + ".gain"),
                   Vector(name + ".bias"), model_.config.layer_norm_epsilon, values);
    }
    return Quantized(update, tokens_, bias);
  }

  void Attend(int layer, int head, int span, const Array& q, const Array& k, const Array& v,
              Array& context) const {
    const int size = model_.config.head_size();
    const int probability_bias = model_.activation_biases->at(layer, ActivationSite::kProbability);
    for (int i = 0; i < tokens_; ++i) {
      std::vector<int> keys;
      std::vector<float> scores;
      for (int j = 0; j < tokens_; ++j) {
        if (std::abs(i - j) >= span) {
          continue;
        }
        int64_t dot = 0;
        for (int c = head * size; c < (head + 1) * size; ++c) {
          dot += q.at(i, c) * k.at(j, c);
        }
        const double scale =
            std::ldexp(1.0, q.bias + k.bias - 8) / std::sqrt(static_cast<double>(size));
        scores.push_back(static_cast<float>(static_cast<double>(dot) * scale));
        keys.push_back(j);
      }
      SoftmaxInPlace(scores);
      const Array p = Quantized(scores, 1, probability_bias);
      for (int c = head * size; c < (head + 1) * size; ++c) {
        int64_t sum = 0;
        for (size_t j = 0; j < keys.size(); ++j) {
          sum += p.integers[j] * v.at(keys[j], c);
        }
        context.integers[static_cast<size_t>(i * context.width + c)] =
            DecodeInteger(kAf8, EncodeAccumulator(kAf8, sum, p.bias + v.bias - 8, context.bias));
      }
    }
  }

  const Model& model_;
  int tokens_;
  Array state_;
};

class Comparison : public LayerObserver {
 public:
  explicit Comparison(Reference& reference) : reference_(reference) {}

  void OnLayer(const LayerView& view) override {
    if (view.layer > 0) {
      reference_.RunLayer(view.layer);
    }
    EXPECT_EQ(view.executor.Values(view.layer == 0 ? Slot::kLayerInput : Slot::kLayerOutput),
              reference_.state().Values())
        << "layer " << view.layer;
    if (!view.logits.empty()) {
      EXPECT_EQ(std::vector<float>(view.logits.begin(), view.logits.end()),
                reference_.Logits(view.layer));
    }
  }

 private:
  Reference& reference_;
};

void ExpectEqualToReference(const ModelConfig& config, uint64_t seed) {
  const Model model = RandomModel(config, true, seed);
  testing::Random random(seed);
  for (const int tokens : {1, 2, 7, 20}) {
    std::vector<int32_t> ids;
    std::vector<int32_t> segments;
    for (int i = 0; i < tokens; ++i) {
      ids.push_back(static_cast<int32_t>(random() % 40));
      segments.push_back(static_cast<int32_t>(random() % 2));
    }
    const Result<std::shared_ptr<const Encoder>> encoder =
        Encoder::Create(model, Arithmetic::kHost);
    ASSERT_OK(encoder);
    EncoderSession session(*encoder);
    Reference reference(model, ids, segments);
    Comparison comparison(reference);
    EntropyExitRule never(0.0);
    ASSERT_OK(session.Run(ids, segments, never, &comparison));
  }
}

TEST(HostExecutorTest, EqualsPlainLoopsBitForBit) {
  for (uint64_t seed = 0; seed < 5; ++seed) {
    ExpectEqualToReference(RandomModelConfig(), seed);
  }
}

TEST(HostExecutorTest, EqualsPlainLoopsWithProjectionAndTanhGelu) {
  ModelConfig config = RandomModelConfig();
  config.family = Family::kAlbert;
  config.embedding_size = 16;
  config.activation = Activation::kGeluTanh;
  config.num_distinct_layers = 1;
  config.layer_map = {0, 0, 0};
  ExpectEqualToReference(config, 11);
}

TEST(HostExecutorTest, EqualsPlainLoopsWithSpansAndAbsentHeads) {
  ModelConfig config = RandomModelConfig();
  config.attention_spans = {0, 3, 32, 0, 0, 0};
  ExpectEqualToReference(config, 12);
}

}  // namespace
}  // namespace edgebert
