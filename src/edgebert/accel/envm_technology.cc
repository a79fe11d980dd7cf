#include "edgebert/accel/envm_technology.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace edgebert {
namespace {

struct Field {
  std::string name;
  std::string_view base;
  Constant<double>& destination;
  bool may_be_zero = false;
};

Status ReadFields(const Technology& technology, std::initializer_list<Field> fields) {
  for (const Field& field : fields) {
    EDGEBERT_ASSIGN_OR_RETURN(field.destination, technology.Get(field.name, field.base));
    if (!field.may_be_zero && !(field.destination.low() > 0)) {
      return InvalidArgument(
          fmt::format("technology '{}': {} must be positive throughout its range",
                      technology.name(), field.name));
    }
  }
  return OkStatus();
}

Status ReadCell(const Technology& technology, CellKind kind, EnvmCellTechnology& cell) {
  const std::string prefix(CellKindName(kind));
  static constexpr std::array<std::string_view, 2> kColumns = {"mean", "sigma"};
  EDGEBERT_ASSIGN_OR_RETURN(TechnologyTable table, technology.Table(prefix + "_levels", kColumns));
  const size_t count = size_t{1} << BitsPerCell(kind);
  if (table.rows.size() != count) {
    return InvalidArgument(fmt::format("technology '{}': {} has {} levels, expected {}",
                                       technology.name(), table.name, table.rows.size(), count));
  }
  for (const std::vector<double>& row : table.rows) {
    cell.levels.push_back({row[0], row[1]});
  }
  if (const auto errors = ComputeLevelErrors(cell.levels); !errors.ok()) {
    return errors.status().WithContext(
        fmt::format("technology '{}': {}", technology.name(), table.name));
  }
  cell.levels_provenance = std::move(table.provenance);
  return ReadFields(technology, {{prefix + "_area", "mm2/B", cell.area_mm2_per_byte},
                                 {prefix + "_latency", "s", cell.read_latency_s},
                                 {prefix + "_read_energy", "J/B", cell.read_energy_j_per_byte}});
}

}  // namespace

Result<EnvmFaultModel> EnvmTechnology::FaultModel() const {
  EnvmFaultModel::CellErrors errors;
  for (size_t kind = 0; kind < errors.size(); ++kind) {
    EDGEBERT_ASSIGN_OR_RETURN(errors[kind], ComputeLevelErrors(cells[kind].levels));
  }
  return EnvmFaultModel::Create(std::move(errors));
}

Result<EnvmTechnology> MakeEnvmTechnology(const Technology& cells, const Technology& memory) {
  EnvmTechnology made;
  for (const CellKind kind : {CellKind::kSlc, CellKind::kMlc2, CellKind::kMlc3}) {
    EDGEBERT_RETURN_IF_ERROR(ReadCell(cells, kind, made.cells[static_cast<size_t>(kind)]));
  }
  EDGEBERT_RETURN_IF_ERROR(
      ReadFields(memory, {{"reram_array_cells", "1", made.reram.array_cells},
                          {"reram_word", "B", made.reram.word_bytes},
                          {"reram_banks", "1", made.reram.banks},
                          {"reram_leakage", "W/B", made.reram.leakage_w_per_byte, true},
                          {"reram_wake_time", "s", made.reram.wake_time_s, true},
                          {"sram_read_energy", "J/B", made.sram.read_energy_j_per_byte},
                          {"sram_write_energy", "J/B", made.sram.write_energy_j_per_byte},
                          {"sram_latency", "s", made.sram.latency_s},
                          {"sram_word", "B", made.sram.word_bytes},
                          {"sram_banks", "1", made.sram.banks},
                          {"sram_area", "mm2/B", made.sram.area_mm2_per_byte},
                          {"sram_leakage", "W/B", made.sram.leakage_w_per_byte, true},
                          {"dram_burst", "B", made.dram.burst_bytes},
                          {"dram_self_refresh", "W/B", made.dram.self_refresh_w_per_byte, true}}));
  for (const Constant<double>* size :
       {&made.reram.word_bytes, &made.sram.word_bytes, &made.dram.burst_bytes}) {
    if (size->value < 1) {
      return InvalidArgument(
          fmt::format("technology '{}': words and bursts have at least one byte, not {}",
                      memory.name(), size->value));
    }
  }
  return made;
}

Result<EnvmTechnology> LoadEnvmTechnology(const std::optional<std::filesystem::path>& cells_file) {
  EDGEBERT_ASSIGN_OR_RETURN(const Technology* memory, BuiltInTechnology("large-memory"));
  if (cells_file) {
    EDGEBERT_ASSIGN_OR_RETURN(const Technology cells, Technology::Load(*cells_file));
    return MakeEnvmTechnology(cells, *memory);
  }
  EDGEBERT_ASSIGN_OR_RETURN(const Technology* cells, BuiltInTechnology("reram"));
  return MakeEnvmTechnology(*cells, *memory);
}

}  // namespace edgebert
