#include "edgebert/pipeline/live_schedule.h"

namespace edgebert {

Result<LiveSchedule> LiveSchedule::Create(Classifier& classifier, int tokens) {
  EDGEBERT_ASSIGN_OR_RETURN(const PlannedClass* planned, classifier.planner().PlanFor(tokens));
  return LiveSchedule(classifier.model().costs().power().points, *planned);
}

OperatingPoint LiveSchedule::NextPoint() {
  // A plan that would stop here is not one of run's or eval's: the sentence goes on at full speed.
  const std::optional<int> point = scheduler_.NextPoint();
  return point ? table_->points()[static_cast<size_t>(*point)] : table_->nominal();
}

void LiveSchedule::Observe(std::optional<double> entropy_nats, std::optional<int> predicted_layer) {
  scheduler_.Observe(entropy_nats, predicted_layer);
}

}  // namespace edgebert
