#include "edgebert/tiler/dma_timing.h"

#include <cmath>

namespace edgebert {

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
