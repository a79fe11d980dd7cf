#include "edgebert/power/power_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace edgebert {
namespace {

bool IsAmount(double value) { return std::isfinite(value) && value >= 0; }

Status CheckAmount(std::string_view what, double value, std::string_view unit) {
  if (!IsAmount(value)) {
    return InvalidArgument(
        fmt::format("{} is {}{}, it must be finite and not negative", what, value, unit));
  }
  return OkStatus();
}

Status CheckPositive(std::string_view what, double value, std::string_view unit) {
  if (!std::isfinite(value) || value <= 0) {
    return InvalidArgument(
        fmt::format("{} is {}{}, it must be finite and positive", what, value, unit));
  }
  return OkStatus();
}

/// Energy per cycle goes with V².
double SquareOfRatio(Volts voltage, Volts nominal) {
  const double ratio = voltage / nominal;
  return ratio * ratio;
}

}  // namespace

Watts PowerModel::LeakageAt(Volts voltage) const {
  const Volts nominal = points.nominal().voltage;
  return leakage_at_nominal * (voltage / nominal * std::exp((voltage - nominal) / leakage_voltage));
}

Seconds PowerModel::TimeOf(const LayerWork& work, const OperatingPoint& point) const {
  return edgebert::TimeOf(work.exposed_bytes, weights.bandwidth) +
         std::max(edgebert::TimeOf(work.cycles, point.frequency),
                  edgebert::TimeOf(work.streamed_bytes - work.exposed_bytes, weights.bandwidth));
}

EnergyAccount PowerModel::EnergyOf(const LayerWork& work, const OperatingPoint& point) const {
  const Seconds time = TimeOf(work, point);
  const Joules per_cycle =
      energy_per_cycle_at_nominal * SquareOfRatio(point.voltage, points.nominal().voltage);
  const double stalled =
      std::max(0.0, time.value() * point.frequency.value() - work.cycles.value());
  EnergyAccount energy;
  energy.switching = per_cycle * (work.cycles - work.idle_cycles).value();
  energy.idle = per_cycle * (idle_share * (work.idle_cycles.value() + stalled));
  energy.leakage = edgebert::EnergyOf(LeakageAt(point.voltage), time);
  const Joules load = energy.logic_load();
  energy.regulator_loss = regulators.voltage.SupplyEnergy(load, point.voltage) - load;
  const Watts powered =
      weights.standing + weights.active_per_byte_powered * work.powered_bytes.value();
  (weights.on_chip ? energy.weight_reads : energy.dram) =
      weights.energy_per_byte * work.streamed_bytes.value();
  (weights.on_chip ? energy.weight_leakage : energy.dram_background) =
      edgebert::EnergyOf(powered, time);
  return energy;
}

Transition PowerModel::TransitionCost(const OperatingPoint& from, const OperatingPoint& to) const {
  Transition transition{TimingOf(regulators, from, to), {}};
  if (from == to) {
    return transition;
  }
  const Seconds time = transition.time();
  // The whole change counts at the higher voltage, which bounds what it really takes.
  const Volts high = std::max(from.voltage, to.voltage);
  const Hertz low_clock = std::min(from.frequency, to.frequency);
  const Joules idle_cycle =
      energy_per_cycle_at_nominal * (idle_share * SquareOfRatio(high, points.nominal().voltage));
  const Joules drawn = idle_cycle * (low_clock.value() * transition.timing.slew.value()) +
                       edgebert::EnergyOf(LeakageAt(high), time) +
                       edgebert::EnergyOf(regulators.clock.power, transition.timing.lock);
  // Charging from V1 to V2 stores C (V2² - V1²) / 2; falling, the charge runs the load.
  Joules stored;
  if (to.voltage > from.voltage) {
    const double v1 = from.voltage.value();
    const double v2 = to.voltage.value();
    stored = Joules(regulators.voltage.output_capacitance.value() * (v2 * v2 - v1 * v1) / 2);
  }
  transition.energy.transition = drawn + stored;
  // The charge C (V2 - V1) passes the regulator at a mean voltage of (V1 + V2) / 2.
  const Volts mean = (from.voltage + to.voltage) / 2;
  transition.energy.regulator_loss = (regulators.voltage.SupplyEnergy(drawn, high) - drawn) +
                                     (regulators.voltage.SupplyEnergy(stored, mean) - stored);
  (weights.on_chip ? transition.energy.weight_leakage : transition.energy.dram_background) =
      edgebert::EnergyOf(weights.standing, time);
  return transition;
}

Status Validate(const PowerModel& model) {
  EDGEBERT_RETURN_IF_ERROR(
      CheckAmount("energy per cycle", model.energy_per_cycle_at_nominal.value(), " J"));
  EDGEBERT_RETURN_IF_ERROR(
      CheckAmount("weight energy per byte", model.weights.energy_per_byte.value(), " J"));
  EDGEBERT_RETURN_IF_ERROR(
      CheckPositive("weight bandwidth", model.weights.bandwidth.value(), " B/s"));
  EDGEBERT_RETURN_IF_ERROR(CheckAmount("the idle share", model.idle_share, ""));
  EDGEBERT_RETURN_IF_ERROR(CheckAmount("leakage", model.leakage_at_nominal.value(), " W"));
  EDGEBERT_RETURN_IF_ERROR(
      CheckPositive("the voltage of leakage", model.leakage_voltage.value(), " V"));
  EDGEBERT_RETURN_IF_ERROR(
      CheckAmount("standing power of weights", model.weights.standing.value(), " W"));
  EDGEBERT_RETURN_IF_ERROR(CheckAmount("active power of weights",
                                       model.weights.active_per_byte_powered.value(), " W/B"));
  const OperatingPoint& nominal = model.points.nominal();
  EDGEBERT_RETURN_IF_ERROR(Validate(model.regulators, nominal.voltage));
  const Amperes limit = model.regulators.voltage.current_limit;
  const Watts power = Watts(model.energy_per_cycle_at_nominal.value() * nominal.frequency.value()) +
                      model.leakage_at_nominal;
  if (limit > Amperes(0) && CurrentOf(power, nominal.voltage) > limit) {
    return InvalidArgument(
        fmt::format("the logic draws {:.4g} mA at {} V, and the regulator gives at most {:.4g} mA",
                    CurrentOf(power, nominal.voltage).value() * 1e3, nominal.voltage.value(),
                    limit.value() * 1e3));
  }
  return OkStatus();
}

Status Validate(const SentenceWork& work) {
  if (work.layers.empty()) {
    return InvalidArgument("the work of a sentence has no layers");
  }
  for (size_t i = 0; i < work.layers.size(); ++i) {
    const LayerWork& layer = work.layers[i];
    if (!IsAmount(layer.cycles.value()) || !IsAmount(layer.streamed_bytes.value())) {
      return InvalidArgument(
          fmt::format("layer {} has {} cycles and streams {} bytes of weights: both must be finite "
                      "and not negative",
                      i + 1, layer.cycles.value(), layer.streamed_bytes.value()));
    }
    if (!IsAmount(layer.powered_bytes.value())) {
      return InvalidArgument(
          fmt::format("layer {} powers {} bytes of weights: they must be finite and not negative",
                      i + 1, layer.powered_bytes.value()));
    }
    if (!IsAmount(layer.idle_cycles.value()) || layer.idle_cycles > layer.cycles ||
        !IsAmount(layer.exposed_bytes.value()) || layer.exposed_bytes > layer.streamed_bytes) {
      return InvalidArgument(fmt::format(
          "layer {} has {} idle cycles of {} and {} exposed bytes of {}: a part must not be "
          "negative or larger than its whole",
          i + 1, layer.idle_cycles.value(), layer.cycles.value(), layer.exposed_bytes.value(),
          layer.streamed_bytes.value()));
    }
  }
  return OkStatus();
}

}  // namespace edgebert
