#ifndef EDGEBERT_NUMERIC_BITMASK_H_
#define EDGEBERT_NUMERIC_BITMASK_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "edgebert/base/status.h"

namespace edgebert {

/// Bitmask coding of sparse codes: one bit an element (least significant bit of byte 0 first, 1
/// where the code is not zero), the last byte padded with zeros, and the non-zero codes in order.
struct BitmaskCode {
  size_t num_elements = 0;
  std::vector<uint8_t> mask;    ///< [⌈num_elements / 8⌉]
  std::vector<uint8_t> values;  ///< [number of set bits]; none is 0.

  bool operator==(const BitmaskCode&) const = default;
};

constexpr size_t MaskBytes(size_t num_elements) {
  return num_elements / 8 + (num_elements % 8 != 0);
}

/// The number of set bits in `mask`.
size_t PopulationCount(std::span<const uint8_t> mask);

/// Codes `dense`. The negative zero of AdaptivFloat (0x80) counts as zero and decodes as 0.
BitmaskCode EncodeBitmask(std::span<const uint8_t> dense);

/// Expands to `dense`, which must have num_elements entries. A mask of the wrong length, with bits
/// set past the end, or whose population differs from the number of values is an error.
Status DecodeBitmask(size_t num_elements, std::span<const uint8_t> mask,
                     std::span<const uint8_t> values, std::span<uint8_t> dense);

}  // namespace edgebert

#endif  // EDGEBERT_NUMERIC_BITMASK_H_
