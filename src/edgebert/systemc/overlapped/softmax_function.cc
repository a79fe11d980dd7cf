#include <algorithm>
#include <bit>

#include "edgebert/program/layer_program.h"
#include "edgebert/systemc/overlapped/special_function.h"
#include "edgebert/tiler/timing_rules.h"

namespace edgebert::systemc::overlapped {

void SoftmaxFunction::Start(const SpecialTask& task) {
  task_ = task;
  row_ = 0;
  StartRow();
}

void SoftmaxFunction::StartRow() {
  const KeyRange keys = KeysInSpan(row_, task_.span, task_.width);
  first_key_ = keys.first;
  end_key_ = keys.end;
  tile_ = first_key_ / width_.vector_size;
  phase_ = Phase::kLargest;
  largest_ = INT32_MIN;
  sum_ = {};
  pace_.Begin();
}

uint32_t SoftmaxFunction::KeysInTile() const {
  uint32_t keys = 0;
  for (int lane = 0; lane < width_.vector_size; ++lane) {
    const int key = tile_ * width_.vector_size + lane;
    keys |= uint32_t{key >= first_key_ && key < end_key_} << lane;
  }
  return keys;
}

bool SoftmaxFunction::Cycle(std::optional<SpecialResult>& result) {
  if (phase_ == Phase::kLogarithm) {
    if (++waited_ == kSoftmaxLatency) {
      phase_ = Phase::kProbabilities;
    }
    return false;
  }
  if (!VectorPasses(pace_, memories_.events.at(task_.stage))) {
    return false;
  }
  const WordLanes scores = ReadScores(memories_.buffers, task_.input, task_.input_halves, row_,
                                      tile_, width_.vector_size);
  TileCounts& counts = memories_.events.at(task_.stage).counts;
  counts.auxiliary_read_bytes += int64_t{width_.vector_size} * kScoreBytes;
  counts.pool_read_bytes += HalvesBytes(width_.vector_size);
  const uint32_t keys = KeysInTile();
  SpecialResult probabilities;
  for (uint32_t left = keys; left != 0; left &= left - 1) {
    const auto lane = static_cast<size_t>(std::countr_zero(left));
    switch (phase_) {
      case Phase::kLargest:
        largest_ = std::max<int32_t>(largest_, scores[lane]);
        break;
      case Phase::kSum:
        sum_.Add(ScoreDistance(largest_, scores[lane]));
        break;
      default:
        probabilities.words[lane] = ScoreDistance(largest_, scores[lane]);
    }
  }
  if (phase_ == Phase::kProbabilities) {
    probabilities.kind = SpecialResult::Kind::kProbability;
    probabilities.valid = keys;
    probabilities.log_of_sum = sum_.Log();
    probabilities.unit_exponent = -kExpFractionBits;
    probabilities.output_bias = task_.constants->output_bias;
    probabilities.to_auxiliary = true;
    probabilities.address = task_.output.Address(row_, tile_);
    result = probabilities;
  }
  if (++tile_ * width_.vector_size < end_key_) {
    return false;
  }
  tile_ = first_key_ / width_.vector_size;
  switch (phase_) {
    case Phase::kLargest:
      phase_ = Phase::kSum;
      return false;
    case Phase::kSum:
      phase_ = Phase::kLogarithm;
      waited_ = 0;
      return false;
    default:
      break;
  }
  if (++row_ == task_.rows) {
    return true;
  }
  StartRow();
  return false;
}

}  // namespace edgebert::systemc::overlapped
