#ifndef EDGEBERT_TILER_MACHINE_SHAPE_H_
#define EDGEBERT_TILER_MACHINE_SHAPE_H_

#include <cstdint>

#include "edgebert/base/status.h"
#include "edgebert/hardware/hardware.h"

namespace edgebert {

constexpr int64_t CeilDivide(int64_t dividend, int64_t divisor) {
  return (dividend + divisor - 1) / divisor;
}
constexpr int64_t RoundUp(int64_t value, int64_t multiple) {
  return CeilDivide(value, multiple) * multiple;
}

/// What the tiler needs to know of a description, in whole numbers.
struct MachineShape {
  int vector_size = 0;
  int accumulator_tiles = 0;
  int banks = 0;
  int64_t bank_bytes = 0;
  int64_t auxiliary_bytes = 0;
  int64_t port_bytes = 0;
  double vectors_per_cycle = 1;  ///< Of the special function unit.

  /// Vectors that one job can stream.
  int group_size() const { return vector_size * accumulator_tiles; }
  int64_t Vectors(int64_t elements) const { return CeilDivide(elements, vector_size); }
  /// Cycles of one pass of the special function unit over so many vectors.
  int64_t PassCycles(int64_t vectors) const;
};

/// kInvalidArgument where the description has no buffers, or numbers that no file could hold.
Result<MachineShape> MachineShapeOf(const HardwareDescription& hardware);

}  // namespace edgebert

#endif  // EDGEBERT_TILER_MACHINE_SHAPE_H_
