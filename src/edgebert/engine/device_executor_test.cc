// Holds device arithmetic against a second implementation: plain loops over codes, row by row, with
// the scalar functions of numeric/ as the accelerator's units call them.

#include "edgebert/engine/device_executor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "edgebert/engine/encoder.h"
#include "edgebert/numeric/adaptivfloat.h"
#include "edgebert/numeric/fixed_embedding.h"
#include "edgebert/numeric/fixed_functions.h"
#include "edgebert/numeric/fixed_layer_norm.h"
#include "edgebert/numeric/fixed_softmax.h"
#include "edgebert/testing/layer_recorder.h"
#include "edgebert/testing/random_model.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using testing::LargestDifference;
using testing::LayerRecorder;
using testing::RandomModel;
using testing::RandomModelConfig;

/// [rows × width] integers in units of 2^unit.
struct Array {
  int rows = 0;
  int width = 0;
  int unit = 0;
  std::vector<int64_t> integers;

  int64_t at(int row, int column) const {
    return integers[static_cast<size_t>(row * width + column)];
  }
  std::vector<float> Values() const {
    std::vector<float> values;
    for (const int64_t integer : integers) {
      values.push_back(static_cast<float>(std::ldexp(static_cast<double>(integer), unit)));
    }
    return values;
  }
};

/// Rounds every element to AF8.
Array ToAf8(const Array& from, int bias) {
  Array array{from.rows, from.width, bias - kAf8MantissaBits, {}};
  for (const int64_t integer : from.integers) {
    array.integers.push_back(
        DecodeInteger(kAf8, EncodeAccumulator(kAf8, integer, from.unit, bias)));
  }
  return array;
}

int BiasOf(const Array& af8) { return af8.unit + kAf8MantissaBits; }

/// Runs one sentence through an AF8 model in the slowest way, keeping every array of a layer.
class Reference {
 public:
  Reference(const Model& model, const std::vector<int32_t>& ids,
            const std::vector<int32_t>& segments)
      : model_(model), tokens_(static_cast<int>(ids.size())) {
    const Tensor& words = *model.Find("embedding.word");
    const std::vector<uint8_t> codes = Af8Codes(words);
    const std::vector<float> positions = Vector("embedding.position");
    const std::vector<float> segment_table = Vector("embedding.segment");
    const int width = model.config.embedding_size;
    const int unit =
        EmbeddingExponent(words.exponent_bias, Largest(positions), Largest(segment_table));
    Array sums{tokens_, width, unit, {}};
    for (int token = 0; token < tokens_; ++token) {
      const auto id = static_cast<size_t>(ids[static_cast<size_t>(token)]);
      const auto segment = static_cast<size_t>(segments[static_cast<size_t>(token)]);
      for (size_t i = 0; i < static_cast<size_t>(width); ++i) {
        const auto word = [&](const std::vector<float>& table, size_t row) {
          const float value = table[row * static_cast<size_t>(width) + i];
          return static_cast<int32_t>(std::nearbyint(std::ldexp(double{value}, -unit)));
        };
        const int64_t code = DecodeInteger(kAf8, codes[id * static_cast<size_t>(width) + i]);
        sums.integers.push_back(EmbeddingWord(code, words.exponent_bias, unit) +
                                word(positions, static_cast<size_t>(token)) +
                                word(segment_table, segment));
      }
    }
    const ActivationBiases& biases = *model.activation_biases;
    if (model.config.has_embedding_projection()) {
      const Array norm = ToAf8(Normalised("embedding.norm", sums), biases.embedding_norm);
      state = ToAf8(Accumulate("embedding.projection", norm), biases.embedding_output);
    } else {
      state = ToAf8(Normalised("embedding.norm", sums), biases.embedding_output);
    }
  }

  void RunLayer(int layer) {
    const ModelConfig& config = model_.config;
    const int distinct = config.DistinctLayer(layer);
    const std::string prefix = "layer." + std::to_string(distinct);
    const auto bias = [&](ActivationSite site) {
      return model_.activation_biases->at(layer, site);
    };
    const Array q =
        ToAf8(Accumulate(prefix + ".attention.query", state), bias(ActivationSite::kQuery));
    const Array k = ToAf8(Accumulate(prefix + ".attention.key", state), bias(ActivationSite::kKey));
    const Array v =
        ToAf8(Accumulate(prefix + ".attention.value", state), bias(ActivationSite::kValue));
    // Absent heads leave zeros, which multiply with columns that the engine leaves out.
    Array context{tokens_, config.hidden_size, bias(ActivationSite::kContext) - kAf8MantissaBits,
                  std::vector<int64_t>(static_cast<size_t>(tokens_ * config.hidden_size))};
    for (int head = 0; head < config.num_heads; ++head) {
      if (const int span = config.Span(distinct, head); span > 0) {
        Attend(layer, head, span, q, k, v, context);
      }
    }
    attention_update = Updates(Accumulate(prefix + ".attention.output", context), BiasOf(state));
    attended = AddNormed(prefix + ".attention.norm", attention_update, state,
                         bias(ActivationSite::kAttentionOutput));
    hidden = ToAf8(Activated(Accumulate(prefix + ".feed_forward.up", attended), Function()),
                   bias(ActivationSite::kHidden));
    feed_forward_update =
        Updates(Accumulate(prefix + ".feed_forward.down", hidden), BiasOf(attended));
    state = AddNormed(prefix + ".feed_forward.norm", feed_forward_update, attended,
                      bias(ActivationSite::kLayerOutput));
  }

  /// Logits in units of 2^-16.
  Array Logits(int layer) const {
    const std::string prefix = "off_ramp." + std::to_string(layer);
    const ActivationBiases& biases = *model_.activation_biases;
    Array pooled{1, 0, 0, {}};
    for (const Pooling pooling : model_.config.pooling) {
      Array part{1, state.width, state.unit, {}};
      for (int i = 0; i < state.width; ++i) {
        int64_t sum = 0;
        for (int row = 0; row < (pooling == Pooling::kCls ? 1 : tokens_); ++row) {
          sum += state.at(row, i);
        }
        if (pooling == Pooling::kMean) {
          const Reciprocal share = MakeReciprocal(tokens_);
          part.unit = state.unit - share.shift;
          sum *= share.multiplier;
        }
        part.integers.push_back(sum);
      }
      part = ToAf8(part, biases.at(layer, ActivationSite::kOffRampInput));
      pooled.unit = part.unit;
      pooled.width += part.width;
      pooled.integers.insert(pooled.integers.end(), part.integers.begin(), part.integers.end());
    }
    const Array hidden_values =
        ToAf8(Activated(Accumulate(prefix + ".pooler", pooled), FixedActivation::kTanh),
              biases.at(layer, ActivationSite::kOffRampHidden));
    Array logits = Accumulate(prefix + ".classifier", hidden_values);
    for (int64_t& logit : logits.integers) {
      logit = LogitWord(logit, logits.unit);
    }
    logits.unit = -kLogitFractionBits;
    return logits;
  }

  Array state;
  Array attention_update;
  Array attended;
  Array hidden;
  Array feed_forward_update;

 private:
  static double Largest(const std::vector<float>& values) {
    float largest = 0;
    for (const float value : values) {
      largest = std::max(largest, std::fabs(value));
    }
    return double{largest};
  }

  std::vector<float> Vector(const std::string& name) const {
    return FloatValues(*model_.Find(name));
  }

  FixedActivation Function() const {
    switch (model_.config.activation) {
      case Activation::kGelu:
        return FixedActivation::kGelu;
      case Activation::kGeluTanh:
        return FixedActivation::kGeluTanh;
      case Activation::kRelu:
        break;
    }
    return FixedActivation::kRelu;
  }

  /// Exact sums of products plus the integer bias.
  Array Accumulate(const std::string& name, const Array& input) const {
    const Tensor& weight = *model_.Find(name + ".weight");
    const std::vector<uint8_t> codes = Af8Codes(weight);
    const std::vector<float> bias = Vector(name + ".bias");
    Array sums{input.rows,
               static_cast<int>(bias.size()),
               input.unit + weight.exponent_bias - kAf8MantissaBits,
               {}};
    for (int row = 0; row < input.rows; ++row) {
      for (size_t output = 0; output < bias.size(); ++output) {
        auto sum =
            static_cast<int64_t>(std::nearbyint(std::ldexp(double{bias[output]}, -sums.unit)));
        for (int i = 0; i < input.width; ++i) {
          const size_t index = output * static_cast<size_t>(input.width) + static_cast<size_t>(i);
          sum += input.at(row, i) * DecodeInteger(kAf8, codes[index]);
        }
        sums.integers.push_back(sum);
      }
    }
    return sums;
  }

  static Array Activated(Array sums, FixedActivation function) {
    for (int64_t& sum : sums.integers) {
      sum = ApplyFixedActivation(function, ActivationInput(sum, sums.unit));
    }
    sums.unit = -kActivationOutputFractionBits;
    return sums;
  }

  static Array Updates(Array sums, int residual_bias) {
    for (int64_t& sum : sums.integers) {
      sum = UpdateWord(sum, sums.unit, residual_bias);
    }
    sums.unit = NormInputExponent(residual_bias);
    return sums;
  }

  /// LayerNorm of rows of words, before they are rounded.
  Array Normalised(const std::string& name, const Array& words) const {
    const FixedNormWeights weights =
        MakeFixedNormWeights(Vector(name + ".gain"), Vector(name + ".bias"));
    const NormShape shape =
        MakeNormShape(words.width, model_.config.layer_norm_epsilon, words.unit);
    Array output{words.rows, words.width, weights.unit_exponent, {}};
    for (int row = 0; row < words.rows; ++row) {
      NormMoments moments;
      for (int i = 0; i < words.width; ++i) {
        moments.Add(static_cast<int32_t>(words.at(row, i)));
      }
      const NormRow constants = FinishMoments(moments, shape);
      for (int i = 0; i < words.width; ++i) {
        output.integers.push_back(Normalise(static_cast<int32_t>(words.at(row, i)), constants,
                                            weights.gain[static_cast<size_t>(i)],
                                            weights.bias[static_cast<size_t>(i)]));
      }
    }
    return output;
  }

  Array AddNormed(const std::string& name, Array update, const Array& residual, int bias) const {
    for (size_t i = 0; i < update.integers.size(); ++i) {
      update.integers[i] = AddResidual(static_cast<int32_t>(update.integers[i]),
                                       static_cast<int32_t>(residual.integers[i]));
    }
    return ToAf8(Normalised(name, update), bias);
  }

  void Attend(int layer, int head, int span, const Array& q, const Array& k, const Array& v,
              Array& context) const {
    const int size = model_.config.head_size();
    const int probability_bias = model_.activation_biases->at(layer, ActivationSite::kProbability);
    const ScoreScale scale = MakeScoreScale(size, q.unit + k.unit);
    for (int i = 0; i < tokens_; ++i) {
      std::vector<int> keys;
      std::vector<int32_t> scores;
      for (int j = 0; j < tokens_; ++j) {
        if (std::abs(i - j) >= span) {
          continue;
        }
        int64_t dot = 0;
        for (int c = head * size; c < (head + 1) * size; ++c) {
          dot += q.at(i, c) * k.at(j, c);
        }
        keys.push_back(j);
        scores.push_back(ScoreWord(dot, scale));
      }
      const int32_t largest = *std::max_element(scores.begin(), scores.end());
      SumOfExponentials sum;
      for (const int32_t score : scores) {
        sum.Add(ScoreDistance(largest, score));
      }
      Array p{1, static_cast<int>(keys.size()), -kExpFractionBits, {}};
      for (const int32_t score : scores) {
        p.integers.push_back(Probability(ScoreDistance(largest, score), sum.Log()));
      }
      p = ToAf8(p, probability_bias);
      for (int c = head * size; c < (head + 1) * size; ++c) {
        Array weighted{1, 1, p.unit + v.unit, {0}};
        for (size_t j = 0; j < keys.size(); ++j) {
          weighted.integers[0] += p.integers[j] * v.at(keys[j], c);
        }
        context.integers[static_cast<size_t>(i * context.width + c)] =
            ToAf8(weighted, BiasOf(context)).integers[0];
      }
    }
  }

  const Model& model_;
  int tokens_;
};

double EntropyOf(const Array& logits) {
  const auto word = [&](size_t i) { return static_cast<int32_t>(logits.integers[i]); };
  const auto largest =
      static_cast<int32_t>(*std::max_element(logits.integers.begin(), logits.integers.end()));
  SumOfExponentials sum;
  for (size_t i = 0; i < logits.integers.size(); ++i) {
    sum.Add(LogitDistance(largest, word(i)));
  }
  FixedEntropy entropy;
  for (size_t i = 0; i < logits.integers.size(); ++i) {
    entropy.Add(LogitDistance(largest, word(i)), sum.Log());
  }
  return std::ldexp(entropy.Nats(), -kEntropyFractionBits);
}

class Comparison : public LayerObserver {
 public:
  explicit Comparison(Reference& reference) : reference_(reference) {}

  void OnLayer(const LayerView& view) override {
    if (view.layer == 0) {
      EXPECT_EQ(view.executor.Values(Slot::kLayerInput), reference_.state.Values());
      return;
    }
    reference_.RunLayer(view.layer);
    const auto expect_equal = [&](Slot slot, const Array& array) {
      EXPECT_EQ(view.executor.Values(slot), array.Values())
          << "slot " << static_cast<int>(slot) << " of layer " << view.layer;
    };
    expect_equal(Slot::kAttentionUpdate, reference_.attention_update);
    expect_equal(Slot::kAttentionOutput, reference_.attended);
    expect_equal(Slot::kHidden, reference_.hidden);
    expect_equal(Slot::kFeedForwardUpdate, reference_.feed_forward_update);
    expect_equal(Slot::kLayerOutput, reference_.state);
    if (!view.logits.empty()) {
      const Array logits = reference_.Logits(view.layer);
      expect_equal(Slot::kLogits, logits);
      EXPECT_EQ(view.entropy_nats, EntropyOf(logits));
    }
  }

 private:
  Reference& reference_;
};

void ExpectEqualToReference(const ModelConfig& config, uint64_t seed) {
  const Model model = RandomModel(config, true, seed);
  testing::Random random(seed);
  const Result<std::shared_ptr<const Encoder>> encoder =
      Encoder::Create(model, Arithmetic::kDevice);
  ASSERT_OK(encoder);
  EncoderSession session(*encoder);
  for (const int tokens : {20, 1, 2, 7}) {
    std::vector<int32_t> ids;
    std::vector<int32_t> segments;
    for (int i = 0; i < tokens; ++i) {
      ids.push_back(static_cast<int32_t>(random() % 40));
      segments.push_back(static_cast<int32_t>(random() % 2));
    }
    Reference reference(model, ids, segments);
    Comparison comparison(reference);
    EntropyExitRule never(0.0);
    ASSERT_OK(session.Run(ids, segments, never, &comparison));
  }
}

TEST(DeviceExecutorTest, EqualsPlainLoopsBitForBit) {
  for (uint64_t seed = 0; seed < 5; ++seed) {
    ExpectEqualToReference(RandomModelConfig(), seed);
  }
}

TEST(DeviceExecutorTest, EqualsPlainLoopsWithProjectionAndTanhGelu) {
  ModelConfig config = RandomModelConfig();
  config.family = Family::kAlbert;
  config.embedding_size = 16;
  config.activation = Activation::kGeluTanh;
  config.num_distinct_layers = 1;
  config.layer_map = {0, 0, 0};
  ExpectEqualToReference(config, 11);
}

TEST(DeviceExecutorTest, EqualsPlainLoopsWithSpansAbsentHeadsAndRelu) {
  ModelConfig config = RandomModelConfig();
  config.attention_spans = {0, 3, 32, 0, 0, 0};
  config.activation = Activation::kRelu;
  ExpectEqualToReference(config, 12);
}

TEST(DeviceExecutorTest, EqualsPlainLoopsWhereEpsilonCounts) {
  ModelConfig config = RandomModelConfig();
  config.layer_norm_epsilon = 0.1f;
  ExpectEqualToReference(config, 13);
}

TEST(DeviceExecutorTest, StaysCloseToHostArithmetic) {
  const std::vector<int32_t> ids = {2, 17, 5, 39, 0, 8, 8, 3, 21, 22, 23};
  const std::vector<int32_t> segments(ids.size(), 0);
  double total = 0;
  int count = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Model model = RandomModel(RandomModelConfig(), true, seed);
    LayerRecorder recorders[2];
    for (const Arithmetic arithmetic : {Arithmetic::kHost, Arithmetic::kDevice}) {
      EncoderSession session(Encoder::Create(model, arithmetic).value());
      EntropyExitRule never(0.0);
      ASSERT_OK(
          session.Run(ids, segments, never, &recorders[arithmetic == Arithmetic::kDevice ? 1 : 0]));
    }
    // Before any layer they differ where a value lies within the functions' errors of a tie between
    // two AF8 codes, and then by one code: at most 1 / 16 of a value of at most 4.
    EXPECT_LE(LargestDifference(recorders[0].states[0], recorders[1].states[0]), 0.25);
    size_t different = 0;
    for (size_t i = 0; i < recorders[0].states[0].size(); ++i) {
      different += recorders[0].states[0][i] != recorders[1].states[0][i];
    }
    EXPECT_LE(different, recorders[0].states[0].size() / 20);
    for (size_t i = 0; i < recorders[0].logits.size(); ++i) {
      total += LargestDifference(recorders[0].logits[i], recorders[1].logits[i]);
      ++count;
    }
  }
  // Logits are of the order of 1, and one AF8 step of their inputs of the order of 1 / 32.
  EXPECT_LE(total / count, 1.0 / 32);
  EXPECT_GT(total, 0);
}

TEST(DeviceExecutorTest, LeavesByItsOwnEntropy) {
  const Model model = RandomModel(RandomModelConfig(), true, 3);
  EncoderSession session(Encoder::Create(model, Arithmetic::kDevice).value());
  const std::vector<int32_t> ids = {2, 17, 5, 39};
  const std::vector<int32_t> segments(4, 0);
  EntropyExitRule never(0.0);
  const Result<EncoderResult> all = session.Run(ids, segments, never);
  ASSERT_OK(all);
  const double entropy = *all->entropies_nats[0];
  EXPECT_EQ(entropy, std::ldexp(std::nearbyint(std::ldexp(entropy, 16)), -16));
  EntropyExitRule at(entropy);
  EXPECT_EQ(session.Run(ids, segments, at)->exit_layer, 3);
  EntropyExitRule above(entropy + 0x1p-20);
  EXPECT_EQ(session.Run(ids, segments, above)->exit_layer, 1);
}

TEST(DeviceExecutorTest, RefusesModelsItCannotRun) {
  const auto message = [](Model model) {
    return Encoder::Create(std::move(model), Arithmetic::kDevice).status().message();
  };
  EXPECT_NE(message(RandomModel(RandomModelConfig(), false, 8))
                .find("holds float32 weights, but 'device' arithmetic needs AF8"),
            std::string::npos);

  Model float_words = RandomModel(RandomModelConfig(), true, 8);
  for (Tensor& tensor : float_words.tensors) {
    if (tensor.name == "embedding.word") {
      tensor = MakeFloatTensor(tensor.name, tensor.shape, FloatValues(tensor));
    }
  }
  EXPECT_NE(message(float_words).find("embedding.word is float32"), std::string::npos);

  ModelConfig wide = RandomModelConfig();
  wide.num_distinct_layers = 1;
  wide.layer_map = {0, 0, 0};
  wide.intermediate_size = kMaxDeviceInputs + 1;
  EXPECT_NE(message(RandomModel(wide, true, 8)).find("has 34917 inputs, but the 40-bit"),
            std::string::npos);
}

}  // namespace
}  // namespace edgebert
