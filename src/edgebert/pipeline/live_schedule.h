#ifndef EDGEBERT_PIPELINE_LIVE_SCHEDULE_H_
#define EDGEBERT_PIPELINE_LIVE_SCHEDULE_H_

#include <optional>
#include <utility>

#include "edgebert/base/status.h"
#include "edgebert/pipeline/classifier.h"
#include "edgebert/power/operating_point.h"
#include "edgebert/power/scheduler.h"

namespace edgebert {

/// The operating points of one sentence, layer by layer while it runs: those that CostOfExit()
/// charges for it afterwards.
class LiveSchedule {
 public:
  /// kInfeasible when not even the nominal point meets the classifier's latency target.
  static Result<LiveSchedule> Create(Classifier& classifier, int tokens);

  /// The point that the next layer runs at.
  OperatingPoint NextPoint();

  /// What the layer that ran last has shown.
  void Observe(std::optional<double> entropy_nats, std::optional<int> predicted_layer);

 private:
  explicit LiveSchedule(Scheduler scheduler) : scheduler_(std::move(scheduler)) {}

  Scheduler scheduler_;
  int layer_ = 0;  ///< The last that ran.
};

}  // namespace edgebert

#endif  // EDGEBERT_PIPELINE_LIVE_SCHEDULE_H_
