#include "edgebert/bench/phase_timer.h"

#include <variant>

namespace edgebert {
namespace {

struct PhaseName {
  const char* operator()(const Linear& op) const {
    const bool off_ramp =
        op.matrix == MatrixRole::kOffRampPooler || op.matrix == MatrixRole::kOffRampClassifier;
    return off_ramp ? "off-ramps" : "matmul";
  }
  const char* operator()(const Attention& /*op*/) const { return "attention"; }
  const char* operator()(const EmbeddingLookup& /*op*/) const { return "element-wise"; }
  const char* operator()(const AddNorm& /*op*/) const { return "element-wise"; }
  const char* operator()(const Pool& /*op*/) const { return "off-ramps"; }
  const char* operator()(const EntropyCheck& /*op*/) const { return "off-ramps"; }
};

}  // namespace

void PhaseTimer::OnOperation(const Operation& operation, std::chrono::nanoseconds time) {
  phases_ms_[std::visit(PhaseName(), operation)] +=
      std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace edgebert
