#ifndef EDGEBERT_SYSTEMC_ADPLL_H_
#define EDGEBERT_SYSTEMC_ADPLL_H_

#include <systemc>
#include <vector>

#include "edgebert/systemc/clock.h"

namespace edgebert::systemc {

/// A frequency from a time on.
struct FrequencyStep {
  double start = 0;  ///< In seconds.
  double hertz = 0;  ///< 0 while the generator locks.
};

/// The all-digital PLL that makes the clock of the logic: after a change of frequency the clock
/// stands still until it has locked; its first edge follows a period after that.
class Adpll : public sc_core::sc_module {
 public:
  /// `clock` is what it drives, already at `hertz`.
  Adpll(sc_core::sc_module_name name, Clock& clock, double hertz, double lock_seconds);
  ~Adpll() override;

  /// From now on. The generator must be locked.
  void ChangeTo(double hertz);
  bool locked() const { return locked_; }
  double frequency() const { return hertz_; }
  const std::vector<FrequencyStep>& steps() const { return steps_; }

 private:
  void Lock();
  void Note(double hertz);

  Clock& clock_;
  double hertz_;
  sc_core::sc_time lock_time_;
  bool locked_ = true;
  sc_core::sc_event lock_;
  std::vector<FrequencyStep> steps_;
};

}  // namespace edgebert::systemc

#endif  // EDGEBERT_SYSTEMC_ADPLL_H_
