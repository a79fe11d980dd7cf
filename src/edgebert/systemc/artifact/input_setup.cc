#include "edgebert/systemc/artifact/input_setup.h"

#include <fmt/format.h>

namespace edgebert::systemc::artifact {

InputSetup::InputSetup(sc_core::sc_module_name name, const Clock& clock, const Ports& ports,
                       size_t client)
    : Unit(name, clock), ports_(ports), client_(client) {
  Reads({&ports.starts, &ports.written});
  Writes({&ports.left_reads, &ports.right_reads});
}

std::string InputSetup::Activity() const {
  return busy_ ? fmt::format("{} of {} output vectors written", written_, outputs_) : "";
}

void InputSetup::Step() {
  if (!busy_) {
    if (!ports_.starts.CanPop()) {
      return;
    }
    work_ = ports_.starts.Pop();
    reads_ = uint64_t{work_.left_groups} * work_.right_groups * work_.columns;
    outputs_ = uint64_t{work_.left_groups} * work_.right_groups * kLanes;
    left_read_ = right_read_ = written_ = 0;
    busy_ = true;
    time_.started = clock().cycle();
  }
  ReadLeft();
  ReadRight();
  if (ports_.written.CanPop()) {
    ports_.written.Pop();
    if (++written_ == outputs_) {
      busy_ = false;
      time_.done = clock().cycle();
      ++time_.completed;
    }
  }
}

void InputSetup::ReadLeft() {
  if (left_read_ == reads_ || !ports_.left_reads.CanPush()) {
    return;
  }
  const uint64_t whole = uint64_t{work_.left_groups} * work_.columns;
  ports_.left_reads.Push({.store = false,
                          .address = work_.left_base + static_cast<uint32_t>(left_read_ % whole),
                          .mask = 0,
                          .client = client_});
  ++left_read_;
}

void InputSetup::ReadRight() {
  if (right_read_ == reads_ || !ports_.right_reads.CanPush()) {
    return;
  }
  const uint64_t tile = right_read_ / work_.columns;
  const uint64_t group = tile / work_.left_groups;
  const uint64_t word = group * work_.columns + right_read_ % work_.columns;
  ports_.right_reads.Push({.store = false,
                           .address = work_.right_base + static_cast<uint32_t>(word),
                           .mask = 0,
                           .client = client_});
  ++right_read_;
}

}  // namespace edgebert::systemc::artifact
