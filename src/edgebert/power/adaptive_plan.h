#ifndef EDGEBERT_POWER_ADAPTIVE_PLAN_H_
#define EDGEBERT_POWER_ADAPTIVE_PLAN_H_

#include <cstddef>
#include <limits>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/base/units.h"
#include "edgebert/power/schedule_problem.h"

namespace edgebert {

/// What sentences that still run show of their future: a Markov chain whose state after a layer is,
/// for example, the bin that the layer's entropy falls in.
struct ExitChain {
  int num_layers = 0;
  int num_states = 0;
  /// [states]: probability that a sentence still runs after layer 1, in that state. The rest
  /// leaves.
  std::vector<double> first;
  /// [(num_layers − 2) × states × states]: for layers 2 to num_layers − 1, probability that a
  /// sentence that entered the layer in the row's state still runs after it, in the column's.
  std::vector<double> next;
};

/// Sizes as declared; probabilities from 0 up, no row's sum above 1 but for rounding.
Status Validate(const ExitChain& chain);

/// `paced`, re-planned after every layer: the point of each layer is chosen from the time that is
/// left and the state that the layer before it has shown, so that the expected energy is least
/// among all such rules, by stochastic dynamic programming over (layer, state, point, time left).
/// Costs between the grid's times are interpolated, so that the optimum is approximate; the
/// deadline is not: a point is eligible only if full depth can still be reached after it, by
/// After()'s sums.
class AdaptivePlan {
 public:
  /// No forced exits: every sentence may run to full depth.
  static constexpr double kNeverForce = std::numeric_limits<double>::infinity();

  /// `forced_price` is what a forced exit is taken to cost, in joules: a sentence is stopped where
  /// going on is expected to cost more, or would end late. kInfeasible when full depth cannot be
  /// reached by the deadline. `problem` and `chain` must be valid and of equal depth.
  static Result<AdaptivePlan> Create(const ScheduleProblem& problem, const ExitChain& chain,
                                     double forced_price = kNeverForce);

  /// The point for the next layer. `chain_state` is what layer state.layers_done has shown (of no
  /// account before layer 1). −1: the sentence is to be stopped here (never without a price).
  int PointFor(const ScheduleState& state, int chain_state) const;

  /// Of a sentence before layer 1, forced_price included.
  Joules expected_energy() const { return Joules(expected_energy_); }

 private:
  AdaptivePlan(const ScheduleProblem& problem, const ExitChain& chain, double forced_price);

  void Solve(const ExitChain& chain);
  double Base(int layer, int point) const;
  /// Least time from before `layer` to full depth, the supply being at `point`.
  double RemainingTime(int layer, int point) const;
  /// Expected cost of what follows `layer` when it ran at `point` from `chain_state`, by time left
  /// beyond Base(): [kTimeSteps + 1].
  const float* Onward(int layer, int chain_state, int point) const;
  bool FinishesInTime(ScheduleState state) const;

  ScheduleProblem problem_;
  int num_states_;
  double forced_price_;
  double step_ = 0;  ///< Between two times of the grid, in seconds.
  double expected_energy_ = 0;
  std::vector<double> remaining_;  ///< [(layers + 1) × (points + 1)]
  std::vector<int> fastest_next_;  ///< [layers × (points + 1)]
  std::vector<int> fastest_path_;  ///< From the start, exact.
  std::vector<float> onward_;      ///< [layers × states × points × (kTimeSteps + 1)]
};

}  // namespace edgebert

#endif  // EDGEBERT_POWER_ADAPTIVE_PLAN_H_
