#include "edgebert/accel/hardware.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <exception>
#include <map>
#include <span>
#include <sstream>
#include <utility>

#include "edgebert/base/file.h"
#include "edgebert/base/text.h"

namespace edgebert {
namespace {

constexpr std::array<std::string_view, 5> kStatusNames = {"measured", "published", "derived",
                                                          "recalled", "assumed"};

struct Unit {
  std::string name;
  double scale;  ///< Value in SI units of one of this unit.
};

/// A physical quantity: the units it may be given in and the bounds, in SI units, outside which a
/// value can only be a mistake.
struct Dimension {
  std::vector<Unit> units;
  double minimum;
  double maximum;
};

const Dimension kElements = {{{"elements", 1}}, 1, 1024};
const Dimension kVoltage = {{{"V", 1}, {"mV", 1e-3}}, 0.05, 10};
const Dimension kVoltageStep = {{{"V", 1}, {"mV", 1e-3}}, 1e-3, 1};
const Dimension kFrequency = {{{"Hz", 1}, {"kHz", 1e3}, {"MHz", 1e6}, {"GHz", 1e9}}, 1e3, 1e11};
const Dimension kEnergyPerCycle = {{{"pJ/cycle", 1e-12}, {"nJ/cycle", 1e-9}}, 1e-15, 1e-6};
const Dimension kEnergyPerByte = {{{"pJ/bit", 8e-12}, {"pJ/B", 1e-12}}, 1e-15, 1e-7};
const Dimension kBandwidth = {{{"B/s", 1}, {"MB/s", 1e6}, {"GB/s", 1e9}}, 1e3, 1e14};
const Dimension kVectorsPerCycle = {{{"vectors/cycle", 1}}, 1.0 / 1024, 1024};

/// One map of the document whose keys have been checked.
struct Section {
  YAML::Node node;
  std::map<std::string, YAML::Node> fields;

  const YAML::Node& at(const std::string& key) const { return fields.find(key)->second; }
  bool Has(const std::string& key) const { return fields.contains(key); }
};

class HardwareReader {
 public:
  explicit HardwareReader(const std::string& name) : name_(name) {}

  Result<HardwareDescription> Read(const YAML::Node& document) const;

 private:
  Status Error(const YAML::Mark& mark, std::string_view message) const {
    return InvalidArgument(fmt::format("{}:{}: {}", name_, std::max(mark.line, 0) + 1, message));
  }
  Status Error(const YAML::Node& node, std::string_view message) const {
    return Error(node.Mark(), message);
  }

  Result<Section> ReadSection(const YAML::Node& node, std::string_view what,
                              std::vector<std::string> required,
                              const std::vector<std::string>& optional) const;
  Result<std::string> ReadText(const YAML::Node& node, std::string_view what) const;
  Result<double> ReadNumber(const YAML::Node& node, std::string_view what) const;
  Result<Unit> ReadUnit(const YAML::Node& node, std::string_view what,
                        const Dimension& dimension) const;
  Result<double> ReadQuantity(const YAML::Node& node, std::string_view what, const Unit& unit,
                              const Dimension& dimension) const;
  Result<Provenance> ReadProvenance(const Section& section, std::string_view what) const;
  Result<Constant<double>> ReadConstant(const Section& document, const std::string& key,
                                        const Dimension& dimension) const;
  Result<Constant<int>> ReadVectorSize(const Section& document) const;
  Status ReadOperatingPoints(const YAML::Node& node, HardwareDescription& hardware) const;

  template <typename T>
  Status ReadInto(const Section& document, const std::string& key, const Dimension& dimension,
                  Constant<T>& destination) const {
    EDGEBERT_ASSIGN_OR_RETURN(Constant<double> constant, ReadConstant(document, key, dimension));
    destination.value = T(constant.value);
    if (constant.range) {
      destination.range = Interval<T>{T(constant.range->low), T(constant.range->high)};
    }
    destination.provenance = std::move(constant.provenance);
    return OkStatus();
  }

  const std::string& name_;
};

Result<Section> HardwareReader::ReadSection(const YAML::Node& node, std::string_view what,
                                            std::vector<std::string> required,
                                            const std::vector<std::string>& optional) const {
  if (!node.IsMap()) {
    return Error(node,
                 fmt::format("{} must be a map with the keys {}", what, fmt::join(required, ", ")));
  }
  std::vector<std::string> known = required;
  known.insert(known.end(), optional.begin(), optional.end());
  Section section{node, {}};
  for (const auto& field : node) {
    if (!field.first.IsScalar()) {
      return Error(field.first, fmt::format("a key of {} is not plain text", what));
    }
    const std::string& key = field.first.Scalar();
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      return Error(field.first, fmt::format("unknown key '{}' in {}{}", key, what,
                                            DidYouMean(key, std::span<const std::string>(known))));
    }
    if (!section.fields.emplace(key, field.second).second) {
      return Error(field.first, fmt::format("key '{}' stands twice in {}", key, what));
    }
  }
  for (const std::string& key : required) {
    if (!section.Has(key)) {
      return Error(node, fmt::format("key '{}' is missing in {}", key, what));
    }
  }
  return section;
}

Result<std::string> HardwareReader::ReadText(const YAML::Node& node, std::string_view what) const {
  if (!node.IsScalar() || node.Scalar().empty()) {
    return Error(node, fmt::format("{} must be text", what));
  }
  return node.Scalar();
}

Result<double> HardwareReader::ReadNumber(const YAML::Node& node, std::string_view what) const {
  if (!node.IsScalar()) {
    return Error(node, fmt::format("{} must be a number", what));
  }
  Result<double> number = ParseFiniteNumber(node.Scalar());
  if (!number.ok()) {
    return Error(node, fmt::format("{}: {}", what, number.status().message()));
  }
  return number;
}

Result<Unit> HardwareReader::ReadUnit(const YAML::Node& node, std::string_view what,
                                      const Dimension& dimension) const {
  EDGEBERT_ASSIGN_OR_RETURN(const std::string name,
                            ReadText(node, fmt::format("unit of {}", what)));
  std::vector<std::string> names;
  for (const Unit& unit : dimension.units) {
    if (unit.name == name) {
      return unit;
    }
    names.push_back(unit.name);
  }
  return Error(
      node, fmt::format("unit of {} is '{}', expected {}", what, name, fmt::join(names, " or ")));
}

Result<double> HardwareReader::ReadQuantity(const YAML::Node& node, std::string_view what,
                                            const Unit& unit, const Dimension& dimension) const {
  EDGEBERT_ASSIGN_OR_RETURN(const double number, ReadNumber(node, what));
  const double value = number * unit.scale;
  if (!(value >= dimension.minimum && value <= dimension.maximum)) {
    return Error(node, fmt::format("{} is {} {}, expected {:.6g} to {:.6g} {}", what, number,
                                   unit.name, dimension.minimum / unit.scale,
                                   dimension.maximum / unit.scale, unit.name));
  }
  return value;
}

Result<Provenance> HardwareReader::ReadProvenance(const Section& section,
                                                  std::string_view what) const {
  Provenance provenance;
  EDGEBERT_ASSIGN_OR_RETURN(provenance.source,
                            ReadText(section.at("source"), fmt::format("source of {}", what)));
  const YAML::Node& node = section.at("status");
  EDGEBERT_ASSIGN_OR_RETURN(const std::string status,
                            ReadText(node, fmt::format("status of {}", what)));
  const auto found = std::find(kStatusNames.begin(), kStatusNames.end(), status);
  if (found == kStatusNames.end()) {
    return Error(node, fmt::format("status of {} is '{}', expected one of {}", what, status,
                                   fmt::join(kStatusNames, ", ")));
  }
  provenance.status = static_cast<ConstantStatus>(found - kStatusNames.begin());
  return provenance;
}

Result<Constant<double>> HardwareReader::ReadConstant(const Section& document,
                                                      const std::string& key,
                                                      const Dimension& dimension) const {
  EDGEBERT_ASSIGN_OR_RETURN(
      const Section section,
      ReadSection(document.at(key), key, {"value", "unit", "source", "status"}, {"range"}));
  EDGEBERT_ASSIGN_OR_RETURN(const Unit unit, ReadUnit(section.at("unit"), key, dimension));
  Constant<double> constant;
  EDGEBERT_ASSIGN_OR_RETURN(constant.value,
                            ReadQuantity(section.at("value"), key, unit, dimension));
  EDGEBERT_ASSIGN_OR_RETURN(constant.provenance, ReadProvenance(section, key));
  if (section.Has("range")) {
    const YAML::Node& range = section.at("range");
    const std::string what = fmt::format("range of {}", key);
    if (!range.IsSequence() || range.size() != 2) {
      return Error(range, fmt::format("{} must be [low, high]", what));
    }
    Interval<double> interval{};
    EDGEBERT_ASSIGN_OR_RETURN(interval.low, ReadQuantity(range[0], what, unit, dimension));
    EDGEBERT_ASSIGN_OR_RETURN(interval.high, ReadQuantity(range[1], what, unit, dimension));
    if (constant.value < interval.low || constant.value > interval.high) {
      return Error(range, fmt::format("{} does not hold its value", what));
    }
    constant.range = interval;
  }
  return constant;
}

Result<Constant<int>> HardwareReader::ReadVectorSize(const Section& document) const {
  static const std::string kKey = "vector_size";
  Constant<int> size;
  EDGEBERT_RETURN_IF_ERROR(ReadInto(document, kKey, kElements, size));
  EDGEBERT_ASSIGN_OR_RETURN(const double number, ReadNumber(document.at(kKey)["value"], kKey));
  if (number != std::floor(number)) {
    return Error(document.at(kKey)["value"],
                 fmt::format("{} is {}, expected a whole number", kKey, number));
  }
  return size;
}

Status HardwareReader::ReadOperatingPoints(const YAML::Node& node,
                                           HardwareDescription& hardware) const {
  static const std::string kKey = "operating_points";
  EDGEBERT_ASSIGN_OR_RETURN(const Section section,
                            ReadSection(node, kKey, {"value", "unit", "source", "status"}, {}));
  EDGEBERT_ASSIGN_OR_RETURN(hardware.operating_points_provenance, ReadProvenance(section, kKey));
  EDGEBERT_ASSIGN_OR_RETURN(const Section units, ReadSection(section.at("unit"), "unit of " + kKey,
                                                             {"voltage", "frequency"}, {}));
  EDGEBERT_ASSIGN_OR_RETURN(const Unit volts, ReadUnit(units.at("voltage"), "voltage", kVoltage));
  EDGEBERT_ASSIGN_OR_RETURN(const Unit hertz,
                            ReadUnit(units.at("frequency"), "frequency", kFrequency));
  const YAML::Node& points = section.at("value");
  if (!points.IsSequence() || points.size() < 2) {
    return Error(points, fmt::format("{} must list at least two points", kKey));
  }
  for (const YAML::Node& point : points) {
    EDGEBERT_ASSIGN_OR_RETURN(const Section fields, ReadSection(point, "a point of " + kKey,
                                                                {"voltage", "frequency"}, {}));
    EDGEBERT_ASSIGN_OR_RETURN(const double voltage,
                              ReadQuantity(fields.at("voltage"), "voltage", volts, kVoltage));
    EDGEBERT_ASSIGN_OR_RETURN(const double frequency,
                              ReadQuantity(fields.at("frequency"), "frequency", hertz, kFrequency));
    if (!hardware.operating_points.empty()) {
      const VoltageFrequency& previous = hardware.operating_points.back();
      if (voltage <= previous.voltage.value() || frequency <= previous.frequency.value()) {
        return Error(point, fmt::format("{} must ascend in voltage and frequency; this one does "
                                        "not lie above the point before it",
                                        kKey));
      }
    }
    hardware.operating_points.push_back({Volts(voltage), Hertz(frequency)});
  }
  return OkStatus();
}

Result<HardwareDescription> HardwareReader::Read(const YAML::Node& document) const {
  EDGEBERT_ASSIGN_OR_RETURN(
      const Section section,
      ReadSection(document, "the hardware description",
                  {"name", "description", "vector_size", "operating_points", "voltage_step",
                   "energy_per_cycle", "dram_energy", "dram_bandwidth", "sfu_throughput"},
                  {}));
  HardwareDescription hardware;
  EDGEBERT_ASSIGN_OR_RETURN(hardware.name, ReadText(section.at("name"), "name"));
  EDGEBERT_ASSIGN_OR_RETURN(hardware.description,
                            ReadText(section.at("description"), "description"));
  EDGEBERT_ASSIGN_OR_RETURN(hardware.vector_size, ReadVectorSize(section));
  EDGEBERT_RETURN_IF_ERROR(ReadOperatingPoints(section.at("operating_points"), hardware));
  EDGEBERT_RETURN_IF_ERROR(ReadInto(section, "voltage_step", kVoltageStep, hardware.voltage_step));
  EDGEBERT_RETURN_IF_ERROR(
      ReadInto(section, "energy_per_cycle", kEnergyPerCycle, hardware.energy_per_cycle));
  EDGEBERT_RETURN_IF_ERROR(
      ReadInto(section, "dram_energy", kEnergyPerByte, hardware.dram_energy_per_byte));
  EDGEBERT_RETURN_IF_ERROR(
      ReadInto(section, "dram_bandwidth", kBandwidth, hardware.dram_bandwidth));
  EDGEBERT_RETURN_IF_ERROR(
      ReadInto(section, "sfu_throughput", kVectorsPerCycle, hardware.sfu_vectors_per_cycle));
  return hardware;
}

/// Takes no notice of what a document holds.
class IgnoredDocument final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

/// "none", "one" or "more": it looks no further than the second document.
std::string_view CountDocuments(const std::string& yaml) {
  std::istringstream stream(yaml);
  YAML::Parser parser(stream);
  IgnoredDocument document;
  if (!parser.HandleNextDocument(document)) {
    return "none";
  }
  return parser.HandleNextDocument(document) ? "more" : "one";
}

}  // namespace

std::string_view ConstantStatusName(ConstantStatus status) {
  return kStatusNames[static_cast<size_t>(status)];
}

Result<HardwareDescription> ParseHardware(std::string_view yaml, const std::string& name) {
  if (yaml.size() > kMaxHardwareBytes) {
    return InvalidArgument(
        fmt::format("{}: a hardware description has at most {} bytes, this has {}", name,
                    kMaxHardwareBytes, yaml.size()));
  }
  if (const std::optional<size_t> at = FindInvalidUtf8(yaml)) {
    const auto end = yaml.begin() + static_cast<std::ptrdiff_t>(*at);
    return InvalidArgument(
        fmt::format("{}:{}: not valid UTF-8", name, std::count(yaml.begin(), end, '\n') + 1));
  }
  try {
    // Not YAML::LoadAll(): of some malformed texts yaml-cpp 0.7 makes documents without end.
    const std::string text(yaml);
    if (const std::string_view count = CountDocuments(text); count != "one") {
      return InvalidArgument(
          fmt::format("{}:1: expected one YAML document, found {}", name, count));
    }
    return HardwareReader(name).Read(YAML::Load(text));
  } catch (const YAML::Exception& error) {
    return InvalidArgument(fmt::format("{}:{}: not valid YAML: {}", name,
                                       std::max(error.mark.line, 0) + 1, error.msg));
  } catch (const std::exception& error) {
    return InvalidArgument(fmt::format("{}:1: not readable as YAML: {}", name, error.what()));
  }
}

Result<HardwareDescription> LoadHardware(const std::filesystem::path& path) {
  EDGEBERT_ASSIGN_OR_RETURN(const std::string yaml, ReadTextFile(path, kMaxHardwareBytes));
  return ParseHardware(yaml, path.string());
}

}  // namespace edgebert
