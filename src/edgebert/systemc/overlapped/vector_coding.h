#ifndef EDGEBERT_SYSTEMC_OVERLAPPED_VECTOR_CODING_H_
#define EDGEBERT_SYSTEMC_OVERLAPPED_VECTOR_CODING_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "edgebert/systemc/lane_vector.h"
#include "edgebert/systemc/overlapped/buffer_pool.h"

// How a vector of AF8 codes lies in the pool: n mask bits in its place, and the codes that are not
// zero from the start of its place on. The combinational parts of decoder and encoder.

namespace edgebert::systemc::overlapped {

using Lanes = std::array<uint8_t, kMaxLanes>;

/// Puts the values that a mask asks for into their lanes.
inline Lanes ExpandLanes(uint32_t mask, const Lanes& values) {
  Lanes lanes = {};
  for (size_t next = 0; mask != 0; mask &= mask - 1) {
    lanes[static_cast<size_t>(std::countr_zero(mask))] = values[next++];
  }
  return lanes;
}

/// The mask of the codes that are not zero (of either sign), which move to the front of `values`.
inline uint32_t PackLanes(const Lanes& lanes, Lanes& values) {
  uint32_t mask = 0;
  size_t next = 0;
  for (size_t lane = 0; lane < lanes.size(); ++lane) {
    if ((lanes[lane] & 0x7f) != 0) {
      mask |= uint32_t{1} << lane;
      values[next++] = lanes[lane];
    }
  }
  return mask;
}

/// Reads the vector whose place begins at `address`.
inline Lanes ReadVector(BufferPool& pool, int64_t address, int vector_size) {
  const uint32_t mask = pool.ReadMask(address, vector_size);
  Lanes values = {};
  pool.Read(address, std::span(values).first(static_cast<size_t>(std::popcount(mask))));
  return ExpandLanes(mask, values);
}

/// Writes a packed vector to the place that begins at `address`. Mask bits from vector_size on must
/// be 0.
inline void WritePacked(BufferPool& pool, int64_t address, int vector_size, uint32_t mask,
                        const Lanes& values) {
  std::array<uint8_t, 4> bits;
  for (size_t i = 0; i < bits.size(); ++i) {
    bits[i] = static_cast<uint8_t>(mask >> (8 * i));
  }
  pool.WriteMask(address, vector_size, bits);
  pool.Write(address, std::span(values).first(static_cast<size_t>(std::popcount(mask))));
}

/// The same for a vector that is not packed.
inline void WriteVector(BufferPool& pool, int64_t address, int vector_size, const Lanes& lanes) {
  Lanes values = {};
  const uint32_t mask = PackLanes(lanes, values);
  WritePacked(pool, address, vector_size, mask, values);
}

}  // namespace edgebert::systemc::overlapped

#endif  // EDGEBERT_SYSTEMC_OVERLAPPED_VECTOR_CODING_H_
