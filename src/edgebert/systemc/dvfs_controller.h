#ifndef EDGEBERT_SYSTEMC_DVFS_CONTROLLER_H_
#define EDGEBERT_SYSTEMC_DVFS_CONTROLLER_H_

#include <cstdint>
#include <string>
#include <systemc>
#include <vector>

#include "edgebert/systemc/adpll.h"
#include "edgebert/systemc/channel.h"
#include "edgebert/systemc/low_dropout_regulator.h"
#include "edgebert/systemc/unit.h"

namespace edgebert::systemc {

/// A supply voltage and the clock that runs at it.
struct SupplyPoint {
  double volts = 0;
  double hertz = 0;

  bool operator==(const SupplyPoint&) const = default;
};

/// Takes the logic from one operating point to another, so that no instant has a frequency that its
/// voltage does not allow: upwards the voltage settles before the clock changes, downwards the
/// clock before the voltage. It runs on a reference clock that never stands still, and looks at
/// regulator and clock generator at its edges, so that each of both parts of a change begins at
/// most one edge later than it could.
class DvfsController : public Unit {
 public:
  struct Ports {
    Channel<SupplyPoint>& requests;
    Channel<bool>& done;  ///< An item when the point asked for is reached.
  };
  DvfsController(sc_core::sc_module_name name, const Clock& reference, const Ports& ports,
                 const SupplyPoint& initial, LowDropoutRegulator& regulator,
                 Adpll& clock_generator);

  const SupplyPoint& point() const { return point_; }
  /// When each request was taken up, in seconds.
  const std::vector<double>& starts() const { return starts_; }

 protected:
  void Step() override;
  std::string Activity() const override;

 private:
  enum class State : uint8_t { kIdle, kRaise, kLockAfterRaise, kLockBeforeLower, kLower, kReport };

  /// Whether the state has changed.
  bool Advance();
  void Begin();
  void ChangeClock();

  Ports ports_;
  SupplyPoint point_;  ///< That is reached, or was before the change under way.
  LowDropoutRegulator& regulator_;
  Adpll& clock_generator_;
  State state_ = State::kIdle;
  SupplyPoint target_;
  std::vector<double> starts_;
};

}  // namespace edgebert::systemc

#endif  // EDGEBERT_SYSTEMC_DVFS_CONTROLLER_H_
