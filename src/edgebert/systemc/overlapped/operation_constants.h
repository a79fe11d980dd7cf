#ifndef EDGEBERT_SYSTEMC_OVERLAPPED_OPERATION_CONSTANTS_H_
#define EDGEBERT_SYSTEMC_OVERLAPPED_OPERATION_CONSTANTS_H_

#include <optional>
#include <vector>

#include "edgebert/model/config.h"
#include "edgebert/numeric/fixed_functions.h"
#include "edgebert/numeric/fixed_layer_norm.h"
#include "edgebert/numeric/fixed_softmax.h"

namespace edgebert::systemc::overlapped {

/// What the emission path of a matrix product is set to.
struct ArrayConstants {
  int unit_exponent = 0;                    ///< log2 of what one unit of the sums is worth.
  std::optional<FixedActivation> function;  ///< Of words of AF8.
  int output_bias = 0;                      ///< AF8 exponent bias.
  int residual_bias = 0;                    ///< Updates: of the residual that they are added to.
  ScoreScale score_scale{};
};

/// What the special function unit is set to.
struct SpecialConstants {
  int output_bias = 0;     ///< AF8 exponent bias.
  int unit_exponent = 0;   ///< Pooling: of the input's integers.
  NormShape norm_shape{};  ///< LayerNorm.
  int norm_exponent = 0;   ///< LayerNorm: FixedNormWeights::unit_exponent.
  std::vector<Pooling> pooling;
};

}  // namespace edgebert::systemc::overlapped

#endif  // EDGEBERT_SYSTEMC_OVERLAPPED_OPERATION_CONSTANTS_H_
