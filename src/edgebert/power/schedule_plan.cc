#include "edgebert/power/schedule_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "edgebert/base/text.h"
#include "edgebert/power/bounded_forcing.h"
#include "edgebert/power/cheapest_path.h"

namespace edgebert {
namespace {

/// Shorter targets are not told from zero; the message about an infeasible one needs room to
/// round.
constexpr Seconds kShortestTarget(1e-12);

/// `time` in milliseconds, rounded up until it reads back as no less.
std::string MillisecondsNotBelow(Seconds time) {
  for (double milliseconds = time.value() * 1e3;; milliseconds *= 1 + 2e-6) {
    std::string text = fmt::format("{:.6g}", milliseconds);
    const Result<double> read_back = ParseFiniteNumber(text);
    if (!read_back.ok() || *read_back / 1e3 >= time.value()) {
      return text;
    }
  }
}

Status CheckFeasible(const ScheduleProblem& problem) {
  const std::vector<int> fastest = FastestPath(problem, InitialState(problem), problem.num_layers);
  const Seconds shortest = CostOf(problem, fastest).time;
  if (!std::isfinite(shortest.value())) {
    return InvalidArgument("the work of a sentence is too large: its time is not finite");
  }
  if (shortest > problem.deadline) {
    return Infeasible(fmt::format(
        "a latency target of {:.6g} ms cannot be met: all {} layers take longer at the highest "
        "operating point; the shortest feasible target is {} ms",
        problem.deadline.value() * 1e3, problem.num_layers, MillisecondsNotBelow(shortest)));
  }
  return OkStatus();
}

/// `path` up to a layer, and from there the fastest way to full depth.
std::vector<int> Finished(const ScheduleProblem& problem, std::vector<int> path) {
  ScheduleState state = InitialState(problem);
  for (const int point : path) {
    state = After(problem, state, point);
  }
  const std::vector<int> rest = FastestPath(problem, state, problem.num_layers);
  path.insert(path.end(), rest.begin(), rest.end());
  return path;
}

bool MeetsDeadline(const ScheduleProblem& problem, std::span<const int> path) {
  return CostOf(problem, path).time <= problem.deadline;
}

}  // namespace

Result<SchedulePlan> SchedulePlan::Create(ScheduleProblem problem, const PlanOptions& options,
                                          const ExitStatistics* statistics,
                                          std::span<const ObservedSentence> sentences) {
  if (!std::isfinite(problem.deadline.value()) || problem.deadline < kShortestTarget) {
    return InvalidArgument(
        fmt::format("the latency target is {} s, it must be finite and at least {} s",
                    problem.deadline.value(), kShortestTarget.value()));
  }
  EDGEBERT_RETURN_IF_ERROR(Validate(problem));
  EDGEBERT_RETURN_IF_ERROR(CheckFeasible(problem));
  if (!(options.max_forced >= 0 && options.max_forced <= 1)) {
    return InvalidArgument(
        fmt::format("a share of {} forced exits was allowed, expected 0 to 1", options.max_forced));
  }
  if ((options.max_forced > 0 || options.replan != Replan::kNever) &&
      options.policy != Policy::kPaced) {
    return InvalidArgument(
        fmt::format("policy '{}' neither re-plans nor bounds forced exits: both go with policy "
                    "'paced'",
                    PolicyName(options.policy)));
  }
  SchedulePlan plan(std::move(problem), options);
  switch (options.policy) {
    case Policy::kConventional:
    case Policy::kEarlyExit:
    case Policy::kArtifactDvfs:
      plan.path_.assign(static_cast<size_t>(plan.problem_.num_layers), plan.problem_.nominal_point);
      break;
    case Policy::kConventionalStatic:
    case Policy::kEarlyExitStatic:
      plan.PlanConstant();
      break;
    case Policy::kPredicted:
      plan.PlanPredicted();
      break;
    case Policy::kPredictedSafe:
      plan.PlanPredictedSafe();
      break;
    case Policy::kPaced:
      if (statistics == nullptr) {
        return InvalidArgument(
            "policy 'paced' needs to know when sentences leave: use a model that was imported with "
            "calibration text, or choose another policy");
      }
      EDGEBERT_RETURN_IF_ERROR(plan.PlanPaced(*statistics, sentences));
      break;
    case Policy::kOracle:
      EDGEBERT_RETURN_IF_ERROR(plan.PlanOracle());
      break;
  }
  return plan;
}

std::vector<int> SchedulePlan::NominalPath() const {
  std::vector<int> nominal(static_cast<size_t>(problem_.num_layers), problem_.nominal_point);
  return MeetsDeadline(problem_, nominal) ? nominal : Finished(problem_, {});
}

void SchedulePlan::PlanConstant() {
  for (int point = 0; point < problem_.num_points; ++point) {
    path_.assign(static_cast<size_t>(problem_.num_layers), point);
    if (MeetsDeadline(problem_, path_)) {
      return;
    }
  }
  path_ = Finished(problem_, {});
}

void SchedulePlan::PlanPredicted() {
  path_ = NominalPath();
  paths_by_key_.assign(static_cast<size_t>(problem_.num_layers) + 1, path_);
  for (int predicted = 2; predicted <= problem_.num_layers; ++predicted) {
    std::vector<int> path = path_;
    for (int point = 0; point < problem_.num_points; ++point) {
      std::fill(path.begin() + 1, path.begin() + predicted, point);
      if (MeetsDeadline(problem_, std::span(path).first(static_cast<size_t>(predicted)))) {
        paths_by_key_[static_cast<size_t>(predicted)] = path;
        break;
      }
    }
  }
}

void SchedulePlan::PlanPredictedSafe() {
  path_ = NominalPath();
  paths_by_key_.assign(static_cast<size_t>(problem_.num_layers) + 1, path_);
  for (int predicted = 2; predicted <= problem_.num_layers; ++predicted) {
    for (int point = 0; point < problem_.num_points; ++point) {
      std::vector<int> path(static_cast<size_t>(predicted), point);
      path.front() = path_.front();
      path = Finished(problem_, std::move(path));
      if (MeetsDeadline(problem_, path)) {
        paths_by_key_[static_cast<size_t>(predicted)] = std::move(path);
        break;
      }
    }
  }
}

Status SchedulePlan::PlanPaced(const ExitStatistics& statistics,
                               std::span<const ObservedSentence> sentences) {
  const auto layers = static_cast<size_t>(problem_.num_layers);
  if (statistics.survival.size() != layers || statistics.chain.num_layers != problem_.num_layers) {
    return InvalidArgument(fmt::format("exit statistics of {} layers for a schedule of {}",
                                       statistics.survival.size(), layers));
  }
  bins_ = statistics.bins;
  EDGEBERT_ASSIGN_OR_RETURN(
      CheapestPath cheapest,
      FindCheapestPath(problem_, InitialState(problem_), statistics.survival));
  path_ = std::move(cheapest.points);
  gap_ = cheapest.gap;
  if (options_.max_forced > 0) {
    EDGEBERT_ASSIGN_OR_RETURN(
        adaptive_, PlanWithBoundedForcing(problem_, statistics, sentences, options_.max_forced));
    return OkStatus();
  }
  switch (options_.replan) {
    case Replan::kNever:
      break;
    case Replan::kPredictedLayer:
      if (statistics.by_predicted_layer.empty()) {
        return InvalidArgument("re-planning by predicted layer needs a predictor table");
      }
      return PlanTree(statistics.by_predicted_layer, statistics.survival);
    case Replan::kFirstEntropy:
      return PlanTree(statistics.by_first_entropy, statistics.survival);
    case Replan::kEachLayer: {
      EDGEBERT_ASSIGN_OR_RETURN(adaptive_, AdaptivePlan::Create(problem_, statistics.chain));
      break;
    }
  }
  return OkStatus();
}

/// One point for layer 1, and for each class its own schedule after it: the best of all points for
/// layer 1, tried in the order of a lower bound until no other can be better.
Status SchedulePlan::PlanTree(std::span<const std::vector<double>> classes,
                              std::span<const double> survival) {
  struct First {
    int point;
    Joules own;
    Joules bound;
  };
  const ScheduleState start = InitialState(problem_);
  std::vector<First> firsts;
  for (int point = 0; point < problem_.num_points; ++point) {
    const std::vector<int> path = {point};
    const Joules own = CostOf(problem_, path).energy;
    Joules bound = own;
    for (const std::vector<double>& shares : classes) {
      bound += LowerBound(problem_, After(problem_, start, point), shares);
    }
    if (std::isfinite(bound.value())) {
      firsts.push_back({point, own, bound});
    }
  }
  std::stable_sort(firsts.begin(), firsts.end(),
                   [](const First& a, const First& b) { return a.bound < b.bound; });
  Joules best(std::numeric_limits<double>::infinity());
  for (const First& first : firsts) {
    if (first.bound >= best) {
      break;
    }
    const ScheduleState state = After(problem_, start, first.point);
    Joules total = first.own;
    Joules gap;
    std::vector<std::vector<int>> paths;
    for (const std::vector<double>& shares : classes) {
      EDGEBERT_ASSIGN_OR_RETURN(CheapestPath rest, FindCheapestPath(problem_, state, shares));
      total += rest.expected_energy;
      gap += rest.gap;
      rest.points.insert(rest.points.begin(), first.point);
      paths.push_back(std::move(rest.points));
    }
    if (total < best) {
      best = total;
      gap_ = gap;
      paths_by_key_ = std::move(paths);
    }
  }
  if (!paths_by_key_.empty()) {
    // What a sentence of unknown class does must share the point of layer 1.
    const ScheduleState state = After(problem_, start, paths_by_key_.front().front());
    EDGEBERT_ASSIGN_OR_RETURN(CheapestPath rest, FindCheapestPath(problem_, state, survival));
    rest.points.insert(rest.points.begin(), paths_by_key_.front().front());
    path_ = std::move(rest.points);
    for (size_t key = 0; key < classes.size(); ++key) {
      // Of a class without sentences nothing is known.
      if (*std::max_element(classes[key].begin(), classes[key].end()) <= kLeastSurvival) {
        paths_by_key_[key] = path_;
      }
    }
  }
  return OkStatus();
}

Status SchedulePlan::PlanOracle() {
  path_ = Finished(problem_, {});
  paths_by_key_.emplace_back();
  for (int exit = 1; exit <= problem_.num_layers; ++exit) {
    const std::vector<double> certain(static_cast<size_t>(exit), 1.0);
    EDGEBERT_ASSIGN_OR_RETURN(CheapestPath cheapest,
                              FindCheapestPath(problem_, InitialState(problem_), certain));
    paths_by_key_.push_back(std::move(cheapest.points));
    gap_ = std::max(gap_, cheapest.gap);
  }
  return OkStatus();
}

}  // namespace edgebert
