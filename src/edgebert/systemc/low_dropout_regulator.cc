#include "edgebert/systemc/low_dropout_regulator.h"

#include <algorithm>
#include <cmath>

namespace edgebert::systemc {

LowDropoutRegulator::LowDropoutRegulator(sc_core::sc_module_name name, double volts,
                                         double seconds_per_volt)
    : sc_core::sc_module(name), seconds_per_volt_(seconds_per_volt), initial_(volts) {}

void LowDropoutRegulator::MoveTo(double volts) {
  if (!settled()) {
    SC_REPORT_ERROR("ldo", "a new voltage was asked for before the last one was reached");
  }
  const sc_core::sc_time now = sc_core::sc_time_stamp();
  const double from = ramps_.empty() ? initial_ : ramps_.back().to;
  const sc_core::sc_time duration(std::abs(volts - from) * seconds_per_volt_, sc_core::SC_SEC);
  settled_from_ = now + duration;
  ramps_.push_back(
      {.start = now.to_seconds(), .end = settled_from_.to_seconds(), .from = from, .to = volts});
}

bool LowDropoutRegulator::settled() const { return sc_core::sc_time_stamp() >= settled_from_; }

double LowDropoutRegulator::VoltageAt(double time) const {
  const auto ramp =
      std::find_if(ramps_.rbegin(), ramps_.rend(),
                   [time](const VoltageRamp& candidate) { return candidate.start <= time; });
  if (ramp == ramps_.rend()) {
    return initial_;
  }
  if (time >= ramp->end) {
    return ramp->to;
  }
  return ramp->from + (ramp->to - ramp->from) * ((time - ramp->start) / (ramp->end - ramp->start));
}

}  // namespace edgebert::systemc
