#ifndef EDGEBERT_POWER_POWER_MODEL_H_
#define EDGEBERT_POWER_POWER_MODEL_H_

#include <span>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/base/units.h"
#include "edgebert/power/operating_point.h"

namespace edgebert {

/// What one layer costs the accelerator.
struct LayerWork {
  Cycles cycles;
  Bytes dram_bytes;
};

/// What a sentence costs layer by layer. Layer 1 includes the embedding, and every layer its
/// off-ramp.
struct SentenceWork {
  std::vector<LayerWork> layers;
};

/// Time and energy of work at an operating point. On-chip energy is all switching energy: it goes
/// with cycles and V², and waiting for DRAM costs nothing. Changes of the operating point are free
/// and take no time.
struct PowerModel {
  OperatingPointTable points;
  Joules energy_per_cycle_at_nominal;  ///< On chip, at points.nominal().
  Joules dram_energy_per_byte;
  BytesPerSecond dram_bandwidth;

  /// The longer of computing and streaming, which overlap.
  Seconds TimeOf(const LayerWork& work, const OperatingPoint& point) const;
  /// cycles · energy per cycle · (V / V_nominal)².
  Joules OnChipEnergy(const LayerWork& work, const OperatingPoint& point) const;
  Joules DramEnergy(const LayerWork& work) const;
};

/// Energies must be finite and not negative, the bandwidth finite and positive.
Status Validate(const PowerModel& model);

/// At least one layer; cycles and bytes finite and not negative.
Status Validate(const SentenceWork& work);

}  // namespace edgebert

#endif  // EDGEBERT_POWER_POWER_MODEL_H_
