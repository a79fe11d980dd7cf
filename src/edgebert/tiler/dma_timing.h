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
    const int64_t port = port_bytes > 0 ? RoundedUp(size / static_cast<double>(port_bytes)) : 0;
    return std::max(port, RoundedUp(size * cycles_per_byte));
  }

 private:
  /// Without a call of std::ceil, which this takes most of its time for.
  static int64_t RoundedUp(double value) {
    const auto whole = static_cast<int64_t>(value);
    return whole + (static_cast<double>(whole) < value ? 1 : 0);
  }
};

/// At a clock of `frequency`: from DRAM, or from the resident weight memory, which has no latency
/// and delivers at the port's pace.
DmaTiming DmaTimingAt(const HardwareDescription& hardware, Hertz frequency);

/// Panels are there as soon as they are asked for.
inline DmaTiming IdealDma() { return {}; }

}  // namespace edgebert

#endif  // EDGEBERT_TILER_DMA_TIMING_H_
