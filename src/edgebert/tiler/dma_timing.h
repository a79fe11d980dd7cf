#ifndef EDGEBERT_TILER_DMA_TIMING_H_
#define EDGEBERT_TILER_DMA_TIMING_H_

#include <algorithm>
#include <cstdint>

#include "edgebert/base/units.h"
#include "edgebert/hardware/hardware.h"

namespace edgebert {

/// How fast weight panels arrive, in cycles of a clock. What DRAM does takes the same time whatever
/// the clock is; the port moves its bytes with the clock.
struct DmaTiming {
  int64_t latency_cycles = 0;
  int64_t port_bytes = 0;      ///< A cycle; 0: any number.
  double cycles_per_byte = 0;  ///< Of the memory behind the port; 0: as fast as the port asks.

  /// Cycles for which a panel of `bytes` < 2^32 bytes takes the channel.
  int64_t TransferCycles(int64_t bytes) const {
    const auto size = static_cast<double>(bytes);
    const double port = port_bytes > 0 ? size / static_cast<double>(port_bytes) : 0;
    const double cycles = std::max(port, size * cycles_per_byte);
    // Rounded up without std::ceil, which is a call: this runs for every panel.
    const auto whole = static_cast<int64_t>(cycles);
    return whole + (static_cast<double>(whole) < cycles ? 1 : 0);
  }
};

/// At a clock of `frequency`: from DRAM, or from the resident weight memory, which has no latency
/// and delivers at the port's pace.
DmaTiming DmaTimingAt(const HardwareDescription& hardware, Hertz frequency);

/// Panels are there as soon as they are asked for.
inline DmaTiming IdealDma() { return {}; }

}  // namespace edgebert

#endif  // EDGEBERT_TILER_DMA_TIMING_H_
