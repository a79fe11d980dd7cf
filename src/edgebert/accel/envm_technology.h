#ifndef EDGEBERT_ACCEL_ENVM_TECHNOLOGY_H_
#define EDGEBERT_ACCEL_ENVM_TECHNOLOGY_H_

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "edgebert/accel/envm_cell.h"
#include "edgebert/accel/envm_faults.h"
#include "edgebert/base/status.h"
#include "edgebert/base/units.h"
#include "edgebert/hardware/constant.h"
#include "edgebert/hardware/technology.h"

namespace edgebert {

/// Which end of their ranges constants are taken at; a constant without range has one value.
enum class Bound : uint8_t { kLow, kValue, kHigh };

inline double PlainValue(double value) { return value; }
template <typename Tag>
double PlainValue(Quantity<Tag> value) {
  return value.value();
}

/// The constant's value there, in the unit that it is kept in.
template <typename T>
double At(const Constant<T>& constant, Bound bound) {
  if (!constant.range || bound == Bound::kValue) {
    return PlainValue(constant.value);
  }
  return PlainValue(bound == Bound::kLow ? constant.range->low : constant.range->high);
}

/// One kind of ReRAM cell. hardware/technology/reram.yaml explains each constant.
struct EnvmCellTechnology {
  std::vector<LevelDistribution> levels;
  Provenance levels_provenance;
  Constant<double> area_mm2_per_byte;  ///< Of data, with cells full.
  Constant<double> read_latency_s;
  Constant<double> read_energy_j_per_byte;
};

/// The memories that embedding and weights can live in, in SI units but for areas.
/// hardware/technology/large-memory.yaml explains the constants around the cells.
struct EnvmTechnology {
  std::array<EnvmCellTechnology, kNumCellKinds> cells;

  struct Reram {
    Constant<double> array_cells;
    Constant<double> word_bytes;
    Constant<double> banks;
    Constant<double> leakage_w_per_byte;
    Constant<double> wake_time_s;
  } reram;
  struct Sram {
    Constant<double> read_energy_j_per_byte;
    Constant<double> write_energy_j_per_byte;
    Constant<double> latency_s;
    Constant<double> word_bytes;
    Constant<double> banks;
    Constant<double> area_mm2_per_byte;
    Constant<double> leakage_w_per_byte;
  } sram;
  struct Dram {
    Constant<double> burst_bytes;
    Constant<double> self_refresh_w_per_byte;
  } dram;

  const EnvmCellTechnology& cell(CellKind kind) const { return cells[static_cast<size_t>(kind)]; }

  /// Faults by the statistics of the levels.
  Result<EnvmFaultModel> FaultModel() const;
};

/// Takes the constants out of a technology of cells, as reram.yaml describes it, and one of what
/// stands around them, as large-memory.yaml does. What is missing, in another unit, or makes no
/// memory (levels that do not ascend, words of no bytes) is an error that names it.
Result<EnvmTechnology> MakeEnvmTechnology(const Technology& cells, const Technology& memory);

/// Of the built-in technologies, with `cells_file` in place of reram.yaml if it is given.
Result<EnvmTechnology> LoadEnvmTechnology(const std::optional<std::filesystem::path>& cells_file);

}  // namespace edgebert

#endif  // EDGEBERT_ACCEL_ENVM_TECHNOLOGY_H_
