#ifndef EDGEBERT_ENGINE_DEVICE_EXECUTOR_H_
#define EDGEBERT_ENGINE_DEVICE_EXECUTOR_H_

#include <memory>

#include "edgebert/base/status.h"
#include "edgebert/engine/executor.h"
#include "edgebert/kernels/matmul.h"
#include "edgebert/model/model.h"

namespace edgebert {

/// Prepares a valid AF8 model for the `device` arithmetic, the accelerator's own: matrix products
/// as in `host`, and between them only the integer functions of numeric/fixed_*.h. Takes the
/// tensors out of `model` as it goes. Errors: a word table that is not AF8, a matrix with more
/// inputs than 40-bit accumulators are safe for.
///
/// What slots hold: AF8 values, but for the two updates (20-bit words in units of
/// NormInputExponent() of their residual's bias) and the logits (24-bit words, units of 2^-16).
Result<std::unique_ptr<const Weights>> PrepareDevice(Model& model, WeightStorage storage);

}  // namespace edgebert

#endif  // EDGEBERT_ENGINE_DEVICE_EXECUTOR_H_
