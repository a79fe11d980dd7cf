#ifndef EDGEBERT_POWER_POWER_MODEL_H_
#define EDGEBERT_POWER_POWER_MODEL_H_

#include <span>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/base/units.h"
#include "edgebert/power/energy_account.h"
#include "edgebert/power/operating_point.h"
#include "edgebert/power/regulator.h"

namespace edgebert {

/// What one layer costs the accelerator.
struct LayerWork {
  Cycles cycles;           ///< Of computing.
  Bytes streamed_bytes;    ///< Weights, while computing.
  Cycles idle_cycles{0};   ///< Of `cycles`, those in which the array waits for other units.
  Bytes exposed_bytes{0};  ///< Of `streamed_bytes`, what must be there before computing starts.
  Bytes powered_bytes{0};  ///< Of the memory of weights, what is on while the layer runs.
};

/// What a sentence costs layer by layer. Layer 1 includes the embedding, and every layer its
/// off-ramp.
struct SentenceWork {
  std::vector<LayerWork> layers;
};

/// What a change of the operating point takes.
struct Transition {
  TransitionTiming timing;
  EnergyAccount energy;

  Seconds time() const { return timing.total(); }
};

/// The memory that weights stream from.
struct WeightSource {
  Joules energy_per_byte;
  BytesPerSecond bandwidth;
  bool on_chip = false;              ///< Else it is DRAM.
  Watts standing{0};                 ///< While a sentence runs.
  Watts active_per_byte_powered{0};  ///< On top, of LayerWork::powered_bytes, while a layer runs.
};

/// Time and energy of work at an operating point, in plain numbers. The members with a default
/// leave out what they stand for.
struct PowerModel {
  OperatingPointTable points;
  /// On chip, per cycle with the array at work, at points.nominal(), leakage not included; at
  /// another voltage it goes with V².
  Joules energy_per_cycle_at_nominal;
  WeightSource weights;
  /// What a cycle in which the array waits takes, as a share of energy_per_cycle_at_nominal.
  double idle_share = 0;
  Watts leakage_at_nominal{0};
  /// Leakage power is I · V, and its current falls by e for every so many volts less.
  Volts leakage_voltage{1};
  Regulators regulators = {};

  /// exposed bytes / bandwidth + the longer of computing and streaming the rest.
  Seconds TimeOf(const LayerWork& work, const OperatingPoint& point) const;
  /// Of that time at that point. Cycles that pass while weights are waited for are idle ones.
  EnergyAccount EnergyOf(const LayerWork& work, const OperatingPoint& point) const;
  /// Nothing when the points are the same.
  Transition TransitionCost(const OperatingPoint& from, const OperatingPoint& to) const;
  Watts LeakageAt(Volts voltage) const;
};

/// Energies, powers and shares must be finite and not negative, the bandwidth and leakage_voltage
/// finite and positive, the regulators valid for the nominal point and their current limit not
/// exceeded there.
Status Validate(const PowerModel& model);

/// At least one layer; cycles and bytes finite and not negative, parts not above their whole.
Status Validate(const SentenceWork& work);

}  // namespace edgebert

#endif  // EDGEBERT_POWER_POWER_MODEL_H_
