#ifndef EDGEBERT_POWER_PROBLEM_OF_WORK_H_
#define EDGEBERT_POWER_PROBLEM_OF_WORK_H_

#include "edgebert/base/status.h"
#include "edgebert/base/units.h"
#include "edgebert/power/power_model.h"
#include "edgebert/power/schedule_problem.h"

namespace edgebert {

/// The tables of a sentence on the accelerator. Errors: a model or work that is not valid.
Result<ScheduleProblem> ProblemOfWork(const PowerModel& model, const SentenceWork& work,
                                      Seconds deadline);

}  // namespace edgebert

#endif  // EDGEBERT_POWER_PROBLEM_OF_WORK_H_
