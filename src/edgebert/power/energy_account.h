#ifndef EDGEBERT_POWER_ENERGY_ACCOUNT_H_
#define EDGEBERT_POWER_ENERGY_ACCOUNT_H_

#include <cstdint>
#include <string_view>

#include "edgebert/base/status.h"
#include "edgebert/base/units.h"

namespace edgebert {

/// What an energy figure includes.
enum class Boundary : uint8_t {
  kOnChip,  ///< The accelerator: comparable with published figures.
  kSystem,  ///< The accelerator and its DRAM: what a battery pays for.
};

/// Where it is taken.
enum class EnergySide : uint8_t {
  kLoad,    ///< Behind the voltage regulator of the logic.
  kSupply,  ///< Before it: what the regulator loses is included.
};

std::string_view BoundaryName(Boundary boundary);  ///< "on-chip", "system".
Result<Boundary> ParseBoundary(std::string_view name);

/// Energy by cause. All of it is at least zero.
struct EnergyAccount {
  Joules switching;        ///< Of cycles with the array at work, behind the regulator.
  Joules idle;             ///< Clock and control of cycles in which the array waits, likewise.
  Joules leakage;          ///< Likewise.
  Joules transition;       ///< Changes of the operating point: leakage, clock and charging of the
                           ///< rail, likewise.
  Joules regulator_loss;   ///< Between the supply and the load.
  Joules dram;             ///< Transfers.
  Joules dram_background;  ///< Standby and refresh while the sentence runs.
  Joules weight_reads;     ///< Of weights that live in a memory on the chip.
  Joules weight_leakage;   ///< Of that memory, while the sentence runs.

  /// What the regulator of the logic feeds.
  Joules logic_load() const { return switching + idle + leakage + transition; }
  Joules weight_memory() const { return weight_reads + weight_leakage; }
  Joules on_chip_load() const { return logic_load() + weight_memory(); }
  Joules on_chip_supply() const { return on_chip_load() + regulator_loss; }
  Joules dram_total() const { return dram + dram_background; }
  /// The figure for a boundary. DRAM and a memory of weights have rails of their own: both sides
  /// count the same for them.
  Joules At(Boundary boundary, EnergySide side) const;

  EnergyAccount& operator+=(const EnergyAccount& other);
  EnergyAccount operator/(double divisor) const;
  bool operator==(const EnergyAccount&) const = default;
};

}  // namespace edgebert

#endif  // EDGEBERT_POWER_ENERGY_ACCOUNT_H_
