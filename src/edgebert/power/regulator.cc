#include "edgebert/power/regulator.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "edgebert/base/text.h"

namespace edgebert {
namespace {

const std::vector<std::string>& Names() {
  static const std::vector<std::string> names = {"ideal", "ldo", "switching"};
  return names;
}

Status CheckAmount(std::string_view what, double value, std::string_view unit) {
  if (!std::isfinite(value) || value < 0) {
    return InvalidArgument(
        fmt::format("{} is {} {}, it must be finite and not negative", what, value, unit));
  }
  return OkStatus();
}

/// Below a nanovolt two voltages are the same: sums of grid steps have no exact binary value.
constexpr double kVoltageTolerance = 1e-9;

}  // namespace

std::string_view RegulatorKindName(RegulatorKind kind) {
  return Names()[static_cast<size_t>(kind)];
}

Result<RegulatorKind> ParseRegulatorKind(std::string_view name) {
  const std::vector<std::string>& names = Names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    return InvalidArgument(fmt::format("unknown regulator '{}'{} (regulators: {})", name,
                                       DidYouMean(name, names), fmt::join(names, ", ")));
  }
  return static_cast<RegulatorKind>(found - names.begin());
}

Joules VoltageRegulator::SupplyEnergy(Joules load, Volts voltage) const {
  switch (kind) {
    case RegulatorKind::kLdo:
      return load * (input / voltage / efficiency);
    case RegulatorKind::kSwitching:
      return load / efficiency;
    case RegulatorKind::kIdeal:
      break;
  }
  return load;
}

TransitionTiming TimingOf(const Regulators& regulators, const OperatingPoint& from,
                          const OperatingPoint& to) {
  TransitionTiming timing{};
  if (from == to) {
    return timing;
  }
  const double step = std::abs((to.voltage - from.voltage).value());
  timing.slew = regulators.voltage.response_per_volt * step;
  if (from.frequency != to.frequency) {
    timing.lock = regulators.clock.lock_time;
  }
  if (regulators.transition_time) {
    const Seconds total = timing.total();
    const double slew_share = total > Seconds(0) ? timing.slew / total : 1;
    timing.slew = *regulators.transition_time * slew_share;
    timing.lock = *regulators.transition_time - timing.slew;
  }
  return timing;
}

Status Validate(const Regulators& regulators, Volts highest) {
  const VoltageRegulator& voltage = regulators.voltage;
  if (!(voltage.efficiency > 0 && voltage.efficiency <= 1)) {
    return InvalidArgument(
        fmt::format("the regulator's efficiency is {}, it must lie above 0 and "
                    "at most at 1",
                    voltage.efficiency));
  }
  EDGEBERT_RETURN_IF_ERROR(CheckAmount("the regulator's input", voltage.input.value(), "V"));
  EDGEBERT_RETURN_IF_ERROR(CheckAmount("the regulator's dropout", voltage.dropout.value(), "V"));
  EDGEBERT_RETURN_IF_ERROR(
      CheckAmount("the regulator's current limit", voltage.current_limit.value(), "A"));
  EDGEBERT_RETURN_IF_ERROR(
      CheckAmount("the regulator's step response", voltage.response_per_volt.value(), "s/V"));
  EDGEBERT_RETURN_IF_ERROR(
      CheckAmount("the output capacitance", voltage.output_capacitance.value(), "F"));
  EDGEBERT_RETURN_IF_ERROR(
      CheckAmount("the clock's lock time", regulators.clock.lock_time.value(), "s"));
  EDGEBERT_RETURN_IF_ERROR(CheckAmount("the clock's power", regulators.clock.power.value(), "W"));
  if (regulators.transition_time) {
    EDGEBERT_RETURN_IF_ERROR(
        CheckAmount("the transition time", regulators.transition_time->value(), "s"));
  }
  if (voltage.kind == RegulatorKind::kLdo &&
      (highest + voltage.dropout - voltage.input).value() > kVoltageTolerance) {
    return InvalidArgument(fmt::format(
        "an LDO cannot make {} V from {} V with a dropout of {} V: raise its input to {} V or "
        "leave out the points above {} V",
        highest.value(), voltage.input.value(), voltage.dropout.value(),
        (highest + voltage.dropout).value(), (voltage.input - voltage.dropout).value()));
  }
  return OkStatus();
}

}  // namespace edgebert
