#include "edgebert/accel/hardware.h"

#include <fmt/format.h>

#include <cmath>

namespace edgebert {
namespace {

constexpr std::string_view kWhat = "the hardware description";

const Dimension kElements = {{{"elements", 1}}, 1, 1024};
const Dimension kVoltage = {{{"V", 1}, {"mV", 1e-3}}, 0.05, 10};
const Dimension kVoltageStep = {{{"V", 1}, {"mV", 1e-3}}, 1e-3, 1};
const Dimension kFrequency = {{{"Hz", 1}, {"kHz", 1e3}, {"MHz", 1e6}, {"GHz", 1e9}}, 1e3, 1e11};
const Dimension kEnergyPerCycle = {{{"pJ/cycle", 1e-12}, {"nJ/cycle", 1e-9}}, 1e-15, 1e-6};
const Dimension kEnergyPerByte = {{{"pJ/bit", 8e-12}, {"pJ/B", 1e-12}}, 1e-15, 1e-7};
const Dimension kBandwidth = {{{"B/s", 1}, {"MB/s", 1e6}, {"GB/s", 1e9}}, 1e3, 1e14};
const Dimension kVectorsPerCycle = {{{"vectors/cycle", 1}}, 1.0 / 1024, 1024};

Status ReadVectorSize(const YamlSection& document, Constant<int>& size) {
  const YamlValue& field = document.at("vector_size");
  EDGEBERT_ASSIGN_OR_RETURN(const Constant<double> constant, ReadConstant(field, kElements));
  if (constant.value != std::floor(constant.value)) {
    return field.Error(
        fmt::format("{} is {}, expected a whole number", field.what(), constant.value));
  }
  return ReadConstantInto(field, kElements, size);
}

Status ReadOperatingPoints(const YamlValue& value, HardwareDescription& hardware) {
  EDGEBERT_ASSIGN_OR_RETURN(const YamlSection section,
                            value.Section({"value", "unit", "source", "status"}, {"conditions"}));
  EDGEBERT_ASSIGN_OR_RETURN(hardware.operating_points_provenance, ReadProvenance(section));
  EDGEBERT_ASSIGN_OR_RETURN(const YamlSection units,
                            section.at("unit").Section({"voltage", "frequency"}));
  EDGEBERT_ASSIGN_OR_RETURN(const Unit volts, ReadUnit(units.at("voltage"), kVoltage));
  EDGEBERT_ASSIGN_OR_RETURN(const Unit hertz, ReadUnit(units.at("frequency"), kFrequency));
  const Result<std::vector<YamlValue>> points = section.at("value").Sequence(2);
  if (!points.ok()) {
    return section.at("value").Error(fmt::format("{} must list at least two points", value.what()));
  }
  for (const YamlValue& point : *points) {
    EDGEBERT_ASSIGN_OR_RETURN(const YamlSection fields, point.Section({"voltage", "frequency"}));
    EDGEBERT_ASSIGN_OR_RETURN(const double voltage,
                              ReadQuantity(fields.at("voltage"), "voltage", volts, kVoltage));
    EDGEBERT_ASSIGN_OR_RETURN(const double frequency,
                              ReadQuantity(fields.at("frequency"), "frequency", hertz, kFrequency));
    if (!hardware.operating_points.empty()) {
      const VoltageFrequency& previous = hardware.operating_points.back();
      if (voltage <= previous.voltage.value() || frequency <= previous.frequency.value()) {
        return point.Error(
            fmt::format("{} must ascend in voltage and frequency; this one does "
                        "not lie above the point before it",
                        value.what()));
      }
    }
    hardware.operating_points.push_back({Volts(voltage), Hertz(frequency)});
  }
  return OkStatus();
}

Result<HardwareDescription> ReadHardware(const YamlValue& document) {
  EDGEBERT_ASSIGN_OR_RETURN(
      const YamlSection section,
      document.Section({"name", "description", "vector_size", "operating_points", "voltage_step",
                        "energy_per_cycle", "dram_energy", "dram_bandwidth", "sfu_throughput"}));
  HardwareDescription hardware;
  EDGEBERT_RETURN_IF_ERROR(section.Read("name", hardware.name));
  EDGEBERT_RETURN_IF_ERROR(section.Read("description", hardware.description));
  EDGEBERT_RETURN_IF_ERROR(ReadVectorSize(section, hardware.vector_size));
  EDGEBERT_RETURN_IF_ERROR(ReadOperatingPoints(section.at("operating_points"), hardware));
  EDGEBERT_RETURN_IF_ERROR(
      ReadConstantInto(section.at("voltage_step"), kVoltageStep, hardware.voltage_step));
  EDGEBERT_RETURN_IF_ERROR(
      ReadConstantInto(section.at("energy_per_cycle"), kEnergyPerCycle, hardware.energy_per_cycle));
  EDGEBERT_RETURN_IF_ERROR(
      ReadConstantInto(section.at("dram_energy"), kEnergyPerByte, hardware.dram_energy_per_byte));
  EDGEBERT_RETURN_IF_ERROR(
      ReadConstantInto(section.at("dram_bandwidth"), kBandwidth, hardware.dram_bandwidth));
  EDGEBERT_RETURN_IF_ERROR(ReadConstantInto(section.at("sfu_throughput"), kVectorsPerCycle,
                                            hardware.sfu_vectors_per_cycle));
  return hardware;
}

}  // namespace

Result<HardwareDescription> ParseHardware(std::string_view yaml, const std::string& name) {
  EDGEBERT_ASSIGN_OR_RETURN(const YamlValue document,
                            ParseYaml(yaml, name, kWhat, kMaxHardwareBytes));
  return ReadHardware(document);
}

Result<HardwareDescription> LoadHardware(const std::filesystem::path& path) {
  EDGEBERT_ASSIGN_OR_RETURN(const YamlValue document, LoadYaml(path, kWhat, kMaxHardwareBytes));
  return ReadHardware(document);
}

}  // namespace edgebert
