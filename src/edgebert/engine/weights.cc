#include "edgebert/engine/weights.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "edgebert/kernels/elementwise.h"
#include "edgebert/numeric/adaptivfloat.h"

namespace edgebert {
namespace {

/// row += the table's row `index`.
void AddRow(const std::vector<float>& table, size_t index, std::span<float> row) {
  const float* source = table.data() + index * row.size();
  for (size_t i = 0; i < row.size(); ++i) {
    row[i] += source[i];
  }
}

/// row = what the codes of a word row stand for.
void DecodeWordRow(const CommonWeights& weights, const uint8_t* codes, std::span<float> row) {
  for (size_t i = 0; i < row.size(); ++i) {
    row[i] = weights.word_values[codes[i]];
  }
}

/// row = the row `index` of the word table.
void CopyWordRow(const CommonWeights& weights, size_t index, std::span<float> row) {
  const Tensor& table = weights.word_table;
  if (table.encoding == TensorEncoding::kFloat32) {
    std::memcpy(row.data(), table.payload.data() + index * row.size_bytes(), row.size_bytes());
    return;
  }
  DecodeWordRow(weights, table.payload.data() + index * row.size(), row);
}

NormWeights TakeNorm(Model& model, const std::string& name) {
  return {TakeFloats(model, name + ".gain"), TakeFloats(model, name + ".bias")};
}

}  // namespace

const NormWeights& CommonWeights::norm(NormRole role, int distinct_layer) const {
  const auto index = static_cast<size_t>(distinct_layer);
  switch (role) {
    case NormRole::kAttention:
      return attention_norms[index];
    case NormRole::kFeedForward:
      return feed_forward_norms[index];
    case NormRole::kEmbedding:
      break;
  }
  return embedding_norm;
}

Tensor& TensorOf(Model& model, const std::string& name) {
  const auto found =
      std::lower_bound(model.tensors.begin(), model.tensors.end(), name,
                       [](const Tensor& t, const std::string& n) { return t.name < n; });
  return *found;
}

std::vector<float> TakeFloats(Model& model, const std::string& name) {
  Tensor& tensor = TensorOf(model, name);
  std::vector<float> values = FloatValues(tensor);
  tensor.payload = {};
  return values;
}

std::vector<float> TakeActiveBias(const ModelConfig& config, MatrixRole role, int distinct_layer,
                                  std::vector<float> bias) {
  if (!IsHeadProjection(role)) {
    return bias;
  }
  int rows = static_cast<int>(bias.size());
  int width = 1;
  return TakeActivePart(config, role, distinct_layer, std::move(bias), rows, width);
}

CommonWeights TakeCommonWeights(Model& model) {
  CommonWeights weights;
  weights.config = model.config;
  Tensor& word_table = TensorOf(model, "embedding.word");
  std::vector<uint8_t> payload = std::exchange(word_table.payload, {});
  weights.word_table = word_table;
  weights.word_table.payload = std::move(payload);
  if (weights.word_table.encoding == TensorEncoding::kAf8Bitmask) {
    weights.word_table.payload = Af8Codes(weights.word_table);
    weights.word_table.encoding = TensorEncoding::kAf8;
  }
  for (uint32_t code = 0; code < weights.word_values.size(); ++code) {
    weights.word_values[code] =
        static_cast<float>(Decode(kAf8, code, weights.word_table.exponent_bias));
  }
  weights.position_table = TakeFloats(model, "embedding.position");
  weights.segment_table = TakeFloats(model, "embedding.segment");
  weights.embedding_norm = TakeNorm(model, NormName(NormRole::kEmbedding, 0));
  for (int distinct = 0; distinct < model.config.num_distinct_layers; ++distinct) {
    weights.attention_norms.push_back(TakeNorm(model, NormName(NormRole::kAttention, distinct)));
    weights.feed_forward_norms.push_back(
        TakeNorm(model, NormName(NormRole::kFeedForward, distinct)));
  }
  return weights;
}

void LookUpEmbeddings(const CommonWeights& weights, std::span<const int32_t> ids,
                      std::span<const int32_t> segment_ids, std::span<const uint8_t> word_codes,
                      std::span<float> output) {
  const auto width = static_cast<size_t>(weights.config.embedding_size);
  for (size_t token = 0; token < ids.size(); ++token) {
    const std::span<float> row = output.subspan(token * width, width);
    if (word_codes.empty()) {
      CopyWordRow(weights, static_cast<size_t>(ids[token]), row);
    } else {
      DecodeWordRow(weights, word_codes.data() + token * width, row);
    }
    AddRow(weights.segment_table, static_cast<size_t>(segment_ids[token]), row);
    AddRow(weights.position_table, token, row);
    AddLayerNorm(row, {}, weights.embedding_norm.gain, weights.embedding_norm.bias,
                 weights.config.layer_norm_epsilon, row);
  }
}

}  // namespace edgebert
