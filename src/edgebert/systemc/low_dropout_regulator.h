#ifndef EDGEBERT_SYSTEMC_LOW_DROPOUT_REGULATOR_H_
#define EDGEBERT_SYSTEMC_LOW_DROPOUT_REGULATOR_H_

#include <systemc>
#include <vector>

namespace edgebert::systemc {

/// A change of the voltage, linear in time.
struct VoltageRamp {
  double start = 0;  ///< In seconds, as a time of the kernel means nothing after the simulation.
  double end = 0;
  double from = 0;  ///< In volts.
  double to = 0;
};

/// The LDO that feeds the logic, as the logic sees it: a voltage that moves to a new target in a
/// time proportional to the step.
class LowDropoutRegulator : public sc_core::sc_module {
 public:
  LowDropoutRegulator(sc_core::sc_module_name name, double volts, double seconds_per_volt);

  /// Begins now. The voltage must be settled.
  void MoveTo(double volts);
  bool settled() const;
  /// At a time in seconds, up to the end of the latest change.
  double VoltageAt(double time) const;
  const std::vector<VoltageRamp>& ramps() const { return ramps_; }

 private:
  double seconds_per_volt_;
  double initial_;
  sc_core::sc_time settled_from_;
  std::vector<VoltageRamp> ramps_;
};

}  // namespace edgebert::systemc

#endif  // EDGEBERT_SYSTEMC_LOW_DROPOUT_REGULATOR_H_
