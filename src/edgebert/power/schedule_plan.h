#ifndef EDGEBERT_POWER_SCHEDULE_PLAN_H_
#define EDGEBERT_POWER_SCHEDULE_PLAN_H_

#include <optional>
#include <span>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/base/units.h"
#include "edgebert/power/adaptive_plan.h"
#include "edgebert/power/exit_statistics.h"
#include "edgebert/power/policy.h"
#include "edgebert/power/schedule_problem.h"

namespace edgebert {

struct PlanOptions {
  Policy policy = Policy::kEarlyExitStatic;
  Replan replan = Replan::kNever;  ///< Of `paced`.
  /// Share of the planning sentences that `paced` may stop before their entropy says so. Above 0 it
  /// re-plans after each layer.
  double max_forced = 0;
};

/// What a policy does with the sentences of one class. Immutable once made.
class SchedulePlan {
 public:
  /// `statistics` may be null for policies but `paced`; `sentences` are those it was built from,
  /// needed for max_forced only. Errors: an invalid problem; kInfeasible when no schedule reaches
  /// full depth by the deadline, whatever the policy, with the shortest feasible target in the
  /// message; `paced` without statistics, or re-planned by predicted layers that these lack;
  /// max_forced outside [0, 1], or with another policy.
  static Result<SchedulePlan> Create(ScheduleProblem problem, const PlanOptions& options,
                                     const ExitStatistics* statistics,
                                     std::span<const ObservedSentence> sentences = {});

  const ScheduleProblem& problem() const { return problem_; }
  const PlanOptions& options() const { return options_; }

  /// The points of all layers of a sentence of which nothing is known.
  const std::vector<int>& path() const { return path_; }

  /// The points of all layers by predicted layer (from 1; `predicted`, `predicted-safe`, `paced`
  /// re-planned by it), by bin of the first entropy (from 0) or by the exit layer (`oracle`, from
  /// 1: only that many layers). Empty for the others.
  const std::vector<std::vector<int>>& paths_by_key() const { return paths_by_key_; }

  /// How far from the optimum the plan may be, proven; `paced` and `oracle` only.
  Joules gap() const { return gap_; }

  const std::optional<AdaptivePlan>& adaptive() const { return adaptive_; }
  const EntropyBins& bins() const { return bins_; }

 private:
  SchedulePlan(ScheduleProblem problem, const PlanOptions& options)
      : problem_(std::move(problem)), options_(options) {}

  void PlanConstant();
  void PlanPredicted();
  void PlanPredictedSafe();
  Status PlanPaced(const ExitStatistics& statistics, std::span<const ObservedSentence> sentences);
  Status PlanTree(std::span<const std::vector<double>> classes, std::span<const double> survival);
  Status PlanOracle();
  /// The nominal point throughout, or the fastest schedule where that alone meets the deadline.
  std::vector<int> NominalPath() const;

  ScheduleProblem problem_;
  PlanOptions options_;
  std::vector<int> path_;
  std::vector<std::vector<int>> paths_by_key_;
  std::optional<AdaptivePlan> adaptive_;
  EntropyBins bins_;
  Joules gap_;
};

}  // namespace edgebert

#endif  // EDGEBERT_POWER_SCHEDULE_PLAN_H_
