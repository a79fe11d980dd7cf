#ifndef EDGEBERT_BASE_UNITS_H_
#define EDGEBERT_BASE_UNITS_H_

#include <compare>

namespace edgebert {

/// A number with a unit. Only quantities of one unit add; a plain number scales.
/// Products and quotients between units are the few named functions below.
template <typename Tag>
class Quantity {
 public:
  constexpr Quantity() = default;
  constexpr explicit Quantity(double value) : value_(value) {}

  constexpr double value() const { return value_; }

  constexpr Quantity& operator+=(Quantity other) {
    value_ += other.value_;
    return *this;
  }
  constexpr Quantity& operator-=(Quantity other) {
    value_ -= other.value_;
    return *this;
  }
  friend constexpr Quantity operator+(Quantity a, Quantity b) { return a += b; }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return a -= b; }
  friend constexpr Quantity operator*(Quantity a, double factor) {
    return Quantity(a.value_ * factor);
  }
  friend constexpr Quantity operator*(double factor, Quantity a) { return a * factor; }
  friend constexpr Quantity operator/(Quantity a, double divisor) {
    return Quantity(a.value_ / divisor);
  }
  /// The ratio of two quantities of one unit is a plain number.
  friend constexpr double operator/(Quantity a, Quantity b) { return a.value_ / b.value_; }
  friend constexpr auto operator<=>(Quantity a, Quantity b) = default;

 private:
  double value_ = 0.0;
};

using Joules = Quantity<struct JoulesTag>;
using Seconds = Quantity<struct SecondsTag>;
using Volts = Quantity<struct VoltsTag>;
using Hertz = Quantity<struct HertzTag>;
using Watts = Quantity<struct WattsTag>;
using Amperes = Quantity<struct AmperesTag>;
using Farads = Quantity<struct FaradsTag>;
using SquareMillimetres = Quantity<struct SquareMillimetresTag>;
using Cycles = Quantity<struct CyclesTag>;
using Bytes = Quantity<struct BytesTag>;
using BytesPerSecond = Quantity<struct BytesPerSecondTag>;

constexpr Seconds TimeOf(Cycles cycles, Hertz frequency) {
  return Seconds(cycles.value() / frequency.value());
}
constexpr Seconds TimeOf(Bytes bytes, BytesPerSecond bandwidth) {
  return Seconds(bytes.value() / bandwidth.value());
}
constexpr Joules EnergyOf(Watts power, Seconds time) {
  return Joules(power.value() * time.value());
}
constexpr Watts PowerOf(Joules energy, Seconds time) {
  return Watts(energy.value() / time.value());
}
constexpr Amperes CurrentOf(Watts power, Volts voltage) {
  return Amperes(power.value() / voltage.value());
}
constexpr Joules Picojoules(double value) { return Joules(value * 1e-12); }
constexpr Seconds Nanoseconds(double value) { return Seconds(value * 1e-9); }

}  // namespace edgebert

#endif  // EDGEBERT_BASE_UNITS_H_
