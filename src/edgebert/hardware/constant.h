#ifndef EDGEBERT_HARDWARE_CONSTANT_H_
#define EDGEBERT_HARDWARE_CONSTANT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

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
  T value{};
  std::optional<Interval<T>> range = std::nullopt;
  Provenance provenance = {};

  T low() const { return range ? range->low : value; }
  T high() const { return range ? range->high : value; }
};

/// A unit that descriptions may use.
struct Unit {
  std::string_view name;
  std::string_view base;  ///< The unit that values are kept in, "J" for "pJ".
  double scale;           ///< Value in `base` of one of this unit. KB and MB are binary.
};

/// A physical quantity: its base unit and the bounds, in that unit, outside which a value can only
/// be a mistake.
struct Dimension {
  std::string_view base;
  double minimum;
  double maximum;
};

/// The unit of that name that `value` gives, of any dimension or of that of `base`.
Result<Unit> ReadUnit(const YamlValue& value);
Result<Unit> ReadUnit(const YamlValue& value, std::string_view base);

/// A number given in `unit`, within the dimension's bounds; in the base unit. Messages call it
/// `what`.
Result<double> ReadQuantity(const YamlValue& value, std::string_view what, const Unit& unit,
                            const Dimension& dimension);

/// The keys source, status and, where it is there, conditions.
Result<Provenance> ReadProvenance(const YamlSection& section);

/// A map {value, unit, source, status} and, if given, range: [low, high] around the value, and
/// conditions. In the base unit.
Result<Constant<double>> ReadConstant(const YamlValue& value, const Dimension& dimension);

/// The same constant as a quantity with a type of its own.
template <typename T>
Constant<T> ConstantAs(Constant<double> constant) {
  std::optional<Interval<T>> range;
  if (constant.range) {
    range = Interval<T>{T(constant.range->low), T(constant.range->high)};
  }
  return {T(constant.value), range, std::move(constant.provenance)};
}

}  // namespace edgebert

#endif  // EDGEBERT_HARDWARE_CONSTANT_H_
