#ifndef EDGEBERT_ACCEL_GATED_PRODUCTS_H_
#define EDGEBERT_ACCEL_GATED_PRODUCTS_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/model/model.h"
#include "edgebert/program/weight_names.h"
#include "edgebert/tiler/tile_program.h"

namespace edgebert {

/// AF8 codes of a layer's operands as `device` arithmetic makes them: row-major, without padding,
/// active heads side by side. What a section does not multiply may be empty.
struct OperandCodes {
  std::span<const uint8_t> embedded;          ///< [tokens × embedding_size]
  std::span<const uint8_t> layer_input;       ///< [tokens × hidden_size]
  std::span<const uint8_t> query;             ///< [tokens × heads · head_size]
  std::span<const uint8_t> key;               ///< The same.
  std::span<const uint8_t> value;             ///< The same.
  std::span<const uint8_t> probabilities;     ///< [heads × tokens × tokens]: query, then key.
  std::span<const uint8_t> context;           ///< [tokens × heads · head_size]
  std::span<const uint8_t> attention_output;  ///< [tokens × hidden_size]
  std::span<const uint8_t> hidden;            ///< [tokens × intermediate_size]
  std::span<const uint8_t> pooled;            ///< [pooled_size]
  std::span<const uint8_t> off_ramp_hidden;   ///< [pooler_size]
};

/// For every input of every weight matrix of a model, the number of active columns whose code there
/// is not zero.
class WeightLaneCounts {
 public:
  /// A model whose weights are not AF8 is kInvalidArgument.
  static Result<WeightLaneCounts> FromModel(const Model& model);

  /// Of `columns` columns from `first_column` on, by input in the order of the operand's elements.
  std::vector<int64_t> Sum(MatrixRole role, int index, int first_column, int columns) const;

 private:
  struct Matrix {
    int columns;
    int inputs;
    std::vector<uint8_t> nonzero;  ///< [columns × inputs]: 0 or 1.
  };
  std::array<std::vector<Matrix>, kNumMatrixRoles> matrices_;
};

/// Products of lanes that exist, in cycles that the array issues for a section, of which at least
/// one factor is zero: the multipliers that are gated. `index` is the section's matrix index, the
/// distinct layer or the off-ramp. Operands of another size than the program's are
/// kInvalidArgument.
Result<int64_t> GatedProducts(const TileProgram& program, const TileSection& section, int index,
                              const WeightLaneCounts& weights, const OperandCodes& codes);

}  // namespace edgebert

#endif  // EDGEBERT_ACCEL_GATED_PRODUCTS_H_
