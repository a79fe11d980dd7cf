#ifndef EDGEBERT_TILER_WEIGHT_VECTORS_H_
#define EDGEBERT_TILER_WEIGHT_VECTORS_H_

#include <vector>

#include "edgebert/model/config.h"
#include "edgebert/program/layer_program.h"

namespace edgebert {

/// Elements of a weight matrix [outputs × inputs] that one vector holds; its other lanes are zero.
struct WeightVector {
  int row;          ///< Of the matrix.
  int first_input;  ///< Of the row.
  int lanes;        ///< At least 1.
};

/// How a weight matrix is cut into vectors of n elements. Columns of the product are the matrix's
/// rows that take part: absent heads' are left out of query, key and value. K blocks are n inputs
/// each, or fewer at the end of a part: parts are the active heads' inputs of the output projection
/// and the poolings of an off-ramp, so that each begins with a vector; elsewhere all inputs are
/// one.
class WeightLayout {
 public:
  /// `index` is the matrix's: which distinct layer or off-ramp. `config` is valid.
  WeightLayout(const ModelConfig& config, MatrixRole role, int index, int vector_size);

  int columns() const { return columns_; }
  int blocks() const { return static_cast<int>(part_offsets_.size()) * part_blocks_; }
  /// Blocks of a part, of which each begins with a vector, and its inputs.
  int part_blocks() const { return part_blocks_; }
  int part_inputs() const { return part_inputs_; }
  int Lanes(int block) const;
  /// 0 ≤ column < columns(), 0 ≤ block < blocks().
  WeightVector At(int column, int block) const;

 private:
  int vector_size_;
  int columns_ = 0;
  int head_size_ = 0;            ///< Of columns that belong to heads; 0 where none do.
  std::vector<HeadSpan> heads_;  ///< Active heads, for such columns.
  std::vector<int> part_offsets_;
  int part_inputs_ = 0;
  int part_blocks_ = 0;
};

/// Inputs and outputs of a matrix, absent heads included.
int MatrixInputs(const ModelConfig& config, MatrixRole role);
int MatrixOutputs(const ModelConfig& config, MatrixRole role);

}  // namespace edgebert

#endif  // EDGEBERT_TILER_WEIGHT_VECTORS_H_
