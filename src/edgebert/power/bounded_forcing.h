#ifndef EDGEBERT_POWER_BOUNDED_FORCING_H_
#define EDGEBERT_POWER_BOUNDED_FORCING_H_

#include <span>

#include "edgebert/base/status.h"
#include "edgebert/power/adaptive_plan.h"
#include "edgebert/power/exit_statistics.h"
#include "edgebert/power/schedule_problem.h"

namespace edgebert {

/// An adaptive plan that stops at most a share `max_forced` of `sentences` before their entropy
/// says so: the one of least energy on them among those met while the price of a forced exit is
/// lowered as far as that share allows, and the plan without forced exits. On other sentences the
/// share differs as samples do. No sentences, or kInfeasible as AdaptivePlan::Create(), is an
/// error.
Result<AdaptivePlan> PlanWithBoundedForcing(const ScheduleProblem& problem,
                                            const ExitStatistics& statistics,
                                            std::span<const ObservedSentence> sentences,
                                            double max_forced);

}  // namespace edgebert

#endif  // EDGEBERT_POWER_BOUNDED_FORCING_H_
