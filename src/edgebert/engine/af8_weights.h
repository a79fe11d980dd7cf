#ifndef EDGEBERT_ENGINE_AF8_WEIGHTS_H_
#define EDGEBERT_ENGINE_AF8_WEIGHTS_H_

#include <array>
#include <cstdint>
#include <vector>

#include "edgebert/engine/weights.h"
#include "edgebert/kernels/matmul.h"
#include "edgebert/model/model.h"
#include "edgebert/program/layer_program.h"

namespace edgebert {

struct Af8Matrix {
  PackedMatrixAf8 packed;
  int exponent_bias = 0;
  std::vector<float> bias;
};

/// A linear layer's bias in units of its accumulators, which depend on the layer's activations.
struct IntegerBias {
  int unit_exponent = 0;
  PackedBiasAf8 packed;
};

/// Whether a slot holds AF8 values: all do but the updates before a residual addition and the
/// logits.
bool HoldsAf8(Slot slot);

/// What the integer arithmetics, `host` and `device`, have in common: packed matrices, biases as
/// integers, and the exponent bias of every array between them.
class Af8Weights {
 public:
  /// Takes the tensors out of a valid AF8 model. Integer biases are rounded half to even and at
  /// most `bias_limit` in magnitude.
  Af8Weights(Model& model, int64_t bias_limit, WeightStorage storage);

  /// The AF8 exponent bias of a slot's values when layer `layer` writes or reads it; 0 where the
  /// slot holds no AF8.
  int ExponentBias(Slot slot, int layer) const;

  const IntegerBias& integer_bias(MatrixRole role, int layer) const {
    return integer_biases_[static_cast<size_t>(role)][static_cast<size_t>(layer)];
  }

  CommonWeights common;
  ActivationBiases biases;
  MatrixTable<Af8Matrix> matrices;

 private:
  Af8Matrix TakeMatrix(Model& model, MatrixRole role, int index, WeightStorage storage);
  void PrepareIntegerBiases(MatrixRole role, int64_t bias_limit);

  std::array<std::vector<IntegerBias>, kNumMatrixRoles> integer_biases_;
};

}  // namespace edgebert

#endif  // EDGEBERT_ENGINE_AF8_WEIGHTS_H_
