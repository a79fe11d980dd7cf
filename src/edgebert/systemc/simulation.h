#ifndef EDGEBERT_SYSTEMC_SIMULATION_H_
#define EDGEBERT_SYSTEMC_SIMULATION_H_

#include <cstdint>
#include <functional>

#include "edgebert/base/status.h"

namespace edgebert::systemc {

class Clock;

/// Runs `body` in a SystemC kernel of its own, with a time resolution of 1 fs. All modules and
/// channels must be made, simulated and destroyed within `body`; an sc_time means nothing outside
/// it, as the resolution belongs to the kernel. A process simulates one design at a time, as
/// SystemC's current kernel is a global variable: other threads wait for their turn, and a
/// simulation within a simulation is refused (kInvalidArgument). What SystemC reports as an error,
/// and any exception of `body`, comes back as kInternal; warnings are dropped, nothing is printed.
Status InSimulation(const std::function<Status()>& body);

/// Bounds of a run.
struct RunLimits {
  /// Edges of the clock without any item passing through any channel, before the run is given up.
  uint64_t idle_edges = 10'000;
};

/// Simulates until `done` holds, as looked at before every edge of `clock`; a later call goes on
/// from there. When nothing moves, or no event is left, the error (kInternal) names every unit that
/// waits and the state of the channels at which it does.
Status RunUntil(Clock& clock, const std::function<bool()>& done, const RunLimits& limits = {});

/// For channels: something moved. It must be called in a simulation.
void NoteMovement();

}  // namespace edgebert::systemc

#endif  // EDGEBERT_SYSTEMC_SIMULATION_H_
