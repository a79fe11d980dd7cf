#ifndef EDGEBERT_POWER_SCHEDULER_H_
#define EDGEBERT_POWER_SCHEDULER_H_

#include "edgebert/base/status.h"
#include "edgebert/base/units.h"
#include "edgebert/power/operating_point.h"
#include "edgebert/power/policy.h"
#include "edgebert/power/power_model.h"

namespace edgebert {

/// Chooses the operating point of each layer of one sentence.
class Scheduler {
 public:
  /// kInfeasible when full depth at the nominal point takes longer than `target`, whatever the
  /// policy: the message names the shortest feasible target. kInvalidArgument when the model, the
  /// work or the target is not valid.
  static Result<Scheduler> Create(const PowerModel& model, const SentenceWork& work, Policy policy,
                                  Seconds target);

  /// The operating point that layer `layer` (from 1) runs at.
  OperatingPoint PointFor(int layer) const;

  /// Tells policy kPredicted, after layer 1, which layer the sentence is expected to exit at:
  /// layers 2 to `layer` then run at the lowest point at which they finish by the target. A
  /// prediction beyond the last layer counts as the last. Until called, and beyond the predicted
  /// layer, layers run at the nominal point. Other policies take no notice.
  void SetPredictedExitLayer(int layer);

 private:
  Scheduler(const PowerModel& model, const SentenceWork& work, Policy policy, Seconds target);

  /// The lowest point at which layers `first` to `last` finish by the target when those before
  /// `first` ran at the nominal point, and nominal where none does.
  OperatingPoint LowestPoint(int first, int last) const;

  PowerModel model_;
  SentenceWork work_;
  Policy policy_;
  Seconds target_;
  /// Layers first_scaled_ to last_scaled_ run at scaled_point_, the others at the nominal point.
  OperatingPoint scaled_point_;
  int first_scaled_ = 1;
  int last_scaled_ = 0;
};

}  // namespace edgebert

#endif  // EDGEBERT_POWER_SCHEDULER_H_
