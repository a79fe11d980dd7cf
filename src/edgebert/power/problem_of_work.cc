#include "edgebert/power/problem_of_work.h"

namespace edgebert {

Result<ScheduleProblem> ProblemOfWork(const PowerModel& model, const SentenceWork& work,
                                      Seconds deadline, const EnergyMeter& meter) {
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
      problem.energy.push_back(model.EnergyOf(layer, point).At(meter.boundary, meter.side));
    }
  }
  for (const OperatingPoint& from : points) {
    for (const OperatingPoint& to : points) {
      const Transition transition = model.TransitionCost(from, to);
      problem.change_time.push_back(transition.time());
      problem.change_energy.push_back(transition.energy.At(meter.boundary, meter.side));
    }
  }
  problem.change_time.resize(problem.change_time.size() + points.size());
  problem.change_energy.resize(problem.change_energy.size() + points.size());
  return problem;
}

}  // namespace edgebert
