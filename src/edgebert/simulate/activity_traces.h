#ifndef EDGEBERT_SIMULATE_ACTIVITY_TRACES_H_
#define EDGEBERT_SIMULATE_ACTIVITY_TRACES_H_

#include <string>

#include "edgebert/systemc/overlapped/activity_log.h"
#include "edgebert/tiler/tile_program.h"

namespace edgebert {

// Pictures of what the units of the simulated accelerator did, over the time of a sentence.

/// A trace for Perfetto or chrome://tracing: a track for each unit with a slice for every stretch
/// of consecutive cycles that it worked for one operation (`args`: layer, cycle, cycles), a track
/// of layers with their off-ramps, and voltage and frequency as counters. In microseconds with
/// picoseconds as decimals, from the start of the sentence.
std::string TimelineJson(const TileProgram& program,
                         const systemc::overlapped::ActivityLog& activity);

/// A value change dump in picoseconds: for each unit whether it is busy and with which operation of
/// its section, the layer under way, supply voltage and clock (0 while it locks).
std::string ActivityVcd(const systemc::overlapped::ActivityLog& activity);

/// How busy each unit is over the time of the sentence, layer by layer, as SVG.
std::string ActivitySvg(const systemc::overlapped::ActivityLog& activity, const std::string& title);

}  // namespace edgebert

#endif  // EDGEBERT_SIMULATE_ACTIVITY_TRACES_H_
