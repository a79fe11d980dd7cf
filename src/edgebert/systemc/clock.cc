#include "edgebert/systemc/clock.h"

#include <algorithm>
#include <utility>

namespace edgebert::systemc {

Clock::Clock(sc_core::sc_module_name name, const sc_core::sc_time& period)
    : sc_core::sc_module(name), period_(period), next_edge_(period) {
  SC_HAS_PROCESS(Clock);
  SC_METHOD(Tick);
  sensitive << tick_;
  dont_initialize();
  Schedule(next_edge_);
}

// InSimulation() lets the kernel free what is cancelled.
Clock::~Clock() { tick_.cancel(); }

void Clock::Schedule(const sc_core::sc_time& time) {
  next_edge_ = std::max(time, sc_core::sc_time_stamp());
  if (!gated_) {
    tick_.cancel();
    tick_.notify(next_edge_ - sc_core::sc_time_stamp());
  }
}

void Clock::SetPeriod(const sc_core::sc_time& period) {
  period_ = period;
  // An edge that is due now comes, whoever of this instant is first to act.
  if (next_edge_ > sc_core::sc_time_stamp()) {
    Schedule(last_edge_ + period);
  }
}

void Clock::Gate() {
  gated_ = true;
  tick_.cancel();
}

void Clock::Ungate() {
  gated_ = false;
  Schedule(sc_core::sc_time_stamp() + period_);
}

void Clock::Resume(std::function<bool()> proceed) {
  proceed_ = std::move(proceed);
  if (held_) {
    held_ = false;
    tick_.notify(sc_core::SC_ZERO_TIME);
  }
}

void Clock::Pause() { proceed_ = nullptr; }

void Clock::Tick() {
  if (acting_) {
    ++cycle_;
    acting_ = false;
  }
  if (proceed_ && !proceed_()) {
    held_ = true;
    sc_core::sc_pause();
    return;
  }
  acting_ = true;
  last_edge_ = sc_core::sc_time_stamp();
  edge_.notify();
  Schedule(last_edge_ + period_);
}

}  // namespace edgebert::systemc
