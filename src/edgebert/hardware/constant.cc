#include "edgebert/hardware/constant.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <vector>

#include "edgebert/base/text.h"

namespace edgebert {
namespace {

constexpr std::array<std::string_view, 5> kStatusNames = {"measured", "published", "derived",
                                                          "recalled", "assumed"};

constexpr double kKibi = 1024;
constexpr double kMebi = 1024 * 1024;

constexpr std::array kUnits = {
    Unit{"1", "1", 1},
    Unit{"elements", "elements", 1},
    Unit{"tiles", "tiles", 1},
    Unit{"banks", "banks", 1},
    Unit{"B/cycle", "B/cycle", 1},
    Unit{"vectors/cycle", "vectors/cycle", 1},
    Unit{"V", "V", 1},
    Unit{"mV", "V", 1e-3},
    Unit{"A", "A", 1},
    Unit{"mA", "A", 1e-3},
    Unit{"nF", "F", 1e-9},
    Unit{"pF", "F", 1e-12},
    Unit{"s", "s", 1},
    Unit{"ms", "s", 1e-3},
    Unit{"us", "s", 1e-6},
    Unit{"ns", "s", 1e-9},
    Unit{"us/V", "s/V", 1e-6},
    Unit{"ns/V", "s/V", 1e-9},
    Unit{"Hz", "Hz", 1},
    Unit{"kHz", "Hz", 1e3},
    Unit{"MHz", "Hz", 1e6},
    Unit{"GHz", "Hz", 1e9},
    Unit{"J", "J", 1},
    Unit{"mJ", "J", 1e-3},
    Unit{"uJ", "J", 1e-6},
    Unit{"nJ", "J", 1e-9},
    Unit{"pJ", "J", 1e-12},
    Unit{"fJ", "J", 1e-15},
    Unit{"pJ/cycle", "J/cycle", 1e-12},
    Unit{"nJ/cycle", "J/cycle", 1e-9},
    Unit{"pJ/bit", "J/B", 8e-12},
    Unit{"pJ/B", "J/B", 1e-12},
    Unit{"pJ/word64", "J/B", 1e-12 / 8},
    Unit{"W", "W", 1},
    Unit{"mW", "W", 1e-3},
    Unit{"uW", "W", 1e-6},
    Unit{"uW/KB", "W/B", 1e-6 / kKibi},
    Unit{"B", "B", 1},
    Unit{"KB", "B", kKibi},
    Unit{"MB", "B", kMebi},
    Unit{"B/s", "B/s", 1},
    Unit{"MB/s", "B/s", 1e6},
    Unit{"GB/s", "B/s", 1e9},
    Unit{"mm2", "mm2", 1},
    Unit{"mm2/MB", "mm2/B", 1 / kMebi},
    Unit{"TFLOPS", "op/s", 1e12},
    Unit{"TOPS/mm2", "op/s/mm2", 1e12},
    Unit{"TFLOPS/W", "op/J", 1e12},
};

}  // namespace

std::string_view ConstantStatusName(ConstantStatus status) {
  return kStatusNames[static_cast<size_t>(status)];
}

Result<Unit> ReadUnit(const YamlValue& value) {
  EDGEBERT_ASSIGN_OR_RETURN(const std::string name, value.Text());
  std::vector<std::string> names;
  for (const Unit& unit : kUnits) {
    if (unit.name == name) {
      return unit;
    }
    names.emplace_back(unit.name);
  }
  return value.Error(fmt::format("{} is '{}', which is not known{} (units: {})", value.what(), name,
                                 DidYouMean(name, names), fmt::join(names, ", ")));
}

Result<Unit> ReadUnit(const YamlValue& value, std::string_view base) {
  EDGEBERT_ASSIGN_OR_RETURN(const std::string name, value.Text());
  std::vector<std::string_view> names;
  for (const Unit& unit : kUnits) {
    if (unit.base == base) {
      if (unit.name == name) {
        return unit;
      }
      names.push_back(unit.name);
    }
  }
  return value.Error(
      fmt::format("{} is '{}', expected {}", value.what(), name, fmt::join(names, " or ")));
}

Result<double> ReadQuantity(const YamlValue& value, std::string_view what, const Unit& unit,
                            const Dimension& dimension) {
  EDGEBERT_ASSIGN_OR_RETURN(const double number, value.Number());
  const double scaled = number * unit.scale;
  if (!(scaled >= dimension.minimum && scaled <= dimension.maximum)) {
    return value.Error(fmt::format("{} is {} {}, expected {:.6g} to {:.6g} {}", what, number,
                                   unit.name, dimension.minimum / unit.scale,
                                   dimension.maximum / unit.scale, unit.name));
  }
  return scaled;
}

Result<Provenance> ReadProvenance(const YamlSection& section) {
  Provenance provenance;
  EDGEBERT_RETURN_IF_ERROR(section.Read("source", provenance.source));
  EDGEBERT_ASSIGN_OR_RETURN(const size_t status, section.at("status").OneOf(kStatusNames));
  provenance.status = static_cast<ConstantStatus>(status);
  EDGEBERT_RETURN_IF_ERROR(section.Read("conditions", provenance.conditions));
  return provenance;
}

Result<Constant<double>> ReadConstant(const YamlValue& value, const Dimension& dimension) {
  EDGEBERT_ASSIGN_OR_RETURN(
      const YamlSection section,
      value.Section({"value", "unit", "source", "status"}, {"range", "conditions"}));
  EDGEBERT_ASSIGN_OR_RETURN(const Unit unit, ReadUnit(section.at("unit"), dimension.base));
  Constant<double> constant;
  EDGEBERT_ASSIGN_OR_RETURN(constant.value,
                            ReadQuantity(section.at("value"), value.what(), unit, dimension));
  EDGEBERT_ASSIGN_OR_RETURN(constant.provenance, ReadProvenance(section));
  if (const YamlValue* range = section.Find("range")) {
    const Result<std::vector<YamlValue>> ends = range->Sequence(2, 2);
    if (!ends.ok()) {
      return range->Error(fmt::format("{} must be [low, high]", range->what()));
    }
    Interval<double> interval{};
    EDGEBERT_ASSIGN_OR_RETURN(interval.low,
                              ReadQuantity((*ends)[0], range->what(), unit, dimension));
    EDGEBERT_ASSIGN_OR_RETURN(interval.high,
                              ReadQuantity((*ends)[1], range->what(), unit, dimension));
    if (constant.value < interval.low || constant.value > interval.high) {
      return range->Error(fmt::format("{} does not hold its value", range->what()));
    }
    constant.range = interval;
  }
  return constant;
}

}  // namespace edgebert
