#include "edgebert/numeric/adaptivfloat.h"
#include "edgebert/numeric/fixed_point.h"
#include "edgebert/systemc/overlapped/special_function.h"

namespace edgebert::systemc::overlapped {

void PoolFunction::Start(const SpecialTask& task) {
  task_ = task;
  part_ = 0;
  StartPart();
}

void PoolFunction::StartPart() {
  row_ = 0;
  vector_ = 0;
  sums_.assign(static_cast<size_t>(task_.width), 0);
  pace_.Begin();
}

void PoolFunction::ReadVector() {
  const int n = width_.vector_size;
  const Lanes codes =
      overlapped::ReadVector(memories_.buffers.pool, task_.input.Address(row_, vector_), n);
  memories_.events.at(task_.stage).counts.pool_read_bytes += n;
  for (int lane = 0; lane < width_.Lanes(task_.width, vector_); ++lane) {
    sums_[static_cast<size_t>(vector_ * n + lane)] +=
        DecodeInteger(kAf8, codes[static_cast<size_t>(lane)]);
  }
}

SpecialResult PoolFunction::Result() const {
  const int n = width_.vector_size;
  const bool mean = task_.constants->pooling[part_] == Pooling::kMean;
  const Reciprocal share = MakeReciprocal(mean ? task_.rows : 1);
  SpecialResult result;
  result.kind = SpecialResult::Kind::kScale;
  result.multiplier = share.multiplier;
  for (int lane = 0; lane < width_.Lanes(task_.width, vector_); ++lane) {
    result.words[static_cast<size_t>(lane)] = sums_[static_cast<size_t>(vector_ * n + lane)];
    result.valid |= uint32_t{1} << lane;
  }
  result.unit_exponent = task_.constants->unit_exponent - share.shift;
  result.output_bias = task_.constants->output_bias;
  result.address =
      task_.output.Address(0, static_cast<int64_t>(part_) * width_.Vectors(task_.width) + vector_);
  return result;
}

/// The first token's vectors leave as they are read; those of a mean in a pass of their own.
bool PoolFunction::Cycle(std::optional<SpecialResult>& result) {
  if (!VectorPasses(pace_, memories_.events.at(task_.stage))) {
    return false;
  }
  const bool mean = task_.constants->pooling[part_] == Pooling::kMean;
  const bool reading = !mean || row_ < task_.rows;
  if (reading) {
    ReadVector();
  }
  if (!mean || !reading) {
    result = Result();
  }
  if (++vector_ < width_.Vectors(task_.width)) {
    return false;
  }
  vector_ = 0;
  pace_.Begin();
  if (mean && ++row_ <= task_.rows) {
    return false;
  }
  if (++part_ == task_.constants->pooling.size()) {
    return true;
  }
  StartPart();
  return false;
}

}  // namespace edgebert::systemc::overlapped
