#include "edgebert/systemc/artifact/layer_norm.h"

#include <fmt/format.h>

#include "edgebert/systemc/artifact/piecewise_linear.h"

namespace edgebert::systemc::artifact {

LayerNorm::LayerNorm(sc_core::sc_module_name name, const Clock& clock, const Ports& ports,
                     size_t mask_client, Channel<LayerNormWork>& starts)
    : SpecialFunction(name, clock, ports, FunctionUnit::kLayerNorm, mask_client), starts_(starts) {
  Reads({&starts});
}

std::string LayerNorm::Activity() const {
  return state_ == &LayerNorm::Idle ? "" : fmt::format("row {}, vector {}", row_, vector_);
}

void LayerNorm::Idle() {
  if (starts_.CanPop()) {
    work_ = starts_.Pop();
    NoteStart();
    state_ = &LayerNorm::Prepare;
  }
}

void LayerNorm::Prepare() {
  row_ = 0;
  NextRow();
}

void LayerNorm::NextRow() {
  vector_ = 0;
  sum_ = squares_ = 0;
  state_ = &LayerNorm::RequestFirst;
}

void LayerNorm::RequestFirst() {
  if (RequestVector(work_.rows.MaskAddress(row_, vector_))) {
    state_ = &LayerNorm::CollectFirst;
  }
}

void LayerNorm::CollectFirst() {
  if (!CollectVector(values_)) {
    return;
  }
  for (const uint8_t code : values_) {
    const int64_t value = ToFixed(code, work_.rows.input_bias);
    sum_ += value;
    squares_ += value * value;
  }
  state_ = ++vector_ < work_.rows.vectors ? &LayerNorm::RequestFirst : &LayerNorm::Moments;
}

void LayerNorm::Moments() {
  const int64_t count = int64_t{kLanes} * work_.rows.vectors;
  mean_ = sum_ * (int64_t{1} << (kFraction - kInputFraction)) / count;
  variance_ = squares_ * (int64_t{1} << 2 * (kFraction - kInputFraction)) / count - mean_ * mean_;
  state_ = &LayerNorm::InverseDeviation;
}

void LayerNorm::InverseDeviation() {
  // The rounding of the mean can take a variance of nothing below zero.
  inverse_deviation_ = variance_ <= 0 ? 0 : InverseSquareRoot(variance_, 2 * kFraction);
  vector_ = 0;
  state_ = &LayerNorm::RequestSecond;
}

void LayerNorm::RequestSecond() {
  if (RequestVector(work_.rows.MaskAddress(row_, vector_))) {
    state_ = &LayerNorm::CollectSecond;
  }
}

void LayerNorm::CollectSecond() {
  if (CollectVector(values_)) {
    state_ = &LayerNorm::RequestGamma;
  }
}

void LayerNorm::RequestGamma() {
  if (RequestAuxiliary(work_.gamma_row + vector_)) {
    state_ = &LayerNorm::CollectGamma;
  }
}

void LayerNorm::CollectGamma() {
  if (CollectAuxiliary(gamma_)) {
    state_ = &LayerNorm::RequestBeta;
  }
}

void LayerNorm::RequestBeta() {
  if (RequestAuxiliary(work_.beta_row + vector_)) {
    state_ = &LayerNorm::CollectBeta;
  }
}

void LayerNorm::CollectBeta() {
  if (CollectAuxiliary(beta_)) {
    state_ = &LayerNorm::EmitVector;
  }
}

void LayerNorm::EmitVector() {
  constexpr int kWiden = kFraction - kInputFraction;
  Codes codes = {};
  for (size_t lane = 0; lane < kLanes; ++lane) {
    const int64_t value = int64_t{ToFixed(values_[lane], work_.rows.input_bias)} << kWiden;
    const int64_t normal = ((value - mean_) * inverse_deviation_) >> kFraction;
    const int64_t scaled = (normal * ToFixed(gamma_[lane], work_.gamma_bias)) >> kInputFraction;
    const int64_t shift = int64_t{ToFixed(beta_[lane], work_.beta_bias)} << kWiden;
    codes[lane] = ToCode(scaled + shift, work_.rows.output_bias);
  }
  if (!Emit(codes)) {
    return;
  }
  if (++vector_ < work_.rows.vectors) {
    state_ = &LayerNorm::RequestSecond;
  } else if (++row_ < work_.rows.rows) {
    NextRow();
  } else {
    state_ = &LayerNorm::Finish;
  }
}

void LayerNorm::Finish() {
  if (ReportDone()) {
    state_ = &LayerNorm::Idle;
  }
}

}  // namespace edgebert::systemc::artifact
