#ifndef EDGEBERT_PIPELINE_LIVE_SCHEDULE_H_
#define EDGEBERT_PIPELINE_LIVE_SCHEDULE_H_

#include <optional>
#include <span>

#include "edgebert/base/status.h"
#include "edgebert/pipeline/classifier.h"
#include "edgebert/power/operating_point.h"
#include "edgebert/power/scheduler.h"

namespace edgebert {

/// The operating points of one sentence, layer by layer while it runs: those that the classifier's
/// planner charges for it afterwards.
class LiveSchedule {
 public:
  /// Errors as of SentencePlanner::PlanFor(). `classifier` must outlive the schedule.
  static Result<LiveSchedule> Create(Classifier& classifier, int tokens);

  /// The point that the next layer runs at.
  OperatingPoint NextPoint();

  /// What the layer that ran last has shown.
  void Observe(std::optional<double> entropy_nats, std::optional<int> predicted_layer);

 private:
  LiveSchedule(const OperatingPointTable& table, const PlannedClass& planned)
      : table_(&table), scheduler_(planned.plan) {}

  const OperatingPointTable* table_;
  Scheduler scheduler_;
};

}  // namespace edgebert

#endif  // EDGEBERT_PIPELINE_LIVE_SCHEDULE_H_
