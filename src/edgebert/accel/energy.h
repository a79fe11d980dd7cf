#ifndef EDGEBERT_ACCEL_ENERGY_H_
#define EDGEBERT_ACCEL_ENERGY_H_

#include <cstdint>

#include "edgebert/base/status.h"
#include "edgebert/base/units.h"
#include "edgebert/hardware/hardware.h"
#include "edgebert/tiler/tile_program.h"

namespace edgebert {

/// Events of a layer on an accelerator.
struct EventCounts {
  int64_t cycles = 0;              ///< From the decision of the layer before to its own.
  int64_t array_cycles = 0;        ///< Those in which the array multiplies.
  int64_t products = 0;            ///< Of the array's lanes that exist, in those cycles.
  int64_t buffer_read_bytes = 0;   ///< Mask bits included.
  int64_t buffer_write_bytes = 0;  ///< The same, with what DMA writes.
  int64_t sfu_elements = 0;        ///< Of all passes, and of activations on their way out.
};

/// What layer `layer` of a program, its off-ramp included (and the embedding with layer 1), makes
/// the accelerator do when weights are there whenever they are asked for: by the cycle model, after
/// the layers before it. 1 ≤ layer ≤ num_layers.
EventCounts CountEvents(const TileProgram& program, int layer);

/// Joules with the ends that the ranges of constants allow.
struct EnergyEstimate {
  Joules low;
  Joules value;
  Joules high;

  EnergyEstimate& operator+=(const EnergyEstimate& other);
};

/// On-chip energy by component at the nominal point.
struct ComponentEnergies {
  EnergyEstimate array;
  EnergyEstimate buffers;
  EnergyEstimate special_functions;
  EnergyEstimate control;  ///< Clock, decoders, instructions: a share of the three above.
  EnergyEstimate leakage;

  EnergyEstimate total() const;
};

/// The estimate from below: events times the energies of single events, scaled with V² to the
/// nominal point, and leakage over the time of computing. kInvalidArgument when the description has
/// no components.
Result<ComponentEnergies> EstimateFromComponents(const EventCounts& events,
                                                 const HardwareDescription& hardware);

/// The estimate from above, for the same work: energy per cycle of the whole, waiting cycles at
/// their share, leakage included, as PowerModel has it. It is what reports use; where the two
/// disagree, the ratio of their totals says by how much.
EnergyEstimate EstimateFromWhole(const EventCounts& events, const HardwareDescription& hardware);

/// The sum of all areas of a description.
Constant<SquareMillimetres> TotalArea(const HardwareDescription& hardware);

}  // namespace edgebert

#endif  // EDGEBERT_ACCEL_ENERGY_H_
