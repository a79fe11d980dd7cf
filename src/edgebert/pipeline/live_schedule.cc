#include "edgebert/pipeline/live_schedule.h"

#include "edgebert/pipeline/schedule.h"

namespace edgebert {

Result<LiveSchedule> LiveSchedule::Create(Classifier& classifier, int tokens) {
  const CostEstimator& costs = classifier.model().costs();
  const SentenceWork work = costs.WorkFor(tokens);
  const Seconds target =
      ResolveTarget(classifier.options().latency_target, FullDepthTime(costs.power(), work));
  EDGEBERT_ASSIGN_OR_RETURN(
      Scheduler scheduler,
      Scheduler::Create(costs.power(), work, classifier.options().policy, target));
  return LiveSchedule(std::move(scheduler));
}

OperatingPoint LiveSchedule::NextPoint() { return scheduler_.PointFor(++layer_); }

void LiveSchedule::Observe(std::optional<double>, std::optional<int> predicted_layer) {
  if (layer_ == 1 && predicted_layer) {
    scheduler_.SetPredictedExitLayer(*predicted_layer);
  }
}

}  // namespace edgebert
