#ifndef EDGEBERT_POWER_PROBLEM_OF_WORK_H_
#define EDGEBERT_POWER_PROBLEM_OF_WORK_H_

#include "edgebert/base/status.h"
#include "edgebert/base/units.h"
#include "edgebert/power/energy_account.h"
#include "edgebert/power/power_model.h"
#include "edgebert/power/schedule_problem.h"

namespace edgebert {

/// Which energy a schedule is to spare.
struct EnergyMeter {
  Boundary boundary = Boundary::kSystem;
  EnergySide side = EnergySide::kSupply;
};

/// The tables of a sentence on the accelerator; its costs are those of CostOf() in
/// sentence_cost.h, its times to the last bit. The first layer's point is set before the sentence
/// arrives and costs it nothing. Errors: a model or work that is not valid.
Result<ScheduleProblem> ProblemOfWork(const PowerModel& model, const SentenceWork& work,
                                      Seconds deadline, const EnergyMeter& meter);

}  // namespace edgebert

#endif  // EDGEBERT_POWER_PROBLEM_OF_WORK_H_
