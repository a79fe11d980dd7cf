#include "edgebert/systemc/artifact/element_add.h"

#include <fmt/format.h>

#include "edgebert/systemc/artifact/piecewise_linear.h"

namespace edgebert::systemc::artifact {

ElementAdd::ElementAdd(sc_core::sc_module_name name, const Clock& clock, const Ports& ports,
                       size_t mask_client, Channel<ElementAddWork>& starts)
    : SpecialFunction(name, clock, ports, FunctionUnit::kElementAdd, mask_client), starts_(starts) {
  Reads({&starts});
}

std::string ElementAdd::Activity() const {
  return state_ == &ElementAdd::Idle ? "" : fmt::format("row {}, vector {}", row_, vector_);
}

void ElementAdd::Idle() {
  if (starts_.CanPop()) {
    work_ = starts_.Pop();
    NoteStart();
    state_ = &ElementAdd::PrepareFirst;
  }
}

void ElementAdd::PrepareFirst() {
  row_ = vector_ = 0;
  state_ = &ElementAdd::PrepareSecond;
}

void ElementAdd::PrepareSecond() {
  second_ = work_.rows;
  second_.mask_base = work_.second_mask_base;
  state_ = &ElementAdd::RequestFirst;
}

void ElementAdd::RequestFirst() {
  if (RequestVector(work_.rows.MaskAddress(row_, vector_))) {
    state_ = &ElementAdd::CollectFirst;
  }
}

void ElementAdd::CollectFirst() {
  if (CollectVector(first_values_)) {
    state_ = &ElementAdd::RequestSecond;
  }
}

void ElementAdd::RequestSecond() {
  if (RequestVector(second_.MaskAddress(row_, vector_))) {
    state_ = &ElementAdd::CollectSecond;
  }
}

void ElementAdd::CollectSecond() {
  if (CollectVector(second_values_)) {
    state_ = &ElementAdd::Add;
  }
}

void ElementAdd::Add() {
  for (size_t lane = 0; lane < kLanes; ++lane) {
    const int64_t sum = int64_t{ToFixed(first_values_[lane], work_.rows.input_bias)} +
                        ToFixed(second_values_[lane], work_.second_bias);
    sums_[lane] =
        ToCode(sum * (int64_t{1} << (kFraction - kInputFraction)), work_.rows.output_bias);
  }
  state_ = &ElementAdd::EmitVector;
}

void ElementAdd::EmitVector() {
  if (Emit(sums_)) {
    state_ = ++vector_ < work_.rows.vectors ? &ElementAdd::RequestFirst : &ElementAdd::NextRow;
  }
}

void ElementAdd::NextRow() {
  vector_ = 0;
  state_ = ++row_ < work_.rows.rows ? &ElementAdd::RequestFirst : &ElementAdd::Finish;
}

void ElementAdd::Finish() {
  if (ReportDone()) {
    state_ = &ElementAdd::Idle;
  }
}

}  // namespace edgebert::systemc::artifact
