#ifndef EDGEBERT_KERNELS_POWERS_OF_TWO_H_
#define EDGEBERT_KERNELS_POWERS_OF_TWO_H_

#include <algorithm>
#include <bit>
#include <cstdint>

namespace edgebert {

/// 2^exponent, a normal float.
inline float FloatPowerOfTwo(int exponent) {
  return std::bit_cast<float>(static_cast<uint32_t>(exponent + 127) << 23);
}

/// Of an exponent so cut that any non-zero integer below 2^53 times it still over- or underflows
/// every float and AF8 value when it did before.
inline double DoublePowerOfTwo(int64_t exponent) {
  const int64_t cut = std::clamp<int64_t>(exponent, -300, 300);
  return std::bit_cast<double>(static_cast<uint64_t>(cut + 1023) << 52);
}

}  // namespace edgebert

#endif  // EDGEBERT_KERNELS_POWERS_OF_TWO_H_
