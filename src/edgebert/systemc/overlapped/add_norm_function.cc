#include "edgebert/numeric/adaptivfloat.h"
#include "edgebert/systemc/overlapped/special_function.h"
#include "edgebert/tiler/timing_rules.h"

namespace edgebert::systemc::overlapped {

void AddNormFunction::Start(const SpecialTask& task) {
  task_ = task;
  row_ = 0;
  vector_ = 0;
  phase_ = Phase::kRead;
  words_.assign(static_cast<size_t>(task.width), 0);
  moments_ = {};
  pace_.Begin();
}

void AddNormFunction::ReadVector() {
  const int n = width_.vector_size;
  const WordLanes updates =
      ReadUpdates(memories_.buffers, task_.input, task_.input_halves, row_, vector_, n);
  TileCounts& counts = memories_.events.at(task_.stage).counts;
  counts.pool_read_bytes += int64_t{n} * (kUpdateBytes + 1);
  counts.auxiliary_read_bytes += HalvesBytes(n);
  const Lanes residual =
      overlapped::ReadVector(memories_.buffers.pool, task_.residual.Address(row_, vector_), n);
  for (int lane = 0; lane < width_.Lanes(task_.width, vector_); ++lane) {
    const auto i = static_cast<size_t>(lane);
    const int32_t sum =
        AddResidual(updates[i], static_cast<int32_t>(DecodeInteger(kAf8, residual[i])));
    words_[static_cast<size_t>(vector_ * n + lane)] = sum;
    moments_.Add(sum);
  }
}

SpecialResult AddNormFunction::Result() const {
  const int n = width_.vector_size;
  SpecialResult result;
  result.kind = SpecialResult::Kind::kNormalise;
  result.row = constants_;
  for (int lane = 0; lane < width_.Lanes(task_.width, vector_); ++lane) {
    const auto i = static_cast<size_t>(lane);
    const auto element = static_cast<size_t>(vector_ * n + lane);
    result.words[i] = words_[element];
    result.gains[i] = static_cast<int32_t>(memories_.norms.Word(task_.panel, element));
    result.biases[i] = static_cast<int32_t>(
        memories_.norms.Word(task_.panel, static_cast<size_t>(task_.width) + element));
    result.valid |= uint32_t{1} << lane;
  }
  result.unit_exponent = task_.constants->norm_exponent;
  result.output_bias = task_.constants->output_bias;
  result.address = task_.output.Address(row_, vector_);
  return result;
}

bool AddNormFunction::Cycle(std::optional<SpecialResult>& result) {
  const int vectors = width_.Vectors(task_.width);
  switch (phase_) {
    case Phase::kRead:
      if (VectorPasses(pace_, memories_.events.at(task_.stage))) {
        ReadVector();
        if (++vector_ == vectors) {
          phase_ = Phase::kRoot;
          waited_ = 0;
        }
      }
      return false;
    case Phase::kRoot:
      if (++waited_ == kNormLatency) {
        constants_ = FinishMoments(moments_, task_.constants->norm_shape);
        phase_ = Phase::kNormalise;
        vector_ = 0;
        pace_.Begin();
      }
      return false;
    case Phase::kNormalise:
      break;
  }
  if (!VectorPasses(pace_, memories_.events.at(task_.stage))) {
    return false;
  }
  result = Result();
  if (++vector_ < vectors) {
    return false;
  }
  phase_ = Phase::kRead;
  vector_ = 0;
  moments_ = {};
  pace_.Begin();
  if (++row_ < task_.rows) {
    return false;
  }
  result->panel = task_.panel;
  memories_.norms.ReleaseUpTo(task_.panel);
  return true;
}

}  // namespace edgebert::systemc::overlapped
