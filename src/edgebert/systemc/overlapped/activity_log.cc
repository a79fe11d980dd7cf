#include "edgebert/systemc/overlapped/activity_log.h"

#include <algorithm>

namespace edgebert::systemc::overlapped {

std::string_view TracedUnitName(TracedUnit unit) {
  constexpr std::array<std::string_view, kNumTracedUnits> kNames = {
      "DMA", "loader", "streamer", "array", "emission", "special functions"};
  return kNames[static_cast<size_t>(unit)];
}

uint64_t ActivityLog::BusyCycles(TracedUnit unit) const {
  uint64_t cycles = 0;
  for (const ActivitySlice& slice : of(unit)) {
    cycles += slice.cycles;
  }
  return cycles;
}

double ActivityLog::TimeOf(uint64_t cycle) const {
  if (clocks_.empty()) {
    return 0;
  }
  auto span = std::lower_bound(
      clocks_.begin(), clocks_.end(), cycle,
      [](const ClockSpan& candidate, uint64_t at) { return candidate.end_cycle < at; });
  span -= span == clocks_.end() ? 1 : 0;
  return span->end_seconds +
         (static_cast<double>(cycle) - static_cast<double>(span->end_cycle)) / span->hertz;
}

}  // namespace edgebert::systemc::overlapped
