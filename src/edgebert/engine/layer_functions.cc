#include "edgebert/engine/layer_functions.h"

#include <algorithm>

#include "edgebert/kernels/elementwise.h"

namespace edgebert {
namespace {

void ApplyActivation(Activation activation, std::span<float> values) {
  switch (activation) {
    case Activation::kGelu:
      return Gelu(values);
    case Activation::kGeluTanh:
      return GeluTanh(values);
    case Activation::kRelu:
      return Relu(values);
  }
}

}  // namespace

void ApplyFunction(ElementFunction function, Activation activation, std::span<float> values) {
  switch (function) {
    case ElementFunction::kNone:
      return;
    case ElementFunction::kActivation:
      return ApplyActivation(activation, values);
    case ElementFunction::kTanh:
      return Tanh(values);
  }
}

void PoolRows(Pooling pooling, std::span<const float> states, int tokens, int width,
              std::span<float> pooled) {
  switch (pooling) {
    case Pooling::kCls:
      std::copy_n(states.begin(), width, pooled.begin());
      return;
    case Pooling::kMean:
      MeanOverRows(states, tokens, width, pooled);
      return;
  }
}

}  // namespace edgebert
