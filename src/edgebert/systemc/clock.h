#ifndef EDGEBERT_SYSTEMC_CLOCK_H_
#define EDGEBERT_SYSTEMC_CLOCK_H_

#include <cstdint>
#include <functional>
#include <systemc>

namespace edgebert::systemc {

/// A clock of which only the rising edges are simulated. Units are methods sensitive to edge();
/// what they put into channels shows at the next edge, so that their order within a cycle is
/// without effect. Its period may change, and it may stand still for a while.
class Clock : public sc_core::sc_module {
 public:
  Clock(sc_core::sc_module_name name, const sc_core::sc_time& period);
  ~Clock() override;

  const sc_core::sc_event& edge() const { return edge_; }
  /// While units act on an edge: its number, from 0. Between edges: the number of the next.
  uint64_t cycle() const { return cycle_; }
  const sc_core::sc_time& period() const { return period_; }

  /// The next edge comes one `period` after the last, or now if that is past.
  void SetPeriod(const sc_core::sc_time& period);
  /// No edges until Ungate(), of which the first follows one period after it.
  void Gate();
  void Ungate();

  /// Lets edges come as long as `proceed`, asked before each, agrees. When it refuses, the whole
  /// simulation pauses, and the edge comes first when it is resumed.
  void Resume(std::function<bool()> proceed);
  void Pause();

 private:
  void Tick();
  void Schedule(const sc_core::sc_time& time);

  sc_core::sc_time period_;
  sc_core::sc_time last_edge_;
  sc_core::sc_time next_edge_;
  sc_core::sc_event tick_;
  sc_core::sc_event edge_;
  std::function<bool()> proceed_;
  uint64_t cycle_ = 0;
  bool acting_ = false;
  bool gated_ = false;
  bool held_ = false;  ///< An edge is due, and comes first when the simulation is resumed.
};

}  // namespace edgebert::systemc

#endif  // EDGEBERT_SYSTEMC_CLOCK_H_
