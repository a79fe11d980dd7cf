#include "edgebert/pipeline/gated_counter.h"

#include <algorithm>

#include "edgebert/numeric/adaptivfloat.h"
#include "edgebert/numeric/fixed_softmax.h"
#include "edgebert/program/layer_program.h"

namespace edgebert {
namespace {

std::vector<uint8_t> CodesOf(const LayerView& view, Slot slot, int bias) {
  std::vector<uint8_t> codes;
  for (const float value : view.executor.Values(slot)) {
    codes.push_back(static_cast<uint8_t>(Encode(kAf8, value, bias)));
  }
  return codes;
}

}  // namespace

void GatedCounter::Add(const TileSection& section, int index, const OperandCodes& operands) {
  const Result<int64_t> count = GatedProducts(program_, section, index, weights_, operands);
  if (count.ok()) {
    gated_ += *count;
  } else {
    status_ = count.status();
  }
}

void GatedCounter::OnLayer(const LayerView& view) {
  if (view.layer == 0) {
    const std::vector<uint8_t> embedded = CodesOf(view, Slot::kEmbedded, biases_.embedding_norm);
    OperandCodes operands;
    operands.embedded = embedded;
    Add(program_.embedding, 0, operands);
    input_ = CodesOf(view, Slot::kLayerInput, biases_.embedding_output);
    return;
  }
  const auto codes = [&](Slot slot, ActivationSite site) {
    return CodesOf(view, slot, biases_.at(view.layer, site));
  };
  const int distinct = config_.DistinctLayer(view.layer);
  const std::vector<uint8_t> query = codes(Slot::kQuery, ActivationSite::kQuery);
  const std::vector<uint8_t> key = codes(Slot::kKey, ActivationSite::kKey);
  const std::vector<uint8_t> value = codes(Slot::kValue, ActivationSite::kValue);
  const std::vector<uint8_t> context = codes(Slot::kContext, ActivationSite::kContext);
  const std::vector<uint8_t> attended =
      codes(Slot::kAttentionOutput, ActivationSite::kAttentionOutput);
  const std::vector<uint8_t> hidden = codes(Slot::kHidden, ActivationSite::kHidden);
  const std::vector<uint8_t> probabilities = Probabilities(view.layer, query, key);
  OperandCodes operands;
  operands.layer_input = input_;
  if (!program_.layers[static_cast<size_t>(distinct)].heads.empty()) {
    operands.query = query;
    operands.key = key;
    operands.value = value;
    operands.probabilities = probabilities;
    operands.context = context;
  }
  operands.attention_output = attended;
  operands.hidden = hidden;
  const TileLayer& layer = program_.sequence[static_cast<size_t>(view.layer - 1)];
  Add(program_.layers[static_cast<size_t>(layer.section)], distinct, operands);
  if (layer.off_ramp >= 0) {
    const std::vector<uint8_t> pooled = codes(Slot::kPooled, ActivationSite::kOffRampInput);
    const std::vector<uint8_t> off_ramp =
        codes(Slot::kOffRampHidden, ActivationSite::kOffRampHidden);
    OperandCodes off_ramp_operands;
    off_ramp_operands.pooled = pooled;
    off_ramp_operands.off_ramp_hidden = off_ramp;
    Add(program_.off_ramps[static_cast<size_t>(layer.off_ramp)], layer.off_ramp, off_ramp_operands);
  }
  input_ = codes(Slot::kLayerOutput, ActivationSite::kLayerOutput);
}

std::vector<uint8_t> GatedCounter::Probabilities(int layer, const std::vector<uint8_t>& query,
                                                 const std::vector<uint8_t>& key) const {
  const int tokens = program_.tokens;
  const auto heads = ActiveHeads(config_, config_.DistinctLayer(layer), tokens);
  const int head_size = config_.head_size();
  const int width = static_cast<int>(heads.size()) * head_size;
  const ScoreScale scale =
      MakeScoreScale(head_size, biases_.at(layer, ActivationSite::kQuery) +
                                    biases_.at(layer, ActivationSite::kKey) - 2 * kAf8MantissaBits);
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
          code =
              EncodeAccumulator(kAf8, Probability(ScoreDistance(largest, score), sum.Log()),
                                -kExpFractionBits, biases_.at(layer, ActivationSite::kProbability));
        }
        result.push_back(static_cast<uint8_t>(code));
      }
    }
  }
  return result;
}

}  // namespace edgebert
