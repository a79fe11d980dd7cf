#ifndef EDGEBERT_PIPELINE_SCHEDULE_H_
#define EDGEBERT_PIPELINE_SCHEDULE_H_

#include <map>
#include <memory>
#include <optional>
#include <span>

#include "edgebert/base/status.h"
#include "edgebert/pipeline/cost_estimator.h"
#include "edgebert/pipeline/exit_sample.h"
#include "edgebert/power/latency_target.h"
#include "edgebert/power/problem_of_work.h"
#include "edgebert/power/schedule_plan.h"
#include "edgebert/power/scheduler.h"
#include "edgebert/power/sentence_cost.h"

namespace edgebert {

/// How many sentences `paced` plans on: the nearest in length.
inline constexpr size_t kPlanningSentences = 512;

struct PlannerOptions {
  PlanOptions plan = {};
  /// Unset: twice the full-depth time at the nominal point.
  std::optional<LatencyTarget> latency_target = std::nullopt;
  EnergyMeter meter = {};  ///< What plans spare.
};

/// Plans for sentences of one length.
struct PlannedClass {
  SentenceWork work;
  Seconds target;
  std::shared_ptr<const SchedulePlan> plan;
};

/// What a sentence costs.
struct ScheduledCost {
  SentenceCost cost;
  Seconds target;  ///< Its latency target.
};

/// Makes the plan of each sentence length once and keeps it; for one thread.
class SentencePlanner {
 public:
  /// `costs` must outlive the planner. `sample` is what `paced` plans on: of its sentences the
  /// kPlanningSentences nearest in length.
  SentencePlanner(const CostEstimator& costs, const PlannerOptions& options, ExitSample sample)
      : costs_(&costs), options_(options), sample_(std::move(sample)) {}

  /// The plan for sentences of `tokens` tokens. kInfeasible when no schedule reaches full depth
  /// within the latency target; other errors as SchedulePlan::Create() and WorkFor().
  Result<const PlannedClass*> PlanFor(int tokens);

  /// The cost of a sentence that leaves after `exit_layer`. `entropies` holds what each layer
  /// showed, NaN where there is no off-ramp; [exit_layer] at least.
  Result<ScheduledCost> CostOfExit(int tokens, int exit_layer, std::span<const double> entropies,
                                   std::optional<int> predicted_layer);

  const PlannerOptions& options() const { return options_; }

 private:
  const CostEstimator* costs_;
  PlannerOptions options_;
  ExitSample sample_;
  std::map<int, PlannedClass> planned_;  ///< By token count.
};

/// The latency target of a sentence: twice its full-depth time where none is given.
Seconds ResolveTarget(const std::optional<LatencyTarget>& target, Seconds full_depth);

/// The cost at the nominal point throughout, whether that meets the target or not.
Result<ScheduledCost> NominalCostOfExit(const CostEstimator& costs, int tokens,
                                        const std::optional<LatencyTarget>& target, int exit_layer);

}  // namespace edgebert

#endif  // EDGEBERT_PIPELINE_SCHEDULE_H_
