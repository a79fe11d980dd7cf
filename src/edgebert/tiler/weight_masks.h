#ifndef EDGEBERT_TILER_WEIGHT_MASKS_H_
#define EDGEBERT_TILER_WEIGHT_MASKS_H_

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/model/model.h"
#include "edgebert/program/layer_program.h"
#include "edgebert/program/weight_names.h"

namespace edgebert {

/// How many codes of each weight vector of a matrix are not zero; WeightLayout cuts it.
class MatrixMask {
 public:
  MatrixMask(int columns, int blocks, std::vector<uint8_t> counts);

  int columns() const { return columns_; }
  int blocks() const { return blocks_; }
  /// Of one vector.
  int At(int column, int block) const {
    return counts_[static_cast<size_t>(column) * static_cast<size_t>(blocks_) +
                   static_cast<size_t>(block)];
  }
  /// Of the vectors of `columns` columns in `blocks` blocks.
  int64_t Sum(int first_column, int columns, int first_block, int blocks) const;

 private:
  int columns_;
  int blocks_;
  std::vector<uint8_t> counts_;  ///< [columns × blocks]
  std::vector<int64_t> totals_;  ///< [columns + 1]: of all columns before.
};

/// The masks of all weight matrices of a model.
class WeightMasks {
 public:
  /// The code counts of a vector: how many of its `lanes` elements are not zero.
  using Count = std::function<int(MatrixRole role, int index, int column, int block, int lanes)>;

  /// Of a valid model, in vectors of `vector_size` ≤ 255 elements. A model whose weights are not
  /// AF8 is kInvalidArgument.
  static Result<WeightMasks> FromModel(const Model& model, int vector_size);
  /// Of a shape without weights, as if no code were zero.
  static WeightMasks Dense(const ModelConfig& config, int vector_size);
  static WeightMasks Generate(const ModelConfig& config, int vector_size, const Count& count);

  int vector_size() const { return vector_size_; }
  const MatrixMask& at(MatrixRole role, int index) const {
    return masks_[static_cast<size_t>(role)][static_cast<size_t>(index)];
  }

 private:
  explicit WeightMasks(int vector_size) : vector_size_(vector_size) {}

  int vector_size_;
  std::array<std::vector<MatrixMask>, kNumMatrixRoles> masks_;
};

}  // namespace edgebert

#endif  // EDGEBERT_TILER_WEIGHT_MASKS_H_
