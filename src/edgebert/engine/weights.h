#ifndef EDGEBERT_ENGINE_WEIGHTS_H_
#define EDGEBERT_ENGINE_WEIGHTS_H_

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/model/model.h"
#include "edgebert/program/layer_program.h"
#include "edgebert/program/weight_names.h"

namespace edgebert {

/// LayerNorm parameters, [width] each.
struct NormWeights {
  std::vector<float> gain;
  std::vector<float> bias;
};

/// What both arithmetics keep of a model besides its matrices: tables and LayerNorms, in float.
struct CommonWeights {
  ModelConfig config;
  Tensor word_table;                     ///< Float32 or dense AF8: rows are decoded when looked up.
  std::array<float, 256> word_values{};  ///< What each AF8 code of word_table stands for.
  std::vector<float> position_table;
  std::vector<float> segment_table;
  NormWeights embedding_norm;
  std::vector<NormWeights> attention_norms;     ///< [distinct layers]
  std::vector<NormWeights> feed_forward_norms;  ///< [distinct layers]

  const NormWeights& norm(NormRole role, int distinct_layer) const;
};

/// Takes the tables and norms out of a valid model.
CommonWeights TakeCommonWeights(Model& model);

/// Sums the rows of the three tables for every token, then normalises: [tokens × embedding_size].
/// Where `word_codes` is not empty, it stands in for the rows of the (AF8) word table.
void LookUpEmbeddings(const CommonWeights& weights, std::span<const int32_t> ids,
                      std::span<const int32_t> segment_ids, std::span<const uint8_t> word_codes,
                      std::span<float> output);

inline bool IsHeadProjection(MatrixRole role) {
  return role == MatrixRole::kQuery || role == MatrixRole::kKey || role == MatrixRole::kValue;
}

/// The part of a projection matrix [outputs × inputs] that heads with a span use: the rows of their
/// outputs for query, key and value, the columns of their inputs for the output projection, all of
/// it for other roles. `outputs` and `inputs` are updated.
template <typename T>
std::vector<T> TakeActivePart(const ModelConfig& config, MatrixRole role, int distinct_layer,
                              std::vector<T> matrix, int& outputs, int& inputs) {
  const bool by_rows = IsHeadProjection(role);
  if (!by_rows && role != MatrixRole::kAttentionOutput) {
    return matrix;
  }
  const std::vector<HeadSpan> heads = ActiveHeads(config, distinct_layer, config.max_positions);
  if (static_cast<int>(heads.size()) == config.num_heads) {
    return matrix;
  }
  const auto head_size = static_cast<size_t>(config.head_size());
  const auto width = static_cast<size_t>(inputs);
  std::vector<T> part;
  if (by_rows) {
    for (const HeadSpan& head : heads) {
      const auto first = matrix.begin() + static_cast<std::ptrdiff_t>(
                                              static_cast<size_t>(head.head) * head_size * width);
      part.insert(part.end(), first, first + static_cast<std::ptrdiff_t>(head_size * width));
    }
    outputs = static_cast<int>(heads.size() * head_size);
    return part;
  }
  for (size_t row = 0; row < static_cast<size_t>(outputs); ++row) {
    for (const HeadSpan& head : heads) {
      const auto first =
          matrix.begin() +
          static_cast<std::ptrdiff_t>(row * width + static_cast<size_t>(head.head) * head_size);
      part.insert(part.end(), first, first + static_cast<std::ptrdiff_t>(head_size));
    }
  }
  inputs = static_cast<int>(heads.size() * head_size);
  return part;
}

/// The entries of a projection's bias that heads with a span use.
std::vector<float> TakeActiveBias(const ModelConfig& config, MatrixRole role, int distinct_layer,
                                  std::vector<float> bias);

/// Matrices of one kind, found by role and layer.
template <typename Matrix>
class MatrixTable {
 public:
  explicit MatrixTable(const ModelConfig& config) : config_(config) {}

  std::vector<Matrix>& of(MatrixRole role) { return matrices_[static_cast<size_t>(role)]; }
  const Matrix& at(MatrixRole role, int layer) const {
    return matrices_[static_cast<size_t>(role)]
                    [static_cast<size_t>(MatrixIndex(config_, role, layer))];
  }

 private:
  ModelConfig config_;
  std::array<std::vector<Matrix>, kNumMatrixRoles> matrices_;
};

/// The tensor of that name, which a valid model has.
Tensor& TensorOf(Model& model, const std::string& name);

/// Its values, and its payload's memory given back.
std::vector<float> TakeFloats(Model& model, const std::string& name);

}  // namespace edgebert

#endif  // EDGEBERT_ENGINE_WEIGHTS_H_
