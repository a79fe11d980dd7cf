#ifndef EDGEBERT_BENCH_PHASE_TIMER_H_
#define EDGEBERT_BENCH_PHASE_TIMER_H_

#include <map>
#include <string>

#include "edgebert/engine/encoder.h"

namespace edgebert {

/// Adds up where sentences' time goes: "matmul" (with what is fused into it: decoding, bias,
/// rounding, GELU), "attention", "element-wise" (embedding and LayerNorm) and "off-ramps".
class PhaseTimer : public OperationTimer {
 public:
  void OnOperation(const Operation& operation, std::chrono::nanoseconds time) override;

  /// In milliseconds.
  const std::map<std::string, double>& phases_ms() const { return phases_ms_; }

 private:
  std::map<std::string, double> phases_ms_;
};

}  // namespace edgebert

#endif  // EDGEBERT_BENCH_PHASE_TIMER_H_
