#ifndef EDGEBERT_SYSTEMC_ARTIFACT_TYPES_H_
#define EDGEBERT_SYSTEMC_ARTIFACT_TYPES_H_

#include <array>
#include <cstddef>
#include <cstdint>

/// The structure that the EdgeBERT authors released (docs/accelerator.md): names of blocks are
/// theirs.
namespace edgebert::systemc::artifact {

/// Codes in a vector, and multipliers in a dot product.
inline constexpr int kLanes = 16;

/// A vector of AF8 codes.
using Codes = std::array<uint8_t, kLanes>;
/// A bit a lane, set where the code is not zero.
using Mask = uint16_t;

/// When an operation was taken up and when its end was reported, in edges of the clock.
struct OperationTime {
  uint64_t started = 0;
  uint64_t done = 0;
  uint64_t completed = 0;  ///< Operations so far.

  uint64_t cycles() const { return done - started; }
};

}  // namespace edgebert::systemc::artifact

#endif  // EDGEBERT_SYSTEMC_ARTIFACT_TYPES_H_
