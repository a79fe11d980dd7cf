#ifndef EDGEBERT_ENGINE_LAYER_FUNCTIONS_H_
#define EDGEBERT_ENGINE_LAYER_FUNCTIONS_H_

#include <span>

#include "edgebert/model/config.h"
#include "edgebert/program/layer_program.h"

namespace edgebert {

/// Applies what follows a matrix product, in place.
void ApplyFunction(ElementFunction function, Activation activation, std::span<float> values);

/// Pools token vectors [tokens × width] into one [width].
void PoolRows(Pooling pooling, std::span<const float> states, int tokens, int width,
              std::span<float> pooled);

}  // namespace edgebert

#endif  // EDGEBERT_ENGINE_LAYER_FUNCTIONS_H_
