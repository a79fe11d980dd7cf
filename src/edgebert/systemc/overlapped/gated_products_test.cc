// Multipliers that a zero gates, counted by the simulated array and by accel/ from the engine's
// codes.

#include "edgebert/accel/gated_products.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "edgebert/program/layer_program.h"
#include "edgebert/testing/sentence_case.h"

namespace edgebert::systemc::overlapped {
namespace {

using testing::SentenceCase;

/// The operands of every layer as AF8 codes, gated products added up on the way.
class GatedCounter : public LayerObserver {
 public:
  GatedCounter(const SentenceCase& test, const WeightLaneCounts& weights)
      : test_(test), weights_(weights) {}

  int64_t gated() const { return gated_; }

  void OnLayer(const LayerView& view) override {
    const TileProgram& program = test_.program;
    const ModelConfig& config = test_.model.config;
    const ActivationBiases& biases = *test_.model.activation_biases;
    const auto codes = [&](Slot slot, int bias) {
      std::vector<uint8_t> result;
      for (const float value : view.executor.Values(slot)) {
        result.push_back(static_cast<uint8_t>(Encode(kAf8, value, bias)));
      }
      return result;
    };
    if (view.layer == 0) {
      const std::vector<uint8_t> embedded = codes(Slot::kEmbedded, biases.embedding_norm);
      OperandCodes operands;
      operands.embedded = embedded;
      Add(program.embedding, 0, operands);
      input_ = codes(Slot::kLayerInput, biases.embedding_output);
      return;
    }
    const auto bias = [&](ActivationSite site) { return biases.at(view.layer, site); };
    const int distinct = config.DistinctLayer(view.layer);
    const auto query = codes(Slot::kQuery, bias(ActivationSite::kQuery));
    const auto key = codes(Slot::kKey, bias(ActivationSite::kKey));
    const auto value = codes(Slot::kValue, bias(ActivationSite::kValue));
    const auto context = codes(Slot::kContext, bias(ActivationSite::kContext));
    const auto attended = codes(Slot::kAttentionOutput, bias(ActivationSite::kAttentionOutput));
    const auto hidden = codes(Slot::kHidden, bias(ActivationSite::kHidden));
    const auto probabilities = Probabilities(view.layer, query, key);
    OperandCodes operands;
    operands.layer_input = input_;
    if (!program.layers[static_cast<size_t>(distinct)].heads.empty()) {
      operands.query = query;
      operands.key = key;
      operands.value = value;
      operands.probabilities = probabilities;
      operands.context = context;
    }
    operands.attention_output = attended;
    operands.hidden = hidden;
    const TileLayer& layer = program.sequence[static_cast<size_t>(view.layer - 1)];
    Add(program.layers[static_cast<size_t>(layer.section)], distinct, operands);
    if (layer.off_ramp >= 0) {
      const auto pooled = codes(Slot::kPooled, bias(ActivationSite::kOffRampInput));
      const auto off_ramp = codes(Slot::kOffRampHidden, bias(ActivationSite::kOffRampHidden));
      OperandCodes off_ramp_operands;
      off_ramp_operands.pooled = pooled;
      off_ramp_operands.off_ramp_hidden = off_ramp;
      Add(program.off_ramps[static_cast<size_t>(layer.off_ramp)], layer.off_ramp,
          off_ramp_operands);
    }
    input_ = codes(Slot::kLayerOutput, bias(ActivationSite::kLayerOutput));
  }

 private:
  void Add(const TileSection& section, int index, const OperandCodes& operands) {
    const auto count = GatedProducts(test_.program, section, index, weights_, operands);
    ASSERT_OK(count);
    gated_ += *count;
  }

  /// The engine does not keep them: [heads × tokens × tokens].
  std::vector<uint8_t> Probabilities(int layer, const std::vector<uint8_t>& query,
                                     const std::vector<uint8_t>& key) const {
    const ModelConfig& config = test_.model.config;
    const ActivationBiases& biases = *test_.model.activation_biases;
    const int tokens = test_.program.tokens;
    const auto heads = ActiveHeads(config, config.DistinctLayer(layer), tokens);
    const int head_size = config.head_size();
    const int width = static_cast<int>(heads.size()) * head_size;
    const ScoreScale scale = MakeScoreScale(head_size, biases.at(layer, ActivationSite::kQuery) +
                                                           biases.at(layer, ActivationSite::kKey) -
                                                           2 * kAf8MantissaBits);
    std::vector<uint8_t> result;
    for (size_t head = 0; head < heads.size(); ++head) {
      for (int q = 0; q < tokens; ++q) {
        const auto [first, end] = KeysInSpan(q, heads[head].span, tokens);
        std::vector<int32_t> scores;
        for (int k = first; k < end; ++k) {
          int64_t product = 0;
          for (int i = 0; i < head_size; ++i) {
            const auto at = [&](const std::vector<uint8_t>& codes, int row) {
              const int element = row * width + static_cast<int>(head) * head_size + i;
              return DecodeInteger(kAf8, codes[static_cast<size_t>(element)]);
            };
            product += at(query, q) * at(key, k);
          }
          scores.push_back(ScoreWord(product, scale));
        }
        const int32_t largest = *std::max_element(scores.begin(), scores.end());
        SumOfExponentials sum;
        for (const int32_t score : scores) {
          sum.Add(ScoreDistance(largest, score));
        }
        for (int k = 0; k < tokens; ++k) {
          uint32_t code = 0;
          if (k >= first && k < end) {
            const int32_t score = scores[static_cast<size_t>(k - first)];
            code = EncodeAccumulator(kAf8, Probability(ScoreDistance(largest, score), sum.Log()),
                                     -kExpFractionBits,
                                     biases.at(layer, ActivationSite::kProbability));
          }
          result.push_back(static_cast<uint8_t>(code));
        }
      }
    }
    return result;
  }

  const SentenceCase& test_;
  const WeightLaneCounts& weights_;
  std::vector<uint8_t> input_;
  int64_t gated_ = 0;
};

TEST(SimulatedGatedProductsTest, EqualWhatTheEnginesCodesGive) {
  testing::Random random(81);
  int64_t gated = 0;
  for (int trial = 0; trial < 60; ++trial) {
    SCOPED_TRACE(trial);
    const SentenceCase test = testing::RandomSentenceCase(random, 40);
    const auto weights = WeightLaneCounts::FromModel(test.model);
    ASSERT_OK(weights);
    GatedCounter counter(test, *weights);
    const auto encoder = Encoder::Create(test.model, Arithmetic::kDevice);
    ASSERT_OK(encoder);
    EntropyExitRule never{ExitThresholds(0)};
    EncoderSession session(*encoder);
    ASSERT_OK(session.Run(test.sentence.ids, test.sentence.segment_ids, never, &counter));
    const auto bound = BindProgram(test.model, test.program);
    ASSERT_OK(bound);
    const auto simulated = SimulateSentence(*bound, test.sentence, test.Settings());
    ASSERT_OK(simulated);
    EXPECT_EQ(simulated->products_gated, counter.gated());
    gated += simulated->products_gated;
  }
  EXPECT_GT(gated, 1'000'000);
}

}  // namespace
}  // namespace edgebert::systemc::overlapped
