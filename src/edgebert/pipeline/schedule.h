#ifndef EDGEBERT_PIPELINE_SCHEDULE_H_
#define EDGEBERT_PIPELINE_SCHEDULE_H_

#include <optional>

#include "edgebert/base/status.h"
#include "edgebert/pipeline/cost_estimator.h"
#include "edgebert/power/latency_target.h"
#include "edgebert/power/policy.h"
#include "edgebert/power/sentence_cost.h"

namespace edgebert {

/// What a sentence costs, beside what it would cost without any of this.
struct ScheduledCost {
  SentenceCost cost;
  Seconds target;              ///< Its latency target.
  Joules conventional_energy;  ///< All layers at the nominal point.
};

/// The latency target of a sentence: twice its full-depth time where none is given.
Seconds ResolveTarget(const std::optional<LatencyTarget>& target, Seconds full_depth);

/// The cost of a sentence that leaves after `exit_layer` under a policy; `target` unset means twice
/// the full-depth time at the nominal point, and `predicted_layer` is what the exit rule predicted
/// after layer 1 (policy `predicted`). kInfeasible when not even the nominal point meets the target
/// at full depth.
Result<ScheduledCost> CostOfExit(const CostEstimator& costs, int tokens, Policy policy,
                                 const std::optional<LatencyTarget>& target, int exit_layer,
                                 std::optional<int> predicted_layer);

/// The same at the nominal point throughout, whether that meets the target or not.
ScheduledCost NominalCostOfExit(const CostEstimator& costs, int tokens,
                                const std::optional<LatencyTarget>& target, int exit_layer);

}  // namespace edgebert

#endif  // EDGEBERT_PIPELINE_SCHEDULE_H_
