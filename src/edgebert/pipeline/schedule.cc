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
  const Seconds deadline = ResolveTarget(target, FullDepthTime(power, work));
  EDGEBERT_ASSIGN_OR_RETURN(Scheduler scheduler, Scheduler::Create(power, work, policy, deadline));
  std::vector<OperatingPoint> points;
  for (int layer = 1; layer <= exit_layer; ++layer) {
    points.push_back(scheduler.PointFor(layer));
    if (layer == 1 && predicted_layer) {
      scheduler.SetPredictedExitLayer(*predicted_layer);
    }
  }
  return ScheduledCost{CostOf(power, work, points), deadline,
                       ConventionalCost(power, work).energy()};
}

ScheduledCost NominalCostOfExit(const CostEstimator& costs, int tokens,
                                const std::optional<LatencyTarget>& target, int exit_layer) {
  const PowerModel& power = costs.power();
  const SentenceWork work = costs.WorkFor(tokens);
  const std::vector<OperatingPoint> points(static_cast<size_t>(exit_layer), power.points.nominal());
  return {CostOf(power, work, points), ResolveTarget(target, FullDepthTime(power, work)),
          ConventionalCost(power, work).energy()};
}

}  // namespace edgebert
