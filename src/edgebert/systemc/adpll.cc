#include "edgebert/systemc/adpll.h"

namespace edgebert::systemc {

Adpll::Adpll(sc_core::sc_module_name name, Clock& clock, double hertz, double lock_seconds)
    : sc_core::sc_module(name),
      clock_(clock),
      hertz_(hertz),
      lock_time_(lock_seconds, sc_core::SC_SEC),
      steps_{{.start = 0, .hertz = hertz}} {
  SC_HAS_PROCESS(Adpll);
  SC_METHOD(Lock);
  sensitive << lock_;
  dont_initialize();
}

// InSimulation() lets the kernel free what is cancelled.
Adpll::~Adpll() { lock_.cancel(); }

void Adpll::ChangeTo(double hertz) {
  if (!locked_) {
    SC_REPORT_ERROR("adpll", "a new frequency was asked for before the last one was locked");
  }
  hertz_ = hertz;
  if (lock_time_ == sc_core::SC_ZERO_TIME) {
    clock_.SetPeriod(sc_core::sc_time(1 / hertz_, sc_core::SC_SEC));
    Note(hertz_);
    return;
  }
  locked_ = false;
  clock_.Gate();
  Note(0);
  lock_.notify(lock_time_);
}

void Adpll::Note(double hertz) {
  steps_.push_back({.start = sc_core::sc_time_stamp().to_seconds(), .hertz = hertz});
}

void Adpll::Lock() {
  locked_ = true;
  clock_.SetPeriod(sc_core::sc_time(1 / hertz_, sc_core::SC_SEC));
  clock_.Ungate();
  Note(hertz_);
}

}  // namespace edgebert::systemc
