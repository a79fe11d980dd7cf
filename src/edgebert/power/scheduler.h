#ifndef EDGEBERT_POWER_SCHEDULER_H_
#define EDGEBERT_POWER_SCHEDULER_H_

#include <memory>
#include <optional>
#include <vector>

#include "edgebert/power/schedule_plan.h"

namespace edgebert {

/// Carries out a plan on one sentence at a time.
class Scheduler {
 public:
  explicit Scheduler(std::shared_ptr<const SchedulePlan> plan);

  /// Forgets the previous sentence.
  void Begin();

  /// Tells the layer, from 1, at which the sentence will leave: `oracle` only, before layer 1.
  void SetExitLayer(int layer);

  /// The point for the next layer, which is then taken to run; nothing when the sentence is to be
  /// stopped here instead (a bounded share of forced exits only). Beyond the last layer, nothing.
  std::optional<int> NextPoint();

  /// What the layer that ran last has shown: its entropy, where it has an off-ramp, and, from
  /// layer 1 on, the layer that the sentence is predicted to leave at. A prediction beyond the last
  /// layer counts as the last.
  void Observe(std::optional<double> entropy_nats, std::optional<int> predicted_layer);

  /// The points of the layers that ran.
  const std::vector<int>& points() const { return points_; }
  const ScheduleState& state() const { return state_; }

 private:
  std::shared_ptr<const SchedulePlan> plan_;
  const std::vector<int>* path_;
  ScheduleState state_;
  int chain_state_ = 0;
  int artifact_point_ = 0;
  std::vector<int> points_;
};

/// The bin, 0 to 15, that the released hardware puts an entropy in: thresholds 256 … 28672 on the
/// entropy in units of 2⁻¹⁰ nats.
int ArtifactDvfsBin(double entropy_nats);

}  // namespace edgebert

#endif  // EDGEBERT_POWER_SCHEDULER_H_
