#ifndef EDGEBERT_POWER_WAVEFORM_H_
#define EDGEBERT_POWER_WAVEFORM_H_

#include <span>
#include <string>
#include <vector>

#include "edgebert/base/units.h"
#include "edgebert/power/operating_point.h"
#include "edgebert/power/power_model.h"

namespace edgebert {

/// A stretch of time with constant clock and powers; the voltage moves linearly.
struct WaveformSegment {
  int layer;  ///< That runs, or that the change of the operating point leads to.
  bool transition;
  Seconds start;
  Seconds duration;  ///< Above zero.
  Volts start_voltage;
  Volts end_voltage;
  Hertz clock;         ///< 0 while the clock generator locks.
  Watts load_power;    ///< On chip, behind the regulator of the logic.
  Watts supply_power;  ///< Before it.
  Watts dram_power;

  Seconds end() const { return start + duration; }
};

/// Voltage, clock and power over the time of a sentence whose layers ran at `points`, segments end
/// to end. Their energies and durations are those that CostOf() sums: powers are means over the layer
/// or over the whole change. Upwards the voltage settles before the clock changes, downwards after it. A
/// transition without duration has its energy in the layer after it.
std::vector<WaveformSegment> WaveformOf(const PowerModel& model, const SentenceWork& work,
                                        std::span<const OperatingPoint> points);

/// Comma-separated: a header, then two rows a segment, at its start and its end:
/// time_s,voltage_v,frequency_hz,load_power_w,supply_power_w,dram_power_w,layer,phase with the
/// phases "layer" and "transition".
std::string WaveformCsv(std::span<const WaveformSegment> waveform);

}  // namespace edgebert

#endif  // EDGEBERT_POWER_WAVEFORM_H_
