#include "edgebert/systemc/dvfs_controller.h"

#include <fmt/format.h>

namespace edgebert::systemc {

DvfsController::DvfsController(sc_core::sc_module_name name, const Clock& reference,
                               const Ports& ports, const SupplyPoint& initial,
                               LowDropoutRegulator& regulator, Adpll& clock_generator)
    : Unit(name, reference),
      ports_(ports),
      point_(initial),
      regulator_(regulator),
      clock_generator_(clock_generator) {
  Reads({&ports.requests});
  Writes({&ports.done});
}

std::string DvfsController::Activity() const {
  return state_ == State::kIdle
             ? ""
             : fmt::format("going from {} V to {} V", point_.volts, target_.volts);
}

void DvfsController::Step() {
  while (Advance()) {
  }
}

bool DvfsController::Advance() {
  switch (state_) {
    case State::kIdle:
      if (!ports_.requests.CanPop()) {
        return false;
      }
      Begin();
      return true;
    case State::kRaise:
      if (!regulator_.settled()) {
        return false;
      }
      ChangeClock();
      state_ = State::kLockAfterRaise;
      return true;
    case State::kLockBeforeLower:
      if (!clock_generator_.locked()) {
        return false;
      }
      regulator_.MoveTo(target_.volts);
      state_ = State::kLower;
      return true;
    case State::kLockAfterRaise:
      if (!clock_generator_.locked()) {
        return false;
      }
      state_ = State::kReport;
      return true;
    case State::kLower:
      if (!regulator_.settled()) {
        return false;
      }
      state_ = State::kReport;
      return true;
    case State::kReport:
      if (!ports_.done.CanPush()) {
        return false;
      }
      ports_.done.Push(true);
      point_ = target_;
      state_ = State::kIdle;
      return true;
  }
  return false;
}

void DvfsController::Begin() {
  target_ = ports_.requests.Pop();
  starts_.push_back(sc_core::sc_time_stamp().to_seconds());
  if (target_ == point_) {
    state_ = State::kReport;
  } else if (target_.volts > point_.volts) {
    regulator_.MoveTo(target_.volts);
    state_ = State::kRaise;
  } else {
    ChangeClock();
    state_ = State::kLockBeforeLower;
  }
}

void DvfsController::ChangeClock() {
  if (target_.hertz != point_.hertz) {
    clock_generator_.ChangeTo(target_.hertz);
  }
}

}  // namespace edgebert::systemc
