#include <algorithm>

#include "edgebert/systemc/overlapped/special_function.h"
#include "edgebert/tiler/timing_rules.h"

namespace edgebert::systemc::overlapped {

void EntropyFunction::Start(const SpecialTask& task) {
  task_ = task;
  phase_ = Phase::kLargest;
  vector_ = 0;
  largest_ = INT32_MIN;
  sum_ = {};
  entropy_ = {};
  pace_.Begin();
}

void EntropyFunction::ReadVector() {
  const int n = width_.vector_size;
  const WordLanes logits = ReadLogits(memories_.buffers.pool, task_.input, vector_, n);
  memories_.events.at(task_.stage).counts.pool_read_bytes += int64_t{n} * kLogitBytes;
  for (size_t lane = 0; lane < static_cast<size_t>(width_.Lanes(task_.width, vector_)); ++lane) {
    const int32_t logit = logits[lane];
    switch (phase_) {
      case Phase::kLargest:
        largest_ = std::max(largest_, logit);
        break;
      case Phase::kSum:
        sum_.Add(LogitDistance(largest_, logit));
        break;
      default:
        entropy_.Add(LogitDistance(largest_, logit), log_of_sum_);
    }
  }
}

/// Half of the latency is the logarithm's, between the second and the third pass; the other half
/// turns bits into nats.
bool EntropyFunction::Cycle(std::optional<SpecialResult>& result) {
  constexpr int kLogarithmCycles = kEntropyLatency / 2;
  if (phase_ == Phase::kLogarithm) {
    if (++waited_ == kLogarithmCycles) {
      log_of_sum_ = sum_.Log();
      phase_ = Phase::kEntropy;
    }
    return false;
  }
  if (phase_ == Phase::kNats) {
    if (++waited_ < kEntropyLatency - kLogarithmCycles) {
      return false;
    }
    result.emplace();
    result->kind = SpecialResult::Kind::kEntropy;
    result->entropy = entropy_.Nats();
    return true;
  }
  if (!VectorPasses(pace_, memories_.events.at(task_.stage))) {
    return false;
  }
  ReadVector();
  if (++vector_ < width_.Vectors(task_.width)) {
    return false;
  }
  vector_ = 0;
  waited_ = 0;
  phase_ = phase_ == Phase::kLargest ? Phase::kSum
           : phase_ == Phase::kSum   ? Phase::kLogarithm
                                     : Phase::kNats;
  return false;
}

}  // namespace edgebert::systemc::overlapped
