#include "edgebert/systemc/artifact/softmax.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "edgebert/systemc/artifact/piecewise_linear.h"

namespace edgebert::systemc::artifact {

Softmax::Softmax(sc_core::sc_module_name name, const Clock& clock, const Ports& ports,
                 size_t mask_client, Channel<SoftmaxWork>& starts)
    : SpecialFunction(name, clock, ports, FunctionUnit::kSoftmax, mask_client), starts_(starts) {
  Reads({&starts});
}

std::string Softmax::Activity() const {
  return state_ == &Softmax::Idle ? "" : fmt::format("row {}, vector {}", row_, vector_);
}

void Softmax::Idle() {
  if (starts_.CanPop()) {
    work_ = starts_.Pop();
    NoteStart();
    row_ = 0;
    NextRow();
  }
}

void Softmax::NextRow() {
  vector_ = 0;
  maximum_ = std::numeric_limits<int32_t>::min();
  sum_ = 0;
  state_ = &Softmax::RequestMaximum;
}

void Softmax::Advance(State again, State then) {
  if (++vector_ < work_.rows.vectors) {
    state_ = again;
  } else {
    vector_ = 0;
    state_ = then;
  }
}

int64_t Softmax::BelowMaximum(uint8_t code) const {
  return int64_t{ToFixed(code, work_.rows.input_bias) - maximum_} *
         (int64_t{1} << (kFraction - kInputFraction));
}

void Softmax::RequestMaximum() {
  if (RequestCurrent()) {
    state_ = &Softmax::CollectMaximum;
  }
}

void Softmax::CollectMaximum() {
  if (!CollectVector(values_)) {
    return;
  }
  for (const uint8_t code : values_) {
    maximum_ = std::max(maximum_, ToFixed(code, work_.rows.input_bias));
  }
  Advance(&Softmax::RequestMaximum, &Softmax::RequestSum);
}

void Softmax::RequestSum() {
  if (RequestCurrent()) {
    state_ = &Softmax::CollectSum;
  }
}

void Softmax::CollectSum() {
  if (!CollectVector(values_)) {
    return;
  }
  for (const uint8_t code : values_) {
    sum_ += Exponential(BelowMaximum(code));
  }
  Advance(&Softmax::RequestSum, &Softmax::LogarithmOfSum);
}

void Softmax::LogarithmOfSum() {
  log_sum_ = Logarithm(sum_);
  state_ = &Softmax::RequestThird;
}

void Softmax::RequestThird() {
  if (RequestCurrent()) {
    state_ = &Softmax::CollectThird;
  }
}

void Softmax::CollectThird() {
  if (CollectVector(values_)) {
    state_ = &Softmax::RequestSpan;
  }
}

void Softmax::RequestSpan() {
  if (RequestAuxiliary(work_.span_row + vector_)) {
    state_ = &Softmax::CollectSpan;
  }
}

void Softmax::CollectSpan() {
  if (CollectAuxiliary(span_)) {
    state_ = &Softmax::EmitVector;
  }
}

void Softmax::EmitVector() {
  Codes codes = {};
  for (size_t lane = 0; lane < kLanes; ++lane) {
    const int64_t probability = Exponential(BelowMaximum(values_[lane]) - log_sum_);
    const int64_t spanned = (probability * ToFixed(span_[lane], work_.span_bias)) >> kInputFraction;
    codes[lane] = ToCode(spanned, work_.rows.output_bias);
  }
  if (!Emit(codes)) {
    return;
  }
  Advance(&Softmax::RequestThird, &Softmax::Finish);
  if (state_ == &Softmax::Finish && ++row_ < work_.rows.rows) {
    NextRow();
  }
}

void Softmax::Finish() {
  if (ReportDone()) {
    state_ = &Softmax::Idle;
  }
}

}  // namespace edgebert::systemc::artifact
