#include "edgebert/engine/device_weights.h"

#include <algorithm>
#include <cmath>

#include "edgebert/numeric/adaptivfloat.h"
#include "edgebert/numeric/fixed_embedding.h"

namespace edgebert {
namespace {

double LargestMagnitude(const std::vector<float>& values) {
  float largest = 0;
  for (const float value : values) {
    largest = std::max(largest, std::fabs(value));
  }
  return static_cast<double>(largest);
}

/// A table as words, and its floats' memory given back.
std::vector<int32_t> TakeWords(std::vector<float>& values, int unit_exponent) {
  std::vector<int32_t> words;
  words.reserve(values.size());
  for (const float value : values) {
    words.push_back(
        static_cast<int32_t>(ToFixed(static_cast<double>(value), unit_exponent, kEmbeddingLimit)));
  }
  values = {};
  return words;
}

DeviceEmbedding TakeEmbedding(CommonWeights& common) {
  DeviceEmbedding embedding;
  const int word_bias = common.word_table.exponent_bias;
  embedding.unit_exponent = EmbeddingExponent(word_bias, LargestMagnitude(common.position_table),
                                              LargestMagnitude(common.segment_table));
  for (uint32_t code = 0; code < embedding.word_of_code.size(); ++code) {
    embedding.word_of_code[code] = static_cast<int32_t>(
        EmbeddingWord(DecodeInteger(kAf8, code), word_bias, embedding.unit_exponent));
  }
  embedding.positions = TakeWords(common.position_table, embedding.unit_exponent);
  embedding.segments = TakeWords(common.segment_table, embedding.unit_exponent);
  return embedding;
}

}  // namespace

DeviceWeights::DeviceWeights(Model& model, WeightStorage storage)
    : af8(model, kAccumulatorLimit, storage), embedding(TakeEmbedding(af8.common)) {
  const CommonWeights& common = af8.common;
  const ModelConfig& config = common.config;
  const float epsilon = config.layer_norm_epsilon;
  embedding_norm_ = MakeFixedNormWeights(common.embedding_norm.gain, common.embedding_norm.bias);
  for (const NormWeights& norm : common.attention_norms) {
    attention_norms_.push_back(MakeFixedNormWeights(norm.gain, norm.bias));
  }
  for (const NormWeights& norm : common.feed_forward_norms) {
    feed_forward_norms_.push_back(MakeFixedNormWeights(norm.gain, norm.bias));
  }
  embedding_norm_shape_ = MakeNormShape(config.embedding_size, epsilon, embedding.unit_exponent);
  for (int layer = 1; layer <= config.num_layers; ++layer) {
    const auto shape_for = [&](Slot residual) {
      return MakeNormShape(config.hidden_size, epsilon,
                           NormInputExponent(af8.ExponentBias(residual, layer)));
    };
    const int product_exponent = af8.ExponentBias(Slot::kQuery, layer) +
                                 af8.ExponentBias(Slot::kKey, layer) - 2 * kAf8MantissaBits;
    layers_.push_back({shape_for(Slot::kLayerInput), shape_for(Slot::kAttentionOutput),
                       MakeScoreScale(config.head_size(), product_exponent)});
  }
}

const FixedNormWeights& DeviceWeights::norm(NormRole role, int distinct_layer) const {
  const auto index = static_cast<size_t>(distinct_layer);
  switch (role) {
    case NormRole::kAttention:
      return attention_norms_[index];
    case NormRole::kFeedForward:
      return feed_forward_norms_[index];
    case NormRole::kEmbedding:
      break;
  }
  return embedding_norm_;
}

const NormShape& DeviceWeights::norm_shape(NormRole role, int layer) const {
  switch (role) {
    case NormRole::kAttention:
      return at(layer).attention_norm;
    case NormRole::kFeedForward:
      return at(layer).feed_forward_norm;
    case NormRole::kEmbedding:
      break;
  }
  return embedding_norm_shape_;
}

}  // namespace edgebert
