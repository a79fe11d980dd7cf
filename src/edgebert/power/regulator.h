#ifndef EDGEBERT_POWER_REGULATOR_H_
#define EDGEBERT_POWER_REGULATOR_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "edgebert/base/status.h"
#include "edgebert/base/units.h"
#include "edgebert/power/operating_point.h"

namespace edgebert {

/// How the supply voltage of the logic is made.
enum class RegulatorKind : uint8_t {
  kIdeal,      ///< Without loss: what is drawn is what is used.
  kLdo,        ///< Linear: every coulomb comes from the input, so supply energy goes with Vin · V.
  kSwitching,  ///< A share of the energy is lost, whatever the voltage.
};

/// "ideal", "ldo", "switching".
std::string_view RegulatorKindName(RegulatorKind kind);

/// The regulator of that name; another name is kInvalidArgument, with a list of all names.
Result<RegulatorKind> ParseRegulatorKind(std::string_view name);

/// A voltage regulator as seen from outside. The default is ideal and sets any voltage at once.
struct VoltageRegulator {
  RegulatorKind kind = RegulatorKind::kIdeal;
  Volts input{0};                ///< LDO: the rail that it takes its current from.
  Volts dropout{0};              ///< LDO: the output stays at least this far below the input.
  double efficiency = 1;         ///< LDO: of the current; switching: of the energy.
  Amperes current_limit{0};      ///< Largest output current; 0: no limit.
  Seconds response_per_volt{0};  ///< Step response: time to settle, in proportion to the step.
  Farads output_capacitance{0};  ///< Charged when the voltage rises.

  /// What the input gives while the load takes `load` at `voltage`.
  Joules SupplyEnergy(Joules load, Volts voltage) const;
};

/// A digital clock generator (ADPLL). The default has any frequency ready at once.
struct ClockGenerator {
  Seconds lock_time{0};  ///< After a change of frequency; the clock stands still meanwhile.
  Watts power{0};  ///< While it locks. What it takes in steady state is part of the energy per
                   ///< cycle.
};

/// What sets the operating point.
struct Regulators {
  VoltageRegulator voltage;
  ClockGenerator clock;
  /// Replaces the time of every change of the operating point, keeping the parts in proportion: to
  /// sweep from regulators on the chip (30 ns) to those beside it (100 µs).
  std::optional<Seconds> transition_time;
};

/// The course of a change of the operating point. The voltage moves while the clock still runs (or
/// already runs) at the lower of both frequencies, so that no instant has a frequency that its
/// voltage does not allow: upwards the voltage settles first and the clock locks then, downwards
/// the clock locks first. No work is done meanwhile.
struct TransitionTiming {
  Seconds slew;
  Seconds lock;

  Seconds total() const { return slew + lock; }
};

/// Zero when the points are the same.
TransitionTiming TimingOf(const Regulators& regulators, const OperatingPoint& from,
                          const OperatingPoint& to);

/// Efficiencies must lie in (0, 1], everything else must be finite and not negative, and an LDO
/// must be able to make `highest` from its input.
Status Validate(const Regulators& regulators, Volts highest);

}  // namespace edgebert

#endif  // EDGEBERT_POWER_REGULATOR_H_
