#ifndef EDGEBERT_ENGINE_FLOAT32_EXECUTOR_H_
#define EDGEBERT_ENGINE_FLOAT32_EXECUTOR_H_

#include <memory>

#include "edgebert/engine/executor.h"
#include "edgebert/model/model.h"

namespace edgebert {

/// Prepares a valid model for single-precision arithmetic; AF8 tensors are decoded. Takes the
/// tensors out of `model` as it goes, so that no weight is in memory twice.
std::unique_ptr<const Weights> PrepareFloat32(Model& model);

}  // namespace edgebert

#endif  // EDGEBERT_ENGINE_FLOAT32_EXECUTOR_H_
