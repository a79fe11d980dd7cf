#ifndef EDGEBERT_PIPELINE_COST_ESTIMATOR_H_
#define EDGEBERT_PIPELINE_COST_ESTIMATOR_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "edgebert/accel/hardware.h"
#include "edgebert/base/status.h"
#include "edgebert/model/model.h"
#include "edgebert/power/power_model.h"

namespace edgebert {

/// What the energies of this estimate include, for reports.
inline constexpr std::string_view kEstimateBoundary = "on-chip + DRAM, at the load (estimated)";

/// Work, time and energy of a sentence on the accelerator, in closed form. Encoder and off-ramp
/// weights stream from DRAM for every layer that runs, those of absent heads left out; embedding
/// rows come from on-chip memory.
class CostEstimator {
 public:
  /// `model` must still hold its tensors: their stored sizes are what is streamed.
  static Result<CostEstimator> Create(const Model& model, HardwareDescription hardware);

  const PowerModel& power() const { return power_; }
  const HardwareDescription& hardware() const { return hardware_; }

  /// The work of every layer for a sentence of `tokens` tokens, 1 ≤ tokens ≤ max_positions.
  SentenceWork WorkFor(int tokens) const;

 private:
  CostEstimator(const Model& model, HardwareDescription hardware, PowerModel power);

  ModelConfig config_;
  HardwareDescription hardware_;
  PowerModel power_;
  std::vector<Bytes> streamed_bytes_;  ///< [num_layers]
};

}  // namespace edgebert

#endif  // EDGEBERT_PIPELINE_COST_ESTIMATOR_H_
