#ifndef EDGEBERT_SYSTEMC_LANE_VECTOR_H_
#define EDGEBERT_SYSTEMC_LANE_VECTOR_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace edgebert::systemc {

/// The widest vector unit that can be described.
inline constexpr size_t kMaxLanes = 32;
/// The widest memory port, in bytes.
inline constexpr size_t kMaxPortBytes = 64;

/// n codes; lanes from n on are 0.
struct LaneVector {
  std::array<uint8_t, kMaxLanes> codes = {};
  uint32_t index = 0;  ///< In its array, counted in vectors.

  bool operator==(const LaneVector&) const = default;
};

/// What a memory port delivers or takes in a cycle; bytes from its width on are 0.
struct PortWord {
  std::array<uint8_t, kMaxPortBytes> bytes = {};

  bool operator==(const PortWord&) const = default;
};

}  // namespace edgebert::systemc

#endif  // EDGEBERT_SYSTEMC_LANE_VECTOR_H_
