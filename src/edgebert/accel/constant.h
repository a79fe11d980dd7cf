#ifndef EDGEBERT_ACCEL_CONSTANT_H_
#define EDGEBERT_ACCEL_CONSTANT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/base/yaml_document.h"

namespace edgebert {

/// How far a constant can be trusted, from best to least.
enum class ConstantStatus : uint8_t {
  kMeasured,   ///< Taken on silicon by the source.
  kPublished,  ///< Stated by the source, not measured.
  kDerived,    ///< Computed from other figures of the source, which says how.
  kRecalled,   ///< Attributed to the source, not checked against it.
  kAssumed,    ///< Chosen by the author of the description.
};

std::string_view ConstantStatusName(ConstantStatus status);  ///< "measured", "published", …

/// Where a constant comes from.
struct Provenance {
  std::string source;
  ConstantStatus status = ConstantStatus::kAssumed;
  std::string conditions;  ///< Under which it holds; empty where none are given.
};

template <typename T>
struct Interval {
  T low;
  T high;
};

/// A technology constant; `range` holds the values that its sources allow, where they say.
template <typename T>
struct Constant {
  T value;
  std::optional<Interval<T>> range;
  Provenance provenance;
};

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

/// One of the dimension's units, by name.
Result<Unit> ReadUnit(const YamlValue& value, const Dimension& dimension);

/// A number given in `unit`, within the dimension's bounds; in SI units. Messages call it `what`.
Result<double> ReadQuantity(const YamlValue& value, std::string_view what, const Unit& unit,
                            const Dimension& dimension);

/// The keys source, status and, where it is there, conditions.
Result<Provenance> ReadProvenance(const YamlSection& section);

/// A map {value, unit, source, status} and, if given, range: [low, high] around the value, and
/// conditions. In SI units.
Result<Constant<double>> ReadConstant(const YamlValue& value, const Dimension& dimension);

/// ReadConstant() for a value with a unit of its own.
template <typename T>
Status ReadConstantInto(const YamlValue& value, const Dimension& dimension,
                        Constant<T>& destination) {
  EDGEBERT_ASSIGN_OR_RETURN(Constant<double> constant, ReadConstant(value, dimension));
  destination.value = T(constant.value);
  if (constant.range) {
    destination.range = Interval<T>{T(constant.range->low), T(constant.range->high)};
  }
  destination.provenance = std::move(constant.provenance);
  return OkStatus();
}

}  // namespace edgebert

#endif  // EDGEBERT_ACCEL_CONSTANT_H_
