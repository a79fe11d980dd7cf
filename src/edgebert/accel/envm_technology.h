#ifndef EDGEBERT_ACCEL_ENVM_TECHNOLOGY_H_
#define EDGEBERT_ACCEL_ENVM_TECHNOLOGY_H_

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/accel/constant.h"
#include "edgebert/accel/envm_cell.h"
#include "edgebert/accel/envm_faults.h"
#include "edgebert/base/status.h"
#include "edgebert/base/units.h"

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
  Constant<double> area_mm2_per_mb;  ///< Of data, 2^20 bytes, with cells full.
  Constant<double> read_latency_s;
  Constant<double> read_energy_j_per_bit;
};

/// The memories that embedding and weights can live in, in SI units but for areas.
struct EnvmTechnology {
  std::string name;
  std::string description;
  std::array<EnvmCellTechnology, kNumCellKinds> cells;

  struct Reram {
    Constant<double> array_cells;
    Constant<double> word_bits;
    Constant<double> banks;
    Constant<double> leakage_w_per_mb;
    Constant<double> wake_time_s;
  } reram;
  struct Sram {
    Constant<double> read_energy_j_per_byte;
    Constant<double> write_energy_j_per_byte;
    Constant<double> latency_s;
    Constant<double> word_bits;
    Constant<double> banks;
    Constant<double> area_mm2_per_mb;
    Constant<double> leakage_w_per_mb;
  } sram;
  struct Dram {
    Constant<double> burst_bits;
    Constant<double> latency_s;
    Constant<double> self_refresh_w_per_byte;
  } dram;

  const EnvmCellTechnology& cell(CellKind kind) const { return cells[static_cast<size_t>(kind)]; }

  /// Faults by the statistics of the levels.
  Result<EnvmFaultModel> FaultModel() const;
};

/// Parses a description. `name` stands for the file in messages, which read `name:line: what is
/// wrong`. Unknown, repeated and missing keys, other units than those of the default, numbers that
/// are not finite or out of bounds and levels that do not ascend are kInvalidArgument.
Result<EnvmTechnology> ParseEnvmTechnology(std::string_view yaml, const std::string& name);

Result<EnvmTechnology> LoadEnvmTechnology(const std::filesystem::path& path);

/// hardware/technology/reram.yaml as it was when the library was built; reads no file.
Result<EnvmTechnology> DefaultEnvmTechnology();

}  // namespace edgebert

#endif  // EDGEBERT_ACCEL_ENVM_TECHNOLOGY_H_
