#ifndef EDGEBERT_ENGINE_HOST_EXECUTOR_H_
#define EDGEBERT_ENGINE_HOST_EXECUTOR_H_

#include <memory>

#include "edgebert/engine/executor.h"
#include "edgebert/kernels/matmul.h"
#include "edgebert/model/model.h"

namespace edgebert {

/// Prepares a valid AF8 model for the `host` arithmetic: every matrix product is the exact integer
/// sum of AF8 products plus an integer bias; what stands between two products is computed in float
/// and rounded once to AF8. Takes the tensors out of `model` as it goes, so that no weight is in
/// memory twice for long.
std::unique_ptr<const Weights> PrepareHost(Model& model, WeightStorage storage);

}  // namespace edgebert

#endif  // EDGEBERT_ENGINE_HOST_EXECUTOR_H_
