#include "edgebert/systemc/artifact/entropy_unit.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "edgebert/systemc/artifact/piecewise_linear.h"

namespace edgebert::systemc::artifact {

EntropyUnit::EntropyUnit(sc_core::sc_module_name name, const Clock& clock, const Ports& ports,
                         size_t mask_client, Channel<EntropyWork>& starts)
    : SpecialFunction(name, clock, ports, FunctionUnit::kEntropy, mask_client), starts_(starts) {
  Reads({&starts});
}

std::string EntropyUnit::Activity() const {
  return state_ == &EntropyUnit::Idle ? "" : fmt::format("vector {}", vector_);
}

void EntropyUnit::Idle() {
  if (starts_.CanPop()) {
    work_ = starts_.Pop();
    NoteStart();
    state_ = &EntropyUnit::Prepare;
  }
}

void EntropyUnit::Prepare() {
  vector_ = 0;
  maximum_ = std::numeric_limits<int32_t>::min();
  sum_ = weighted_sum_ = 0;
  state_ = &EntropyUnit::RequestMaximum;
}

uint32_t EntropyUnit::LanesInUse() const {
  const uint32_t before = vector_ * uint32_t{kLanes};
  return work_.classes <= before ? 0 : std::min(work_.classes - before, uint32_t{kLanes});
}

void EntropyUnit::RequestMaximum() {
  if (RequestVector(work_.rows.MaskAddress(0, vector_))) {
    state_ = &EntropyUnit::CollectMaximum;
  }
}

void EntropyUnit::CollectMaximum() {
  if (!CollectVector(values_)) {
    return;
  }
  for (size_t lane = 0; lane < LanesInUse(); ++lane) {
    maximum_ = std::max(maximum_, ToFixed(values_[lane], work_.rows.input_bias));
  }
  state_ = &EntropyUnit::RequestMaximum;
  if (++vector_ == work_.rows.vectors) {
    vector_ = 0;
    state_ = &EntropyUnit::RequestSums;
  }
}

void EntropyUnit::RequestSums() {
  if (RequestVector(work_.rows.MaskAddress(0, vector_))) {
    state_ = &EntropyUnit::CollectSums;
  }
}

void EntropyUnit::CollectSums() {
  if (!CollectVector(values_)) {
    return;
  }
  for (size_t lane = 0; lane < LanesInUse(); ++lane) {
    const int64_t value = ToFixed(values_[lane], work_.rows.input_bias);
    const int64_t exponential =
        Exponential((value - maximum_) * (int64_t{1} << (kFraction - kInputFraction)));
    sum_ += exponential;
    weighted_sum_ += value * exponential;
  }
  state_ =
      ++vector_ < work_.rows.vectors ? &EntropyUnit::RequestSums : &EntropyUnit::LogarithmOfSum;
}

void EntropyUnit::LogarithmOfSum() {
  log_sum_ = Logarithm(sum_);
  state_ = &EntropyUnit::Compare;
}

void EntropyUnit::Compare() {
  constexpr int64_t kWiden = int64_t{1} << (kFraction - kInputFraction);
  const int64_t mean = weighted_sum_ * kWiden / sum_;
  result_.entropy = log_sum_ + maximum_ * kWiden - mean;
  result_.exit = result_.entropy <= work_.threshold;
  state_ = &EntropyUnit::Finish;
}

void EntropyUnit::Finish() {
  if (ReportDone()) {
    state_ = &EntropyUnit::Idle;
  }
}

}  // namespace edgebert::systemc::artifact
