#include "edgebert/pipeline/schedule.h"

#include <vector>

#include "edgebert/power/scheduler.h"

namespace edgebert {
namespace {

constexpr double kDefaultTargetFactor = 2.0;

}  // namespace

Seconds ResolveTarget(const std::optional<LatencyTarget>& target, Seconds full_depth) {
  return target ? target->Resolve(full_depth) : kDefaultTargetFactor * full_depth;
}

Result<ScheduledCost> CostOfExit(const CostEstimator& costs, int tokens, Policy policy,
                                 const std::optional<LatencyTarget>& target, int exit_layer,
                                 std::optional<int> predicted_layer) {
  const PowerModel& power = costs.power();
  const SentenceWork work = costs.WorkFor(tokens);
  const Seconds full_depth = FullDepthTime(power, work);
  ScheduledCost scheduled;
  scheduled.target = ResolveTarget(target, full_depth);
  Result<Scheduler> scheduler = Scheduler::Create(power, work, policy, scheduled.target);
  if (!scheduler.ok()) {
    if (scheduler.status().code() != StatusCode::kInfeasible) {
      return scheduler.status();
    }
    scheduled.feasible = false;
    scheduler = Scheduler::Create(power, work, Policy::kConventional, full_depth);
    if (!scheduler.ok()) {
      return scheduler.status();
    }
  }
  std::vector<OperatingPoint> points;
  for (int layer = 1; layer <= exit_layer; ++layer) {
    points.push_back(scheduler->PointFor(layer));
    if (layer == 1 && predicted_layer) {
      scheduler->SetPredictedExitLayer(*predicted_layer);
    }
  }
  scheduled.cost = CostOf(power, work, points);
  scheduled.conventional_energy = ConventionalCost(power, work).energy();
  return scheduled;
}

}  // namespace edgebert
