#include "edgebert/cli/energy_table.h"

#include <fmt/format.h>

namespace edgebert::cli {
namespace {

double Microjoules(Joules energy) { return energy.value() * 1e6; }
double Milliwatts(Watts power) { return power.value() * 1e3; }

}  // namespace

std::string DescribeWeights(const WeightStore& weights) {
  std::string text = fmt::format("{}, {:.1f} MB", WeightLocationName(weights.location),
                                 weights.stored.value() / (1 << 20));
  if (weights.location != WeightLocation::kDram) {
    text += fmt::format(" on {:.2f} mm2", weights.area_mm2);
  }
  text += fmt::format(", idle {:.4g} mW", Milliwatts(weights.idle));
  if (weights.idle_low < weights.idle_high) {
    text += fmt::format(" ({:.4g} to {:.4g} mW)", Milliwatts(weights.idle_low),
                        Milliwatts(weights.idle_high));
  }
  return text;
}

void AddWeights(const WeightStore& weights, OrderedJson& object) {
  object["weights_in"] = WeightLocationName(weights.location);
  object["weights_idle_w"] = weights.idle.value();
  object["weights_idle_low_w"] = weights.idle_low.value();
  object["weights_idle_high_w"] = weights.idle_high.value();
}

std::string FormatEnergy(const EnergyReport& report, int width) {
  const auto load = [&](const EnergyAccount& account) {
    return account.At(report.boundary, EnergySide::kLoad);
  };
  const auto supply = [&](const EnergyAccount& account) {
    return account.At(report.boundary, EnergySide::kSupply);
  };
  std::string text;
  text += fmt::format("  {:<{}}{:>11}{:>13}\n", "energy", width, "load", "supply");
  text += fmt::format("  {:<{}}{:>8.1f} µJ{:>10.1f} µJ  ({:.1f} to {:.1f} µJ)\n", "  taken", width,
                      Microjoules(load(report.account)), Microjoules(supply(report.account)),
                      Microjoules(report.range.low), Microjoules(report.range.high));
  text +=
      fmt::format("  {:<{}}{:>8.1f} µJ{:>10.1f} µJ\n", "  plain", width,
                  Microjoules(load(report.conventional)), Microjoules(supply(report.conventional)));
  text += fmt::format("  {:<{}}{:>8.2f}x  {:>10.2f}x less\n", "  saving", width,
                      load(report.conventional) / load(report.account),
                      supply(report.conventional) / supply(report.account));
  text += fmt::format("  {:<{}}{} (estimated)\n", "boundary", width,
                      report.boundary == Boundary::kOnChip ? "on-chip" : "system: on-chip + DRAM");
  text += fmt::format("  {:<{}}{}\n", "weights", width, DescribeWeights(report.weights));
  return text;
}

void AddEnergy(const EnergyReport& report, OrderedJson& object) {
  const auto load = EnergySide::kLoad;
  const auto supply = EnergySide::kSupply;
  const EnergyAccount& account = report.account;
  object["energy_j"] = account.At(report.boundary, supply).value();
  object["load_energy_j"] = account.At(report.boundary, load).value();
  object["energy_low_j"] = report.range.low.value();
  object["energy_high_j"] = report.range.high.value();
  object["conventional_energy_j"] = report.conventional.At(report.boundary, supply).value();
  object["load_conventional_energy_j"] = report.conventional.At(report.boundary, load).value();
  object["energy_parts_j"] = {
      {"switching", account.switching.value()},
      {"idle", account.idle.value()},
      {"leakage", account.leakage.value()},
      {"transition", account.transition.value()},
      {"regulator", account.regulator_loss.value()},
      {"dram", account.dram.value()},
      {"dram_background", account.dram_background.value()},
      {"weight_reads", account.weight_reads.value()},
      {"weight_leakage", account.weight_leakage.value()},
  };
  object["boundary"] = BoundaryName(report.boundary);
  AddWeights(report.weights, object);
}

}  // namespace edgebert::cli
