#ifndef EDGEBERT_ACCEL_ENERGY_H_
#define EDGEBERT_ACCEL_ENERGY_H_

#include <cstdint>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/base/units.h"
#include "edgebert/hardware/hardware.h"
#include "edgebert/program/layer_program.h"

namespace edgebert {

/// Events of operations on an accelerator, padding included.
struct EventCounts {
  int64_t macs = 0;                ///< Products of the array: n² in each of its cycles.
  int64_t buffer_read_bytes = 0;   ///< Operands of the array and of the special functions.
  int64_t buffer_write_bytes = 0;  ///< Results.
  int64_t sfu_elements = 0;        ///< Elements of all passes of the special function unit.

  EventCounts& operator+=(const EventCounts& other);
};

/// Values take a byte in the buffers. In each cycle the array takes in one vector of each operand
/// (2 n bytes and their masks of n bits); the special function unit reads what EstimateWork() says
/// and writes every result once.
EventCounts CountEvents(const std::vector<Operation>& operations,
                        const HardwareDescription& hardware);

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
Result<ComponentEnergies> EstimateFromComponents(const std::vector<Operation>& operations,
                                                 const HardwareDescription& hardware);

/// The estimate from above, for the same work: energy per cycle of the whole, waiting cycles at
/// their share, leakage included. It is what reports use; where the two disagree, the ratio of
/// their totals says by how much.
EnergyEstimate EstimateFromWhole(const std::vector<Operation>& operations,
                                 const HardwareDescription& hardware);

/// The sum of all areas of a description.
Constant<SquareMillimetres> TotalArea(const HardwareDescription& hardware);

}  // namespace edgebert

#endif  // EDGEBERT_ACCEL_ENERGY_H_
