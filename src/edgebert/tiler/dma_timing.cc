#include "edgebert/tiler/dma_timing.h"

#include <algorithm>
#include <cmath>

#include "edgebert/tiler/machine_shape.h"

namespace edgebert {

int64_t DmaTiming::TransferCycles(int64_t bytes) const {
  const int64_t port = port_bytes > 0 ? CeilDivide(bytes, port_bytes) : 0;
  const auto memory = static_cast<int64_t>(std::ceil(static_cast<double>(bytes) * cycles_per_byte));
  return std::max(port, memory);
}

DmaTiming DmaTimingAt(const HardwareDescription& hardware, Hertz frequency) {
  DmaTiming timing;
  timing.port_bytes = hardware.dram_port.value;
  if (!hardware.weights.resident) {
    timing.latency_cycles = static_cast<int64_t>(
        std::ceil(hardware.dram_latency.value.value() * frequency.value() * (1 - 1e-12)));
    timing.cycles_per_byte = frequency.value() / hardware.dram_bandwidth.value.value();
  }
  return timing;
}

}  // namespace edgebert
