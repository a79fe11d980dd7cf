#include "edgebert/hardware/hardware.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "edgebert/hardware/memory_sections.h"
#include "edgebert/hardware/technology.h"

namespace edgebert {
namespace {

constexpr std::string_view kWhat = "the hardware description";

constexpr Dimension kVoltage = {"V", 0.05, 10};
constexpr Dimension kVoltageStep = {"V", 1e-3, 1};
constexpr Dimension kDropout = {"V", 0, 5};
constexpr Dimension kFrequency = {"Hz", 1e3, 1e11};
constexpr Dimension kFrequencyStep = {"Hz", 0, 1e11};
constexpr Dimension kEnergyPerCycle = {"J/cycle", 1e-15, 1e-6};
constexpr Dimension kEnergy = {"J", 0, 1e-6};
constexpr Dimension kEnergyPerByte = {"J/B", 1e-15, 1e-7};
constexpr Dimension kBandwidth = {"B/s", 1e3, 1e14};
constexpr Dimension kVectorsPerCycle = {"vectors/cycle", 1.0 / 1024, 1024};
constexpr Dimension kShare = {"1", 0, 1};
constexpr Dimension kFactor = {"1", 0, 100};
constexpr Dimension kEfficiency = {"1", 0.01, 1};
constexpr Dimension kTime = {"s", 0, 1};
constexpr Dimension kResponse = {"s/V", 0, 10};
constexpr Dimension kPower = {"W", 0, 100};
constexpr Dimension kLeakagePerByte = {"W/B", 0, 1};
constexpr Dimension kCurrent = {"A", 0, 100};
constexpr Dimension kCapacitance = {"F", 0, 1e-3};
constexpr Dimension kArea = {"mm2", 0, 1e4};

Status CheckAscends(const YamlValue& where, const std::vector<VoltageFrequency>& points,
                    const VoltageFrequency& next) {
  if (!points.empty() &&
      (next.voltage <= points.back().voltage || next.frequency <= points.back().frequency)) {
    return where.Error(
        fmt::format("operating_points must ascend in voltage and frequency; this one ({} V, {} "
                    "MHz) does not lie above the point before it ({} V, {} MHz)",
                    next.voltage.value(), next.frequency.value() / 1e6,
                    points.back().voltage.value(), points.back().frequency.value() / 1e6));
  }
  return OkStatus();
}

Status ReadPointsOfTechnology(const YamlValue& reference, HardwareDescription& hardware) {
  constexpr std::array<std::string_view, 2> kColumns = {"voltage", "frequency"};
  EDGEBERT_ASSIGN_OR_RETURN(const TechnologyTable table, ResolveTable(reference, kColumns));
  hardware.operating_points_provenance = table.provenance;
  for (const std::vector<double>& row : table.rows) {
    const VoltageFrequency point{Volts(row[0]), Hertz(row[1])};
    EDGEBERT_RETURN_IF_ERROR(CheckAscends(reference, hardware.operating_points, point));
    hardware.operating_points.push_back(point);
  }
  return OkStatus();
}

Status ReadOperatingPoints(const YamlValue& value, HardwareDescription& hardware) {
  if (const Result<YamlSection> any = value.OpenSection(); any.ok() && any->Has("from")) {
    EDGEBERT_ASSIGN_OR_RETURN(const YamlSection section, value.Section({"from"}));
    return ReadPointsOfTechnology(section.at("from"), hardware);
  }
  EDGEBERT_ASSIGN_OR_RETURN(const YamlSection section,
                            value.Section({"value", "unit", "source", "status"}, {"conditions"}));
  EDGEBERT_ASSIGN_OR_RETURN(hardware.operating_points_provenance, ReadProvenance(section));
  EDGEBERT_ASSIGN_OR_RETURN(const YamlSection units,
                            section.at("unit").Section({"voltage", "frequency"}));
  EDGEBERT_ASSIGN_OR_RETURN(const Unit volts, ReadUnit(units.at("voltage"), kVoltage.base));
  EDGEBERT_ASSIGN_OR_RETURN(const Unit hertz, ReadUnit(units.at("frequency"), kFrequency.base));
  const Result<std::vector<YamlValue>> points = section.at("value").Sequence(2);
  if (!points.ok()) {
    return section.at("value").Error(fmt::format("{} must list at least two points", value.what()));
  }
  for (const YamlValue& item : *points) {
    EDGEBERT_ASSIGN_OR_RETURN(const YamlSection fields, item.Section({"voltage", "frequency"}));
    EDGEBERT_ASSIGN_OR_RETURN(const double voltage,
                              ReadQuantity(fields.at("voltage"), "voltage", volts, kVoltage));
    EDGEBERT_ASSIGN_OR_RETURN(const double frequency,
                              ReadQuantity(fields.at("frequency"), "frequency", hertz, kFrequency));
    const VoltageFrequency point{Volts(voltage), Hertz(frequency)};
    EDGEBERT_RETURN_IF_ERROR(CheckAscends(item, hardware.operating_points, point));
    hardware.operating_points.push_back(point);
  }
  return OkStatus();
}

/// ResolveInto() where the key is there.
template <typename T>
Status ReadIfGiven(const YamlSection& section, std::string_view key, const Dimension& dimension,
                   Constant<T>& destination) {
  const YamlValue* value = section.Find(key);
  return value == nullptr ? OkStatus() : ResolveInto(*value, dimension, destination);
}

Status ReadLeakage(const YamlValue& value, LeakageDescription& leakage) {
  EDGEBERT_ASSIGN_OR_RETURN(const YamlSection section,
                            value.Section({"logic", "buffers", "voltage"}));
  EDGEBERT_RETURN_IF_ERROR(ResolveInto(section.at("logic"), kPower, leakage.logic));
  EDGEBERT_RETURN_IF_ERROR(
      ResolveInto(section.at("buffers"), kLeakagePerByte, leakage.buffers_watts_per_byte));
  return ResolveInto(section.at("voltage"), kVoltage, leakage.voltage);
}

Status ReadRegulator(const YamlValue& value, const HardwareDescription& hardware,
                     RegulatorDescription& regulator) {
  constexpr std::array<std::string_view, 3> kKinds = {"ideal", "ldo", "switching"};
  EDGEBERT_ASSIGN_OR_RETURN(
      const YamlSection section,
      value.Section({"kind"}, {"input", "dropout", "efficiency", "current_limit", "response",
                               "output_capacitance"}));
  EDGEBERT_ASSIGN_OR_RETURN(const size_t kind, section.at("kind").OneOf(kKinds));
  regulator.kind = kKinds[kind];
  EDGEBERT_RETURN_IF_ERROR(ReadIfGiven(section, "input", kVoltage, regulator.input));
  EDGEBERT_RETURN_IF_ERROR(ReadIfGiven(section, "dropout", kDropout, regulator.dropout));
  EDGEBERT_RETURN_IF_ERROR(ReadIfGiven(section, "efficiency", kEfficiency, regulator.efficiency));
  EDGEBERT_RETURN_IF_ERROR(
      ReadIfGiven(section, "current_limit", kCurrent, regulator.current_limit));
  EDGEBERT_RETURN_IF_ERROR(
      ReadIfGiven(section, "response", kResponse, regulator.response_seconds_per_volt));
  EDGEBERT_RETURN_IF_ERROR(
      ReadIfGiven(section, "output_capacitance", kCapacitance, regulator.output_capacitance));
  if (regulator.kind == "ldo") {
    if (!section.Has("input")) {
      return value.Error("an LDO needs an input voltage: key 'input' is missing in regulator");
    }
    const Volts needed = hardware.nominal().voltage + regulator.dropout.value;
    if (regulator.input.value < needed - Volts(1e-9)) {
      return section.at("input").Error(
          fmt::format("an LDO with an input of {} V and a dropout of {} V cannot make the highest "
                      "operating point's {} V",
                      regulator.input.value.value(), regulator.dropout.value.value(),
                      hardware.nominal().voltage.value()));
    }
  }
  return OkStatus();
}

Status ReadClock(const YamlValue& value, ClockDescription& clock) {
  EDGEBERT_ASSIGN_OR_RETURN(const YamlSection section,
                            value.Section({}, {"step", "lock_time", "power"}));
  EDGEBERT_RETURN_IF_ERROR(ReadIfGiven(section, "step", kFrequencyStep, clock.step));
  EDGEBERT_RETURN_IF_ERROR(ReadIfGiven(section, "lock_time", kTime, clock.lock_time));
  return ReadIfGiven(section, "power", kPower, clock.power);
}

Result<ComponentDescription> ReadComponents(const YamlValue& value) {
  EDGEBERT_ASSIGN_OR_RETURN(const YamlSection section,
                            value.Section({"voltage", "mac", "buffer_read", "buffer_write",
                                           "sfu_element", "control_share"}));
  ComponentDescription components;
  EDGEBERT_RETURN_IF_ERROR(ResolveInto(section.at("voltage"), kVoltage, components.voltage));
  EDGEBERT_RETURN_IF_ERROR(ResolveInto(section.at("mac"), kEnergy, components.mac));
  EDGEBERT_RETURN_IF_ERROR(ResolveInto(section.at("buffer_read"), kEnergyPerByte,
                                       components.buffer_read_joules_per_byte));
  EDGEBERT_RETURN_IF_ERROR(ResolveInto(section.at("buffer_write"), kEnergyPerByte,
                                       components.buffer_write_joules_per_byte));
  EDGEBERT_RETURN_IF_ERROR(ResolveInto(section.at("sfu_element"), kEnergy, components.sfu_element));
  EDGEBERT_RETURN_IF_ERROR(
      ResolveInto(section.at("control_share"), kFactor, components.control_share));
  return components;
}

Status ReadAreas(const YamlValue& value, std::vector<NamedArea>& areas) {
  EDGEBERT_ASSIGN_OR_RETURN(const YamlSection section, value.OpenSection());
  for (const auto& [name, area_value] : section.entries()) {
    NamedArea area{name, {}};
    EDGEBERT_RETURN_IF_ERROR(ResolveInto(area_value, kArea, area.area));
    areas.push_back(std::move(area));
  }
  return OkStatus();
}

Status ReadOptionalSections(const YamlSection& section, HardwareDescription& hardware) {
  EDGEBERT_RETURN_IF_ERROR(ReadIfGiven(section, "idle_share", kShare, hardware.idle_share));
  EDGEBERT_RETURN_IF_ERROR(ReadIfGiven(section, "dram_latency", kTime, hardware.dram_latency));
  EDGEBERT_RETURN_IF_ERROR(
      ReadIfGiven(section, "dram_background", kPower, hardware.dram_background));
  EDGEBERT_RETURN_IF_ERROR(ReadMemories(section, hardware));
  if (const YamlValue* leakage = section.Find("leakage")) {
    EDGEBERT_RETURN_IF_ERROR(ReadLeakage(*leakage, hardware.leakage));
  }
  if (const YamlValue* regulator = section.Find("regulator")) {
    EDGEBERT_RETURN_IF_ERROR(ReadRegulator(*regulator, hardware, hardware.regulator));
  }
  if (const YamlValue* clock = section.Find("clock")) {
    EDGEBERT_RETURN_IF_ERROR(ReadClock(*clock, hardware.clock));
  }
  if (const YamlValue* time = section.Find("transition_time")) {
    EDGEBERT_RETURN_IF_ERROR(ResolveInto(*time, kTime, hardware.transition_time.emplace()));
  }
  if (const YamlValue* components = section.Find("components")) {
    EDGEBERT_ASSIGN_OR_RETURN(hardware.components, ReadComponents(*components));
  }
  if (const YamlValue* areas = section.Find("areas")) {
    EDGEBERT_RETURN_IF_ERROR(ReadAreas(*areas, hardware.areas));
  }
  return OkStatus();
}

/// Leakage is part of the energy per cycle, so it cannot be more.
Status CheckLeakage(const YamlValue& document, const HardwareDescription& hardware) {
  const double power =
      hardware.energy_per_cycle.low().value() * hardware.nominal().frequency.value();
  const double leakage =
      hardware.leakage.logic.value.value() +
      hardware.leakage.buffers_watts_per_byte.value * hardware.buffers.total().value();
  if (leakage > power) {
    return document.Error(fmt::format(
        "leakage is {:.4g} mW at the nominal point, more than the {:.4g} mW that energy_per_cycle "
        "makes of everything",
        leakage * 1e3, power * 1e3));
  }
  return OkStatus();
}

Result<HardwareDescription> ReadHardware(const YamlValue& document) {
  EDGEBERT_ASSIGN_OR_RETURN(
      const YamlSection section,
      document.Section({"name", "description", "vector_size", "operating_points", "voltage_step",
                        "energy_per_cycle", "dram_energy", "dram_bandwidth", "sfu_throughput"},
                       {"accumulator_tiles", "idle_share", "dram_latency", "dram_background",
                        "dram_port", "buffers", "envm", "weights", "leakage", "regulator", "clock",
                        "transition_time", "components", "areas"}));
  HardwareDescription hardware;
  EDGEBERT_RETURN_IF_ERROR(section.Read("name", hardware.name));
  EDGEBERT_RETURN_IF_ERROR(section.Read("description", hardware.description));
  EDGEBERT_RETURN_IF_ERROR(ReadArray(section, hardware));
  EDGEBERT_RETURN_IF_ERROR(ReadOperatingPoints(section.at("operating_points"), hardware));
  EDGEBERT_RETURN_IF_ERROR(
      ResolveInto(section.at("voltage_step"), kVoltageStep, hardware.voltage_step));
  EDGEBERT_RETURN_IF_ERROR(
      ResolveInto(section.at("energy_per_cycle"), kEnergyPerCycle, hardware.energy_per_cycle));
  EDGEBERT_RETURN_IF_ERROR(
      ResolveInto(section.at("dram_energy"), kEnergyPerByte, hardware.dram_joules_per_byte));
  EDGEBERT_RETURN_IF_ERROR(
      ResolveInto(section.at("dram_bandwidth"), kBandwidth, hardware.dram_bandwidth));
  EDGEBERT_RETURN_IF_ERROR(
      ResolveInto(section.at("sfu_throughput"), kVectorsPerCycle, hardware.sfu_vectors_per_cycle));
  EDGEBERT_RETURN_IF_ERROR(ReadOptionalSections(section, hardware));
  EDGEBERT_RETURN_IF_ERROR(CheckLeakage(document, hardware));
  return hardware;
}

template <typename T>
Status TakeConstant(const Technology& technology, std::string_view name, std::string_view base,
                    Constant<T>& destination) {
  EDGEBERT_ASSIGN_OR_RETURN(Constant<double> constant, technology.Get(name, base));
  destination = ConstantAs<T>(std::move(constant));
  return OkStatus();
}

}  // namespace

Status SetRegulator(std::string_view kind, HardwareDescription& hardware) {
  EDGEBERT_ASSIGN_OR_RETURN(const Technology* technology, BuiltInTechnology("regulators"));
  RegulatorDescription regulator;
  regulator.kind = kind;
  if (kind == "ldo") {
    EDGEBERT_RETURN_IF_ERROR(TakeConstant(*technology, "ldo_dropout", "V", regulator.dropout));
    // As far above the highest point as the dropout asks for.
    regulator.input = {hardware.nominal().voltage + regulator.dropout.value, std::nullopt,
                       regulator.dropout.provenance};
    EDGEBERT_RETURN_IF_ERROR(
        TakeConstant(*technology, "ldo_current_efficiency", "1", regulator.efficiency));
    EDGEBERT_RETURN_IF_ERROR(
        TakeConstant(*technology, "ldo_current_limit", "A", regulator.current_limit));
    EDGEBERT_RETURN_IF_ERROR(
        TakeConstant(*technology, "ldo_response", "s/V", regulator.response_seconds_per_volt));
  } else if (kind == "switching") {
    EDGEBERT_RETURN_IF_ERROR(
        TakeConstant(*technology, "switching_efficiency", "1", regulator.efficiency));
    EDGEBERT_RETURN_IF_ERROR(TakeConstant(*technology, "switching_response", "s/V",
                                          regulator.response_seconds_per_volt));
  } else if (kind != "ideal") {
    return InvalidArgument(
        fmt::format("unknown regulator '{}' (regulators: ideal, ldo, switching)", kind));
  }
  if (kind != "ideal") {
    EDGEBERT_RETURN_IF_ERROR(
        TakeConstant(*technology, "output_capacitance", "F", regulator.output_capacitance));
  }
  hardware.regulator = std::move(regulator);
  return OkStatus();
}

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
