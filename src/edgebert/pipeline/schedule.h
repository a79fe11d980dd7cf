#ifndef EDGEBERT_PIPELINE_SCHEDULE_H_
#define EDGEBERT_PIPELINE_SCHEDULE_H_

#include <optional>

#include "edgebert/base/status.h"
#include "edgebert/pipeline/cost_estimator.h"
#include "edgebert/power/latency_target.h"
#include "edgebert/power/policy.h"
#include "edgebert/power/sentence_cost.h"

namespace edgebert {

/// The latency target of a sentence whose full depth at the nominal point takes `full_depth`;
/// unset means the default, twice that.
Seconds ResolveTarget(const std::optional<LatencyTarget>& target, Seconds full_depth);

/// What a sentence of known exit layer costs under a policy.
struct ScheduledCost {
  SentenceCost cost;
  Seconds target;
  bool feasible = true;  ///< False: the target was dropped and all layers ran at the nominal point.
  Joules conventional_energy;
};

/// `predicted_layer` is what the exit rule predicted after layer 1, for policy `predicted`.
Result<ScheduledCost> CostOfExit(const CostEstimator& costs, int tokens, Policy policy,
                                 const std::optional<LatencyTarget>& target, int exit_layer,
                                 std::optional<int> predicted_layer);

}  // namespace edgebert

#endif  // EDGEBERT_PIPELINE_SCHEDULE_H_
