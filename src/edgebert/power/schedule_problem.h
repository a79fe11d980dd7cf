#ifndef EDGEBERT_POWER_SCHEDULE_PROBLEM_H_
#define EDGEBERT_POWER_SCHEDULE_PROBLEM_H_

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/base/units.h"

namespace edgebert {

/// Tables of time and energy from which a schedule for sentences of one class (one token count) is
/// made. Planning knows nothing else of the hardware. Layers and points count from 0 here; points
/// ascend in voltage.
struct ScheduleProblem {
  int num_layers = 0;
  int num_points = 0;
  int nominal_point = 0;
  std::vector<Seconds> time;   ///< [layers × points]
  std::vector<Joules> energy;  ///< [layers × points], within whatever boundary is planned for.
  /// [(points + 1) × points]: a change from one point to another; the last row is the change from
  /// where the supply rests before layer 1.
  std::vector<Seconds> change_time;
  std::vector<Joules> change_energy;
  Seconds deadline;

  /// Where the supply rests before layer 1: the last row of the change tables.
  int resting() const { return num_points; }
  size_t LayerIndex(int layer, int point) const {
    return static_cast<size_t>(layer) * static_cast<size_t>(num_points) +
           static_cast<size_t>(point);
  }
  size_t ChangeIndex(int from, int to) const { return LayerIndex(from, to); }
};

/// Most layers and points of a problem.
inline constexpr int kMaxScheduleLayers = 1024;
inline constexpr int kMaxSchedulePoints = 10'000;

/// Table sizes as declared; times and energies finite and not negative; a finite positive deadline.
Status Validate(const ScheduleProblem& problem);

/// Where a sentence stands between two layers.
struct ScheduleState {
  int layers_done = 0;
  Seconds elapsed;
  int point = 0;  ///< Where the supply is: resting() before layer 1.
};

/// The state before layer 1.
ScheduleState InitialState(const ScheduleProblem& problem);

/// The state after one more layer at `point`: elapsed + change + layer, added in this order. Every
/// verdict on a deadline comes from this sum.
ScheduleState After(const ScheduleProblem& problem, const ScheduleState& state, int point);

struct ScheduleCost {
  Seconds time;
  Joules energy;
};

/// The cost of running the first points.size() layers, layer l at points[l].
ScheduleCost CostOf(const ScheduleProblem& problem, std::span<const int> points);

/// Σ over layers of survival[l] · (change + layer energy), for the first points.size() layers.
Joules ExpectedEnergy(const ScheduleProblem& problem, std::span<const int> points,
                      std::span<const double> survival);

/// A fastest way through layers state.layers_done to last_layer - 1: the points of those layers.
/// Exact under After()'s sums: if it ends later than the deadline, so does every other way.
std::vector<int> FastestPath(const ScheduleProblem& problem, const ScheduleState& state,
                             int last_layer);

/// Whether full depth can still be reached by the deadline.
bool CanFinish(const ScheduleProblem& problem, const ScheduleState& state);

}  // namespace edgebert

#endif  // EDGEBERT_POWER_SCHEDULE_PROBLEM_H_
