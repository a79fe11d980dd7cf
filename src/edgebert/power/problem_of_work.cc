#include "edgebert/power/problem_of_work.h"

namespace edgebert {

Result<ScheduleProblem> ProblemOfWork(const PowerModel& model, const SentenceWork& work,
                                      Seconds deadline) {
  EDGEBERT_RETURN_IF_ERROR(Validate(model));
  EDGEBERT_RETURN_IF_ERROR(Validate(work));
  const std::vector<OperatingPoint>& points = model.points.points();
  ScheduleProblem problem;
  problem.num_layers = static_cast<int>(work.layers.size());
  problem.num_points = static_cast<int>(points.size());
  problem.nominal_point = problem.num_points - 1;
  problem.deadline = deadline;
  for (const LayerWork& layer : work.layers) {
    for (const OperatingPoint& point : points) {
      problem.time.push_back(model.TimeOf(layer, point));
      problem.energy.push_back(model.OnChipEnergy(layer, point) + model.DramEnergy(layer));
    }
  }
  problem.change_time.assign((points.size() + 1) * points.size(), Seconds(0));
  problem.change_energy.assign((points.size() + 1) * points.size(), Joules(0));
  return problem;
}

}  // namespace edgebert
