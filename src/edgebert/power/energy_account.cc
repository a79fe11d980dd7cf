#include "edgebert/power/energy_account.h"

#include <fmt/format.h>

#include <array>
#include <string>

#include "edgebert/base/text.h"

namespace edgebert {

std::string_view BoundaryName(Boundary boundary) {
  return boundary == Boundary::kOnChip ? "on-chip" : "system";
}

Result<Boundary> ParseBoundary(std::string_view name) {
  for (const Boundary boundary : {Boundary::kOnChip, Boundary::kSystem}) {
    if (name == BoundaryName(boundary)) {
      return boundary;
    }
  }
  const std::array<std::string, 2> names = {"on-chip", "system"};
  return InvalidArgument(
      fmt::format("unknown boundary '{}'{} (on-chip or system)", name, DidYouMean(name, names)));
}

Joules EnergyAccount::At(Boundary boundary, EnergySide side) const {
  const Joules on_chip = side == EnergySide::kLoad ? on_chip_load() : on_chip_supply();
  return boundary == Boundary::kOnChip ? on_chip : on_chip + dram_total();
}

EnergyAccount& EnergyAccount::operator+=(const EnergyAccount& other) {
  switching += other.switching;
  idle += other.idle;
  leakage += other.leakage;
  transition += other.transition;
  regulator_loss += other.regulator_loss;
  dram += other.dram;
  dram_background += other.dram_background;
  weight_reads += other.weight_reads;
  weight_leakage += other.weight_leakage;
  return *this;
}

EnergyAccount EnergyAccount::operator/(double divisor) const {
  return {switching / divisor,       idle / divisor,           leakage / divisor,
          transition / divisor,      regulator_loss / divisor, dram / divisor,
          dram_background / divisor, weight_reads / divisor,   weight_leakage / divisor};
}

}  // namespace edgebert
