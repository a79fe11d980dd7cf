#ifndef EDGEBERT_ENGINE_ARITHMETIC_H_
#define EDGEBERT_ENGINE_ARITHMETIC_H_

#include <cstdint>
#include <string_view>

#include "edgebert/base/status.h"

namespace edgebert {

/// What numbers the encoder computes with.
enum class Arithmetic : uint8_t {
  kFloat32,  ///< Single precision throughout; the reference.
  kHost,     ///< AF8 operands, exact integer products; softmax, LayerNorm and GELU in float.
  kDevice,   ///< The same products, and the accelerator's fixed point between them.
};

std::string_view ArithmeticName(Arithmetic arithmetic);  ///< "fp32", "host", "device"
Result<Arithmetic> ParseArithmetic(std::string_view name);

}  // namespace edgebert

#endif  // EDGEBERT_ENGINE_ARITHMETIC_H_
