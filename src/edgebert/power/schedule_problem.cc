#include "edgebert/power/schedule_problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace edgebert {
namespace {

template <typename Unit>
Status CheckTable(const std::vector<Unit>& table, size_t rows, size_t columns,
                  std::string_view what) {
  if (table.size() != rows * columns) {
    return InvalidArgument(fmt::format("the table of {} has {} entries, expected {} x {}", what,
                                       table.size(), rows, columns));
  }
  for (size_t i = 0; i < table.size(); ++i) {
    if (!std::isfinite(table[i].value()) || table[i].value() < 0) {
      return InvalidArgument(
          fmt::format("the table of {} has {} in row {}, column {}: expected a finite number from "
                      "0 up",
                      what, table[i].value(), i / columns + 1, i % columns + 1));
    }
  }
  return OkStatus();
}

}  // namespace

Status Validate(const ScheduleProblem& problem) {
  if (problem.num_layers < 1 || problem.num_layers > kMaxScheduleLayers || problem.num_points < 1 ||
      problem.num_points > kMaxSchedulePoints) {
    return InvalidArgument(fmt::format(
        "a schedule of {} layers on {} operating points, expected 1 to {} layers and 1 to {} "
        "points",
        problem.num_layers, problem.num_points, kMaxScheduleLayers, kMaxSchedulePoints));
  }
  if (problem.nominal_point < 0 || problem.nominal_point >= problem.num_points) {
    return InvalidArgument(fmt::format("the nominal point is number {} of {}",
                                       problem.nominal_point + 1, problem.num_points));
  }
  if (!std::isfinite(problem.deadline.value()) || problem.deadline.value() <= 0) {
    return InvalidArgument(fmt::format("the deadline is {} s, it must be positive and finite",
                                       problem.deadline.value()));
  }
  const auto layers = static_cast<size_t>(problem.num_layers);
  const auto points = static_cast<size_t>(problem.num_points);
  EDGEBERT_RETURN_IF_ERROR(CheckTable(problem.time, layers, points, "layer times"));
  EDGEBERT_RETURN_IF_ERROR(CheckTable(problem.energy, layers, points, "layer energies"));
  EDGEBERT_RETURN_IF_ERROR(CheckTable(problem.change_time, points + 1, points, "change times"));
  return CheckTable(problem.change_energy, points + 1, points, "change energies");
}

ScheduleState InitialState(const ScheduleProblem& problem) {
  return {0, Seconds(0), problem.resting()};
}

ScheduleState After(const ScheduleProblem& problem, const ScheduleState& state, int point) {
  Seconds elapsed = state.elapsed + problem.change_time[problem.ChangeIndex(state.point, point)];
  elapsed += problem.time[problem.LayerIndex(state.layers_done, point)];
  return {state.layers_done + 1, elapsed, point};
}

ScheduleCost CostOf(const ScheduleProblem& problem, std::span<const int> points) {
  ScheduleState state = InitialState(problem);
  Joules energy;
  for (const int point : points) {
    energy += problem.change_energy[problem.ChangeIndex(state.point, point)];
    energy += problem.energy[problem.LayerIndex(state.layers_done, point)];
    state = After(problem, state, point);
  }
  return {state.elapsed, energy};
}

Joules ExpectedEnergy(const ScheduleProblem& problem, std::span<const int> points,
                      std::span<const double> survival) {
  Joules energy;
  int from = problem.resting();
  for (size_t layer = 0; layer < points.size(); ++layer) {
    const int point = points[layer];
    energy +=
        survival[layer] * (problem.change_energy[problem.ChangeIndex(from, point)] +
                           problem.energy[problem.LayerIndex(static_cast<int>(layer), point)]);
    from = point;
  }
  return energy;
}

std::vector<int> FastestPath(const ScheduleProblem& problem, const ScheduleState& state,
                             int last_layer) {
  // Rounded addition keeps order, so that the earliest way to each point leads on to the earliest
  // way to the next: this forward recursion is exact in floating point.
  const auto points = static_cast<size_t>(problem.num_points);
  const auto steps = static_cast<size_t>(std::max(0, last_layer - state.layers_done));
  std::vector<std::vector<int>> came_from(steps, std::vector<int>(points, state.point));
  std::vector<ScheduleState> reached = {state};
  for (size_t step = 0; step < steps; ++step) {
    std::vector<ScheduleState> next(points);
    for (size_t to = 0; to < points; ++to) {
      next[to].elapsed = Seconds(std::numeric_limits<double>::infinity());
      for (const ScheduleState& from : reached) {
        const ScheduleState after = After(problem, from, static_cast<int>(to));
        if (after.elapsed < next[to].elapsed) {
          next[to] = after;
          came_from[step][to] = from.point;
        }
      }
    }
    reached = std::move(next);
  }
  std::vector<int> path(steps);
  if (steps > 0) {
    // Of equally fast ends, the highest point: the nominal one where nothing else decides.
    auto best = std::min_element(
        reached.rbegin(), reached.rend(),
        [](const ScheduleState& a, const ScheduleState& b) { return a.elapsed < b.elapsed; });
    int point = best->point;
    for (size_t step = steps; step-- > 0;) {
      path[step] = point;
      point = came_from[step][static_cast<size_t>(point)];
    }
  }
  return path;
}

bool CanFinish(const ScheduleProblem& problem, const ScheduleState& state) {
  ScheduleState reached = state;
  for (const int point : FastestPath(problem, state, problem.num_layers)) {
    reached = After(problem, reached, point);
  }
  return reached.elapsed <= problem.deadline;
}

}  // namespace edgebert
