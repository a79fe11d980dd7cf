#include "edgebert/accel/constant.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <utility>

namespace edgebert {
namespace {

constexpr std::array<std::string_view, 5> kStatusNames = {"measured", "published", "derived",
                                                          "recalled", "assumed"};

}  // namespace

std::string_view ConstantStatusName(ConstantStatus status) {
  return kStatusNames[static_cast<size_t>(status)];
}

Result<Unit> ReadUnit(const YamlValue& value, const Dimension& dimension) {
  EDGEBERT_ASSIGN_OR_RETURN(const std::string name, value.Text());
  std::vector<std::string> names;
  for (const Unit& unit : dimension.units) {
    if (unit.name == name) {
      return unit;
    }
    names.push_back(unit.name);
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
  EDGEBERT_ASSIGN_OR_RETURN(const Unit unit, ReadUnit(section.at("unit"), dimension));
  Constant<double> constant{};
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
