#include "edgebert/accel/envm_technology.h"

#include <fmt/format.h>

#include <utility>

#include "edgebert/accel/hardware.h"
#include "edgebert/base/yaml_document.h"

namespace edgebert {
namespace {

constexpr std::string_view kWhat = "the memory description";

const Dimension kArea{{{"mm2/MB", 1}}, 1e-6, 1e3};
const Dimension kTime{{{"ns", 1e-9}, {"us", 1e-6}}, 0, 1};
const Dimension kEnergyPerBit{{{"pJ/bit", 1e-12}}, 1e-18, 1e-6};
const Dimension kEnergyPerByte{{{"pJ/B", 1e-12}}, 1e-18, 1e-6};
const Dimension kLeakage{{{"mW/MB", 1e-3}}, 0, 1e3};
const Dimension kSelfRefresh{{{"mW/GB", 1e-3 / (1 << 30)}}, 0, 1e-6};
const Dimension kBits{{{"bits", 1}}, 8, 65536};
const Dimension kBanks{{{"banks", 1}}, 1, 65536};
const Dimension kCells{{{"cells", 1}}, 1, 1e12};
const Dimension kWindow{{{"window", 1}}, -10, 10};

struct Field {
  std::string_view key;
  const Dimension& dimension;
  Constant<double>& destination;
};

/// Reads fields that are `section`'s required keys.
Status ReadFields(const YamlSection& section, std::initializer_list<Field> fields) {
  for (const Field& field : fields) {
    EDGEBERT_ASSIGN_OR_RETURN(field.destination,
                              ReadConstant(section.at(field.key), field.dimension));
  }
  return OkStatus();
}

Status ReadLevels(const YamlValue& value, CellKind kind, EnvmCellTechnology& cell) {
  EDGEBERT_ASSIGN_OR_RETURN(const YamlSection section,
                            value.Section({"value", "unit", "source", "status"}, {"conditions"}));
  EDGEBERT_ASSIGN_OR_RETURN(const Unit unit, ReadUnit(section.at("unit"), kWindow));
  const size_t count = size_t{1} << BitsPerCell(kind);
  EDGEBERT_ASSIGN_OR_RETURN(const std::vector<YamlValue> levels,
                            section.at("value").Sequence(count, count));
  for (const YamlValue& level : levels) {
    EDGEBERT_ASSIGN_OR_RETURN(const std::vector<YamlValue> pair, level.Sequence(2, 2));
    LevelDistribution distribution;
    EDGEBERT_ASSIGN_OR_RETURN(distribution.mean,
                              ReadQuantity(pair[0], pair[0].what(), unit, kWindow));
    EDGEBERT_ASSIGN_OR_RETURN(distribution.sigma,
                              ReadQuantity(pair[1], pair[1].what(), unit, kWindow));
    cell.levels.push_back(distribution);
  }
  if (const auto errors = ComputeLevelErrors(cell.levels); !errors.ok()) {
    return section.at("value").Error(errors.status().message());
  }
  EDGEBERT_ASSIGN_OR_RETURN(cell.levels_provenance, ReadProvenance(section));
  return OkStatus();
}

Status ReadCell(const YamlValue& value, CellKind kind, EnvmCellTechnology& cell) {
  EDGEBERT_ASSIGN_OR_RETURN(const YamlSection section,
                            value.Section({"levels", "area", "read_latency", "read_energy"}));
  EDGEBERT_RETURN_IF_ERROR(ReadLevels(section.at("levels"), kind, cell));
  return ReadFields(section, {{"area", kArea, cell.area_mm2_per_mb},
                              {"read_latency", kTime, cell.read_latency_s},
                              {"read_energy", kEnergyPerBit, cell.read_energy_j_per_bit}});
}

Result<EnvmTechnology> ReadTechnology(const YamlValue& document) {
  EDGEBERT_ASSIGN_OR_RETURN(
      const YamlSection section,
      document.Section({"name", "description", "cells", "reram", "sram", "dram"}));
  EnvmTechnology technology;
  EDGEBERT_RETURN_IF_ERROR(section.Read("name", technology.name));
  EDGEBERT_RETURN_IF_ERROR(section.Read("description", technology.description));
  EDGEBERT_ASSIGN_OR_RETURN(const YamlSection cells,
                            section.at("cells").Section({"slc", "mlc2", "mlc3"}));
  for (const CellKind kind : {CellKind::kSlc, CellKind::kMlc2, CellKind::kMlc3}) {
    EDGEBERT_RETURN_IF_ERROR(
        ReadCell(cells.at(CellKindName(kind)), kind, technology.cells[static_cast<size_t>(kind)]));
  }
  EnvmTechnology::Reram& reram = technology.reram;
  EDGEBERT_ASSIGN_OR_RETURN(
      const YamlSection reram_section,
      section.at("reram").Section({"array_cells", "word", "banks", "leakage", "wake_time"}));
  EDGEBERT_RETURN_IF_ERROR(ReadFields(reram_section, {{"array_cells", kCells, reram.array_cells},
                                                      {"word", kBits, reram.word_bits},
                                                      {"banks", kBanks, reram.banks},
                                                      {"leakage", kLeakage, reram.leakage_w_per_mb},
                                                      {"wake_time", kTime, reram.wake_time_s}}));
  EnvmTechnology::Sram& sram = technology.sram;
  EDGEBERT_ASSIGN_OR_RETURN(const YamlSection sram_section,
                            section.at("sram").Section({"read_energy", "write_energy", "latency",
                                                        "word", "banks", "area", "leakage"}));
  EDGEBERT_RETURN_IF_ERROR(
      ReadFields(sram_section, {{"read_energy", kEnergyPerByte, sram.read_energy_j_per_byte},
                                {"write_energy", kEnergyPerByte, sram.write_energy_j_per_byte},
                                {"latency", kTime, sram.latency_s},
                                {"word", kBits, sram.word_bits},
                                {"banks", kBanks, sram.banks},
                                {"area", kArea, sram.area_mm2_per_mb},
                                {"leakage", kLeakage, sram.leakage_w_per_mb}}));
  EnvmTechnology::Dram& dram = technology.dram;
  EDGEBERT_ASSIGN_OR_RETURN(const YamlSection dram_section,
                            section.at("dram").Section({"burst", "latency", "self_refresh"}));
  EDGEBERT_RETURN_IF_ERROR(
      ReadFields(dram_section, {{"burst", kBits, dram.burst_bits},
                                {"latency", kTime, dram.latency_s},
                                {"self_refresh", kSelfRefresh, dram.self_refresh_w_per_byte}}));
  return technology;
}

}  // namespace

Result<EnvmFaultModel> EnvmTechnology::FaultModel() const {
  EnvmFaultModel::CellErrors errors;
  for (size_t kind = 0; kind < errors.size(); ++kind) {
    EDGEBERT_ASSIGN_OR_RETURN(errors[kind], ComputeLevelErrors(cells[kind].levels));
  }
  return EnvmFaultModel::Create(std::move(errors));
}

Result<EnvmTechnology> ParseEnvmTechnology(std::string_view yaml, const std::string& name) {
  EDGEBERT_ASSIGN_OR_RETURN(const YamlValue document,
                            ParseYaml(yaml, name, kWhat, kMaxHardwareBytes));
  return ReadTechnology(document);
}

Result<EnvmTechnology> LoadEnvmTechnology(const std::filesystem::path& path) {
  EDGEBERT_ASSIGN_OR_RETURN(const YamlValue document, LoadYaml(path, kWhat, kMaxHardwareBytes));
  return ReadTechnology(document);
}

}  // namespace edgebert
