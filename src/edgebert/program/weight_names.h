#ifndef EDGEBERT_PROGRAM_WEIGHT_NAMES_H_
#define EDGEBERT_PROGRAM_WEIGHT_NAMES_H_

#include <string>

#include "edgebert/model/config.h"
#include "edgebert/program/layer_program.h"

namespace edgebert {

inline constexpr int kNumMatrixRoles = 9;

/// How many matrices of a role a model has: one for each distinct layer or off-ramp, or one.
int NumMatrices(const ModelConfig& config, MatrixRole role);

/// Which of them layer `layer` uses (its off-ramp's, for off-ramp roles).
int MatrixIndex(const ModelConfig& config, MatrixRole role, int layer);

/// "layer.3.attention.query" and the like: the tensor's name without ".weight" or ".bias".
std::string MatrixName(const ModelConfig& config, MatrixRole role, int index);

/// The LayerNorm tensors' common name, without ".gain" or ".bias".
std::string NormName(NormRole role, int distinct_layer);

}  // namespace edgebert

#endif  // EDGEBERT_PROGRAM_WEIGHT_NAMES_H_
