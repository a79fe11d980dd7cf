#include "edgebert/power/waveform.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace edgebert {
namespace {

class WaveformBuilder {
 public:
  /// Appends a segment with a share of an account's energy; one without duration leaves nothing.
  void Append(WaveformSegment segment, const EnergyAccount& account, double share) {
    if (segment.duration <= Seconds(0)) {
      return;
    }
    segment.start = now_;
    segment.load_power = PowerOf(account.on_chip_load() * share, segment.duration);
    segment.supply_power = PowerOf(account.on_chip_supply() * share, segment.duration);
    segment.dram_power = PowerOf(account.dram_total() * share, segment.duration);
    now_ += segment.duration;
    segments_.push_back(segment);
  }

  std::vector<WaveformSegment> Take() { return std::move(segments_); }

 private:
  Seconds now_;
  std::vector<WaveformSegment> segments_;
};

/// The change from one point to another, towards `layer`.
void AppendTransition(const Transition& transition, int layer, const OperatingPoint& from,
                      const OperatingPoint& to, WaveformBuilder& builder) {
  const double slew_share = transition.timing.slew / transition.time();
  WaveformSegment slew{.layer = layer,
                       .transition = true,
                       .start = {},
                       .duration = transition.timing.slew,
                       .start_voltage = from.voltage,
                       .end_voltage = to.voltage,
                       .clock = std::min(from.frequency, to.frequency),
                       .load_power = {},
                       .supply_power = {},
                       .dram_power = {}};
  WaveformSegment lock = slew;
  lock.duration = transition.timing.lock;
  lock.clock = Hertz(0);
  const bool rising = to.voltage > from.voltage;
  lock.start_voltage = lock.end_voltage = rising ? to.voltage : from.voltage;
  if (rising) {
    builder.Append(slew, transition.energy, slew_share);
    builder.Append(lock, transition.energy, 1 - slew_share);
  } else {
    builder.Append(lock, transition.energy, 1 - slew_share);
    builder.Append(slew, transition.energy, slew_share);
  }
}

}  // namespace

std::vector<WaveformSegment> WaveformOf(const PowerModel& model, const SentenceWork& work,
                                        std::span<const OperatingPoint> points) {
  WaveformBuilder builder;
  EnergyAccount carried;  // Of transitions that took no time.
  for (size_t i = 0; i < points.size(); ++i) {
    const int layer = static_cast<int>(i) + 1;
    if (i > 0) {
      const Transition transition = model.TransitionCost(points[i - 1], points[i]);
      if (transition.time() > Seconds(0)) {
        AppendTransition(transition, layer, points[i - 1], points[i], builder);
      } else {
        carried += transition.energy;
      }
    }
    const Seconds time = model.TimeOf(work.layers[i], points[i]);
    EnergyAccount energy = model.EnergyOf(work.layers[i], points[i]);
    energy += carried;
    carried = {};
    builder.Append({.layer = layer,
                    .transition = false,
                    .start = {},
                    .duration = time,
                    .start_voltage = points[i].voltage,
                    .end_voltage = points[i].voltage,
                    .clock = points[i].frequency,
                    .load_power = {},
                    .supply_power = {},
                    .dram_power = {}},
                   energy, 1);
  }
  return builder.Take();
}

std::string WaveformCsv(std::span<const WaveformSegment> waveform) {
  std::string csv =
      "time_s,voltage_v,frequency_hz,load_power_w,supply_power_w,dram_power_w,layer,phase\n";
  for (const WaveformSegment& segment : waveform) {
    const auto row = [&](Seconds time, Volts voltage) {
      fmt::format_to(std::back_inserter(csv), "{},{},{},{},{},{},{},{}\n", time.value(),
                     voltage.value(), segment.clock.value(), segment.load_power.value(),
                     segment.supply_power.value(), segment.dram_power.value(), segment.layer,
                     segment.transition ? "transition" : "layer");
    };
    row(segment.start, segment.start_voltage);
    row(segment.end(), segment.end_voltage);
  }
  return csv;
}

}  // namespace edgebert
