#include "edgebert/tiler/machine_shape.h"

#include <fmt/format.h>

#include <cmath>

namespace edgebert {

int64_t MachineShape::PassCycles(int64_t vectors) const {
  return static_cast<int64_t>(std::ceil(static_cast<double>(vectors) / vectors_per_cycle));
}

Result<MachineShape> MachineShapeOf(const HardwareDescription& hardware) {
  const BufferDescription& buffers = hardware.buffers;
  if (buffers.data.value <= Bytes(0) || buffers.auxiliary.value <= Bytes(0)) {
    return InvalidArgument(fmt::format(
        "{} has no section 'buffers': what the accelerator executes depends on their sizes",
        hardware.name));
  }
  MachineShape shape;
  shape.vector_size = hardware.vector_size.value;
  shape.accumulator_tiles = hardware.accumulator_tiles.value;
  shape.banks = buffers.banks.value;
  shape.port_bytes = hardware.dram_port.value;
  shape.vectors_per_cycle = hardware.sfu_vectors_per_cycle.value;
  if (shape.vector_size < 1 || shape.accumulator_tiles < 1 || shape.banks < 1 ||
      shape.port_bytes < 1 || !(shape.vectors_per_cycle > 0)) {
    return InvalidArgument(fmt::format(
        "{}: vector_size, accumulator_tiles, banks, dram_port and sfu_throughput must be positive",
        hardware.name));
  }
  shape.bank_bytes = static_cast<int64_t>(buffers.data.value.value()) / shape.banks;
  shape.auxiliary_bytes = static_cast<int64_t>(buffers.auxiliary.value.value());
  if (shape.bank_bytes < shape.vector_size) {
    return InvalidArgument(fmt::format("{}: a bank of {} bytes holds no vector of {} elements",
                                       hardware.name, shape.bank_bytes, shape.vector_size));
  }
  shape.bank_bytes -= shape.bank_bytes % shape.vector_size;
  return shape;
}

}  // namespace edgebert
