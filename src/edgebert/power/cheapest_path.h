#ifndef EDGEBERT_POWER_CHEAPEST_PATH_H_
#define EDGEBERT_POWER_CHEAPEST_PATH_H_

#include <cstddef>
#include <span>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/base/units.h"
#include "edgebert/power/schedule_problem.h"

namespace edgebert {

/// A schedule for the layers that a search was asked for.
struct CheapestPath {
  std::vector<int> points;  ///< [last_layer - state.layers_done]
  Joules expected_energy;   ///< Of those layers.
  Seconds end;              ///< When the last of them is done: state.elapsed included.
  /// Proven: no schedule costs less than expected_energy − gap. Below 1e-11 of the energy but where
  /// a search gave up exactness for time.
  Joules gap;
  size_t labels = 0;  ///< Partial schedules that were looked at.
};

/// The schedule of layers state.layers_done to survival.size() − 1 that ends by the deadline with
/// the least Σ survival[l] · (change + layer energy): exact on the grid of operating points, with
/// costs of changes.
///
/// A label (time, expected energy) is kept for each way to run a layer at a point that no other way
/// beats in both, and whose lower bound, from the Lagrangian relaxation of the deadline, leaves
/// hope of beating the best schedule known. Deadlines are judged by After()'s sums.
///
/// `survival` holds a weight from 0 up for each layer from 0, up to the last one to plan.
/// kInfeasible when no schedule ends by the deadline. `problem` must be valid.
Result<CheapestPath> FindCheapestPath(const ScheduleProblem& problem, const ScheduleState& state,
                                      std::span<const double> survival);

/// A quick lower bound on what FindCheapestPath() would find, from the same relaxation; infinite
/// when no schedule can end by the deadline.
Joules LowerBound(const ScheduleProblem& problem, const ScheduleState& state,
                  std::span<const double> survival);

}  // namespace edgebert

#endif  // EDGEBERT_POWER_CHEAPEST_PATH_H_
