#ifndef EDGEBERT_SYSTEMC_UNIT_H_
#define EDGEBERT_SYSTEMC_UNIT_H_

#include <initializer_list>
#include <string>
#include <systemc>
#include <vector>

#include "edgebert/systemc/channel.h"
#include "edgebert/systemc/clock.h"

namespace edgebert::systemc {

/// A module that acts once an edge of its clock.
class Unit : public sc_core::sc_module {
 public:
  /// Whether it has input, or an operation under way.
  bool Waits() const;
  /// Its name, state, and the fill of its channels, for the message of a run that stands still.
  std::string DescribeWait() const;

 protected:
  Unit(sc_core::sc_module_name name, const Clock& clock);

  /// What one edge does.
  virtual void Step() = 0;
  /// The operation under way, for messages; empty when idle.
  virtual std::string Activity() const { return {}; }

  /// Names its channels for messages.
  void Reads(std::initializer_list<const ChannelBase*> channels);
  void Writes(std::initializer_list<const ChannelBase*> channels);

  const Clock& clock() const { return clock_; }

 private:
  const Clock& clock_;
  std::vector<const ChannelBase*> inputs_;
  std::vector<const ChannelBase*> outputs_;
};

}  // namespace edgebert::systemc

#endif  // EDGEBERT_SYSTEMC_UNIT_H_
