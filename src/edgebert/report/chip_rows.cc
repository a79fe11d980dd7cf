#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "edgebert/accel/energy.h"
#include "edgebert/pipeline/cost_estimator.h"
#include "edgebert/pipeline/shape_model.h"
#include "edgebert/report/study.h"

// Rows about the chip: area, power, energy by component, and its own voltage scaling.

namespace edgebert {
namespace {

Status AddAreaAndPower(Study& study) {
  const HardwareDescription& hardware = study.hardware;
  const Constant<SquareMillimetres> total = TotalArea(hardware);
  study.figures.AddRange("area.total", total.value.value(), total.low().value(),
                         total.high().value(), "Most of it assumed.");
  study.figures.Miss("area.", "The hardware description has no such area.");
  for (const NamedArea& area : hardware.areas) {
    const std::string id = "area." + area.name;
    constexpr std::array kKnown = {"mac_array",         "buffers",
                                   "special_functions", "control_and_decoders",
                                   "embedding_reram",   "regulator_and_clock"};
    if (std::find(kKnown.begin(), kKnown.end(), area.name) != kKnown.end()) {
      study.figures.AddRange(
          id, area.area.value.value(), area.area.low().value(), area.area.high().value(),
          fmt::format("Status: {}.", ConstantStatusName(area.area.provenance.status)));
    }
  }
  EDGEBERT_ASSIGN_OR_RETURN(const PowerModel power, MakePowerModel(hardware));
  const double nominal = hardware.nominal().voltage.value();
  const auto per_cycle = [&](double volts) {
    const double scale = volts / nominal;
    return power.energy_per_cycle_at_nominal.value() * scale * scale;
  };
  study.figures.Add("power.total",
                    (per_cycle(0.8) * 1e9 + power.LeakageAt(Volts(0.8)).value()) * 1e3);
  study.figures.Add("power.adpll", hardware.clock.power.value.value() * 1e3);
  study.figures.Add("power.ldo-efficiency", hardware.regulator.efficiency.value * 100);
  study.figures.Add("power.ldo-response",
                    hardware.regulator.response_seconds_per_volt.value * 0.05 * 1e9);
  const double n = hardware.vector_size.value;
  for (const OperatingPoint& point : power.points.points()) {
    for (const auto& [name, volts] : {std::pair("1.00", 1.0), std::pair("0.86", 0.86),
                                      std::pair("0.78", 0.78), std::pair("0.68", 0.68)}) {
      // The grid's point nearest to the published voltage.
      if (std::abs(point.voltage.value() - volts) < 0.0126) {
        const double watts = per_cycle(point.voltage.value()) * point.frequency.value() +
                             power.LeakageAt(point.voltage).value();
        study.figures.Add(fmt::format("chip.efficiency.{}", name),
                          2 * n * n * point.frequency.value() / watts / 1e12,
                          fmt::format("At {:.3f} V.", point.voltage.value()));
      }
    }
  }
  const double top = hardware.nominal().frequency.value();
  study.figures.Add("chip.throughput", 2 * n * n * top / 1e12);
  study.figures.Add("chip.power",
                    (per_cycle(nominal) * top + power.LeakageAt(Volts(nominal)).value()) * 1e3);
  study.figures.AddRange("chip.area", total.value.value(), total.low().value(),
                         total.high().value());
  study.figures.Add("chip.sram", hardware.buffers.total().value() / 1024);
  return OkStatus();
}

Status AddComponents(Study& study) {
  if (!study.hardware.components) {
    study.figures.Miss("power.", "The hardware description has no section `components`.");
    return OkStatus();
  }
  constexpr int kLayer = 2;
  constexpr int kTokens = 128;
  const Model albert = AlbertBaseShape(12, 2);
  EDGEBERT_ASSIGN_OR_RETURN(const CostEstimator costs,
                            CostEstimator::Create(albert, study.hardware));
  EDGEBERT_ASSIGN_OR_RETURN(const TileProgram program, costs.ProgramFor(kTokens));
  const EventCounts events = CountEvents(program, kLayer);
  EDGEBERT_ASSIGN_OR_RETURN(const ComponentEnergies parts,
                            EstimateFromComponents(events, study.hardware));
  const EnergyEstimate whole = EstimateFromWhole(events, study.hardware);
  const EnergyEstimate total = parts.total();
  study.figures.AddRange("power.from-components", total.value / whole.value, total.low / whole.high,
                         total.high / whole.low);
  for (const auto& [name, energy] :
       {std::pair("array", parts.array), std::pair("buffers", parts.buffers),
        std::pair("special-functions", parts.special_functions),
        std::pair("control", parts.control), std::pair("leakage", parts.leakage)}) {
    study.figures.Add(fmt::format("power.components.{}", name), 100 * (energy.value / total.value));
  }
  return OkStatus();
}

/// The chip's own voltage scaling: 77 mJ, first layer at 1.0 V, the others so slow that all takes
/// 1.69 times as long.
Status AddVoltageScaling(Study& study) {
  constexpr double kBefore = 77;
  constexpr double kConventional = 464;
  constexpr double kSlower = 1155.0 / 682;
  constexpr double kMeanExit = 3.90;
  EDGEBERT_ASSIGN_OR_RETURN(const PowerModel power, MakePowerModel(study.hardware));
  const OperatingPoint top = power.points.nominal();
  const double first = 1 / kMeanExit;
  for (const OperatingPoint& point : power.points.points()) {
    const double slower = first + (1 - first) * (top.frequency / point.frequency);
    if (slower > kSlower) {
      continue;
    }
    const double scale = point.voltage / top.voltage;
    const double supply = kBefore * (first + (1 - first) * scale);
    const std::string note = fmt::format("At {:.3f} V.", point.voltage.value());
    study.figures.Add("chip.voltage.energy", supply, note);
    study.figures.Add("chip.voltage.energy.load", kBefore * (first + (1 - first) * scale * scale),
                      note);
    study.figures.Add("chip.voltage.total-ratio", kConventional / supply);
    break;
  }
  return OkStatus();
}

}  // namespace

Status StudyChip(Study& study) {
  EDGEBERT_RETURN_IF_ERROR(AddAreaAndPower(study));
  EDGEBERT_RETURN_IF_ERROR(AddComponents(study));
  return AddVoltageScaling(study);
}

}  // namespace edgebert
