#include "edgebert/systemc/artifact/accumulator.h"

#include <fmt/format.h>

#include <algorithm>

#include "edgebert/numeric/adaptivfloat.h"

namespace edgebert::systemc::artifact {

Accumulator::Accumulator(sc_core::sc_module_name name, const Clock& clock, const Ports& ports)
    : Unit(name, clock), ports_(ports) {
  Reads({&ports.settings, &ports.rows, &ports.block_ends});
  Writes({&ports.outputs});
}

std::string Accumulator::Activity() const {
  if (emitting_) {
    return fmt::format("{} of {} vectors emitted", left_, kLanes);
  }
  return rows_ == 0 ? "" : fmt::format("{} of {} rows of a block added", rows_, kLanes);
}

void Accumulator::Step() {
  if (emitting_) {
    Emit();
    return;
  }
  if (ports_.settings.CanPop()) {
    setting_ = ports_.settings.Pop();
  }
  if (rows_ < kLanes) {
    AddRow();
  } else if (ports_.block_ends.CanPop()) {
    rows_ = 0;
    emitting_ = ports_.block_ends.Pop();
    if (emitting_) {
      entered_ = left_ = 0;
      Emit();
    }
  }
}

void Accumulator::AddRow() {
  if (!ports_.rows.CanPop()) {
    return;
  }
  const PartialRow row = ports_.rows.Pop();
  for (size_t lane = 0; lane < kLanes; ++lane) {
    sums_[rows_][lane] += row[lane];
  }
  ++rows_;
}

void Accumulator::Emit() {
  if (pipeline_.back().full) {
    if (!ports_.outputs.CanPush()) {
      return;
    }
    ports_.outputs.Push(pipeline_.back().codes);
    ++left_;
  }
  std::shift_right(pipeline_.begin(), pipeline_.end(), 1);
  pipeline_.front().full = entered_ < kLanes;
  if (pipeline_.front().full) {
    pipeline_.front().codes = Requantize(sums_[entered_++]);
  }
  if (left_ == kLanes) {
    emitting_ = false;
    sums_ = {};
  }
}

Codes Accumulator::Requantize(const std::array<int64_t, kLanes>& sums) const {
  Codes codes = {};
  for (size_t lane = 0; lane < kLanes; ++lane) {
    int64_t sum = sums[lane] + setting_.addend;
    if (setting_.relu) {
      sum = std::max<int64_t>(sum, 0);
    }
    codes[lane] = static_cast<uint8_t>(
        EncodeAccumulator(kAf8, sum, setting_.unit_exponent, setting_.output_bias));
  }
  return codes;
}

}  // namespace edgebert::systemc::artifact
