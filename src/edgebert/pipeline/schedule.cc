#include "edgebert/pipeline/schedule.h"

#include <cmath>
#include <utility>
#include <vector>

namespace edgebert {
namespace {

constexpr double kDefaultTargetFactor = 2.0;

}  // namespace

Seconds ResolveTarget(const std::optional<LatencyTarget>& target, Seconds full_depth) {
  return target ? target->Resolve(full_depth) : kDefaultTargetFactor * full_depth;
}

Result<const PlannedClass*> SentencePlanner::PlanFor(int tokens) {
  if (const auto found = planned_.find(tokens); found != planned_.end()) {
    return &found->second;
  }
  PlannedClass planned;
  EDGEBERT_ASSIGN_OR_RETURN(planned.work, costs_->WorkFor(tokens));
  planned.target =
      ResolveTarget(options_.latency_target, FullDepthTime(costs_->power(), planned.work));
  EDGEBERT_ASSIGN_OR_RETURN(ScheduleProblem problem, ProblemOfWork(costs_->power(), planned.work,
                                                                   planned.target, options_.meter));
  std::vector<ObservedSentence> sentences;
  std::optional<ExitStatistics> statistics;
  if (options_.plan.policy == Policy::kPaced && !sample_.sentences.empty()) {
    sentences = NearestByTokens(sample_, tokens, kPlanningSentences);
    statistics = BuildExitStatistics(sentences, problem.num_layers);
  }
  EDGEBERT_ASSIGN_OR_RETURN(SchedulePlan plan,
                            SchedulePlan::Create(std::move(problem), options_.plan,
                                                 statistics ? &*statistics : nullptr, sentences));
  planned.plan = std::make_shared<const SchedulePlan>(std::move(plan));
  return &planned_.emplace(tokens, std::move(planned)).first->second;
}

Result<ScheduledCost> SentencePlanner::CostOfExit(int tokens, int exit_layer,
                                                  std::span<const double> entropies,
                                                  std::optional<int> predicted_layer) {
  EDGEBERT_ASSIGN_OR_RETURN(const PlannedClass* planned, PlanFor(tokens));
  Scheduler scheduler(planned->plan);
  scheduler.SetExitLayer(exit_layer);
  const std::vector<OperatingPoint>& table = costs_->power().points.points();
  std::vector<OperatingPoint> points;
  for (int layer = 1; layer <= exit_layer; ++layer) {
    const std::optional<int> point = scheduler.NextPoint();
    if (!point) {
      break;
    }
    points.push_back(table[static_cast<size_t>(*point)]);
    const double entropy = entropies[static_cast<size_t>(layer - 1)];
    scheduler.Observe(std::isnan(entropy) ? std::nullopt : std::optional(entropy), predicted_layer);
  }
  return ScheduledCost{CostOf(costs_->power(), planned->work, points), planned->target};
}

Result<ScheduledCost> NominalCostOfExit(const CostEstimator& costs, int tokens,
                                        const std::optional<LatencyTarget>& target,
                                        int exit_layer) {
  const PowerModel& power = costs.power();
  EDGEBERT_ASSIGN_OR_RETURN(const SentenceWork work, costs.WorkFor(tokens));
  const std::vector<OperatingPoint> points(static_cast<size_t>(exit_layer), power.points.nominal());
  return ScheduledCost{CostOf(power, work, points),
                       ResolveTarget(target, FullDepthTime(power, work))};
}

}  // namespace edgebert
