#include "edgebert/power/cheapest_path.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

namespace edgebert {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
/// Relative margins against rounding: bounds are computed in another order than schedules are
/// summed.
constexpr double kTimeMargin = 1e-12;
constexpr double kEnergyMargin = 1e-13;
/// Labels of one layer beyond which the search starts again, looking less closely.
constexpr size_t kMaxLabelsPerLayer = 60'000;
constexpr double kFirstCoarseness = 1e-6;

struct Label {
  double time;
  double energy;
  int32_t parent;
  int32_t point;
};

/// Least remaining energy + multiplier · time before each layer, by the point the supply is at.
struct Relaxation {
  double multiplier = 0;
  std::vector<double> to_go;  ///< [(steps + 1) × states]
};

struct Candidate {
  std::vector<int> points;
  double energy = kInfinity;
  double end = kInfinity;
};

class Search {
 public:
  Search(const ScheduleProblem& problem, const ScheduleState& state,
         std::span<const double> survival)
      : problem_(problem),
        state_(state),
        survival_(survival),
        steps_(static_cast<int>(survival.size()) - state.layers_done),
        points_(problem.num_points),
        deadline_(problem.deadline.value()),
        budget_(deadline_ - state.elapsed.value()) {
    // Where no change of point costs more than another, it does not matter where the supply is.
    states_ = 1;
    for (int from = 1; from < points_ && states_ == 1; ++from) {
      for (int to = 0; to < points_ && states_ == 1; ++to) {
        if (ChangeTime(from, to) != ChangeTime(0, to) ||
            ChangeEnergy(from, to) != ChangeEnergy(0, to)) {
          states_ = points_;
        }
      }
    }
  }

  Result<CheapestPath> Run() {
    if (!Relax()) {
      return Infeasible("no schedule ends by the deadline");
    }
    double coarseness = 0;
    while (!Extend(coarseness)) {
      coarseness = coarseness == 0 ? kFirstCoarseness * best_.energy : 10 * coarseness;
    }
    CheapestPath result;
    result.points = best_.points;
    result.expected_energy = Joules(best_.energy);
    result.end = Seconds(best_.end);
    result.gap = Joules(std::min(coarseness * steps_ + 1e-12 * steps_ * best_.energy,
                                 std::max(0.0, best_.energy - bound_)));
    result.labels = num_labels_;
    return result;
  }

  double Bound() { return Relax() ? bound_ : kInfinity; }

 private:
  double Time(int step, int point) const {
    return problem_.time[problem_.LayerIndex(state_.layers_done + step, point)].value();
  }
  double Energy(int step, int point) const {
    return problem_.energy[problem_.LayerIndex(state_.layers_done + step, point)].value();
  }
  double ChangeTime(int from, int to) const {
    return problem_.change_time[problem_.ChangeIndex(from, to)].value();
  }
  double ChangeEnergy(int from, int to) const {
    return problem_.change_energy[problem_.ChangeIndex(from, to)].value();
  }
  double Weight(int step) const {
    return survival_[static_cast<size_t>(state_.layers_done + step)];
  }
  size_t ToGoIndex(int step, int point) const {
    return static_cast<size_t>(step) * static_cast<size_t>(states_) +
           static_cast<size_t>(states_ == 1 ? 0 : point);
  }
  /// The point the supply is at where `step` begins, among those that need a row of their own.
  int FirstFrom(int step) const { return step == 0 ? state_.point : 0; }
  int EndFrom(int step) const { return step == 0 ? state_.point + 1 : states_; }
  size_t RowOf(int step, int from) const { return step == 0 ? 0 : ToGoIndex(step, from); }

  /// Solves the problem with time priced instead of limited; returns its schedule. With
  /// energy_factor 0 and multiplier 1, to_go is the least remaining time.
  Candidate Solve(double energy_factor, Relaxation& relaxation) const {
    const double multiplier = relaxation.multiplier;
    relaxation.to_go.assign(ToGoIndex(steps_, states_ - 1) + 1, 0.0);
    std::vector<int> choice(relaxation.to_go.size());
    std::vector<double> onward(static_cast<size_t>(points_));
    for (int step = steps_ - 1; step >= 0; --step) {
      const double weight = energy_factor * Weight(step);
      for (int to = 0; to < points_; ++to) {
        onward[static_cast<size_t>(to)] = weight * Energy(step, to) + multiplier * Time(step, to) +
                                          relaxation.to_go[ToGoIndex(step + 1, to)];
      }
      for (int from = FirstFrom(step); from < EndFrom(step); ++from) {
        double least = kInfinity;
        int best = 0;
        for (int to = 0; to < points_; ++to) {
          const double value = onward[static_cast<size_t>(to)] + weight * ChangeEnergy(from, to) +
                               multiplier * ChangeTime(from, to);
          // Of equally good points the highest: it is the faster one.
          if (value <= least) {
            least = value;
            best = to;
          }
        }
        relaxation.to_go[RowOf(step, from)] = least;
        choice[RowOf(step, from)] = best;
      }
    }
    Candidate candidate;
    int from = state_.point;
    for (int step = 0; step < steps_; ++step) {
      from = choice[RowOf(step, from)];
      candidate.points.push_back(from);
    }
    Judge(candidate);
    return candidate;
  }

  /// Energy and end of a schedule, summed as After() and ExpectedEnergy() do.
  void Judge(Candidate& candidate) const {
    ScheduleState state = state_;
    double energy = 0;
    for (int step = 0; step < steps_; ++step) {
      const int point = candidate.points[static_cast<size_t>(step)];
      energy += Weight(step) * (ChangeEnergy(state.point, point) + Energy(step, point));
      state = After(problem_, state, point);
    }
    candidate.energy = energy;
    candidate.end = state.elapsed.value();
  }

  void Offer(const Candidate& candidate) {
    if (candidate.end <= deadline_ &&
        (candidate.energy < best_.energy ||
         (candidate.energy == best_.energy && candidate.end < best_.end))) {
      best_ = candidate;
    }
  }

  /// Lowers one layer's energy after another while the deadline allows.
  void Improve(Candidate candidate) {
    if (candidate.end > deadline_) {
      return;
    }
    for (bool improved = true; improved;) {
      improved = false;
      Candidate best = candidate;
      for (int step = 0; step < steps_; ++step) {
        const int old = candidate.points[static_cast<size_t>(step)];
        const int from = step == 0 ? state_.point : candidate.points[static_cast<size_t>(step - 1)];
        const int to = step + 1 < steps_ ? candidate.points[static_cast<size_t>(step + 1)] : -1;
        const double next_weight = step + 1 < steps_ ? Weight(step + 1) : 0;
        const auto energy = [&](int point) {
          return Weight(step) * (ChangeEnergy(from, point) + Energy(step, point)) +
                 (to < 0 ? 0 : next_weight * ChangeEnergy(point, to));
        };
        const auto time = [&](int point) {
          return ChangeTime(from, point) + Time(step, point) + (to < 0 ? 0 : ChangeTime(point, to));
        };
        for (int point = 0; point < points_; ++point) {
          const double saved = energy(old) - energy(point);
          if (point != old && candidate.energy - saved < best.energy * (1 - kEnergyMargin) &&
              candidate.end + time(point) - time(old) <= deadline_) {
            Candidate changed = candidate;
            changed.points[static_cast<size_t>(step)] = point;
            Judge(changed);
            if (changed.end <= deadline_ && changed.energy < best.energy) {
              best = std::move(changed);
              improved = true;
            }
          }
        }
      }
      candidate = best;
    }
    Offer(candidate);
  }

  /// Finds the price of time at which the relaxation's bound is highest, and a good schedule on the
  /// way. False when nothing ends by the deadline.
  bool Relax() {
    if (steps_ <= 0) {
      best_ = {{}, 0, state_.elapsed.value()};
      bound_ = 0;
      return best_.end <= deadline_;
    }
    Candidate fastest;
    fastest.points = FastestPath(problem_, state_, static_cast<int>(survival_.size()));
    Judge(fastest);
    Offer(fastest);
    if (fastest.end > deadline_) {
      return false;
    }
    fastest_.multiplier = 1;
    Solve(0, fastest_);
    Relaxation relaxation;
    Candidate slow = Solve(1, relaxation);
    bound_ = relaxation.to_go[0];
    relaxations_.push_back(relaxation);
    Offer(slow);
    if (slow.end <= deadline_) {
      return true;
    }
    Candidate fast = fastest;
    constexpr int kMostSteps = 60;
    for (int i = 0; i < kMostSteps && slow.end > fast.end; ++i) {
      const double multiplier = (fast.energy - slow.energy) / (slow.end - fast.end);
      if (!(multiplier > 0) || !std::isfinite(multiplier)) {
        break;
      }
      relaxation.multiplier = multiplier;
      const Candidate middle = Solve(1, relaxation);
      const double bound = relaxation.to_go[0] - multiplier * budget_;
      const double line = fast.energy + multiplier * fast.end;
      const bool top = middle.energy + multiplier * middle.end >= line * (1 - kEnergyMargin);
      if (bound > bound_ || top) {
        bound_ = std::max(bound_, bound);
        best_multiplier_ = multiplier;
      }
      relaxations_.push_back(relaxation);
      if (top) {
        break;
      }
      if (middle.end <= deadline_) {
        fast = middle;
        Offer(fast);
      } else {
        slow = middle;
      }
    }
    Improve(fast);
    Improve(fastest);
    // Bounds that look closely: around the best price, for labels with more or less time left.
    constexpr std::array<double, 5> kFactors = {1.0, 0.8, 1.25, 0.6, 1.6};
    relaxations_.clear();
    for (const double factor : kFactors) {
      relaxation.multiplier = best_multiplier_ * factor;
      Improve(Solve(1, relaxation));
      relaxations_.push_back(relaxation);
    }
    return true;
  }

  bool HasHope(double time, double energy, int next_step, int point) const {
    const size_t row = ToGoIndex(next_step, point);
    if (time + fastest_.to_go[row] > deadline_ + kTimeMargin * deadline_) {
      return false;
    }
    const double limit = best_.energy * (1 - kEnergyMargin);
    const double left = deadline_ - time;
    for (const Relaxation& relaxation : relaxations_) {
      if (energy + relaxation.to_go[row] - relaxation.multiplier * left >= limit) {
        return false;
      }
    }
    return true;
  }

  /// Removes labels that another one at the same point beats in time and, but for `slack`, energy.
  static void Filter(std::vector<Label>& labels, double slack) {
    std::sort(labels.begin(), labels.end(), [](const Label& a, const Label& b) {
      return a.time != b.time ? a.time < b.time : a.energy < b.energy;
    });
    double least = kInfinity;
    size_t kept = 0;
    for (const Label& label : labels) {
      if (label.energy < least - slack) {
        least = label.energy;
        labels[kept++] = label;
      }
    }
    labels.resize(kept);
  }

  /// The search itself; false when it would take too long at this coarseness.
  bool Extend(double coarseness) {
    const double slack = coarseness + 1e-12 * best_.energy;
    std::vector<Label> all = {{state_.elapsed.value(), 0, -1, state_.point}};
    size_t begin = 0;
    std::vector<std::vector<Label>> next(static_cast<size_t>(states_));
    for (int step = 0; step < steps_; ++step) {
      const size_t end = all.size();
      size_t made = 0;
      for (size_t parent = begin; parent < end; ++parent) {
        const Label label = all[parent];
        for (int point = 0; point < points_; ++point) {
          const double time = label.time + ChangeTime(label.point, point) + Time(step, point);
          const double energy = label.energy + Weight(step) * (ChangeEnergy(label.point, point) +
                                                               Energy(step, point));
          if (HasHope(time, energy, step + 1, point)) {
            next[static_cast<size_t>(states_ == 1 ? 0 : point)].push_back(
                {time, energy, static_cast<int32_t>(parent), point});
            ++made;
          }
        }
        if (made > 20 * kMaxLabelsPerLayer) {
          return false;
        }
      }
      num_labels_ += made;
      for (std::vector<Label>& labels : next) {
        Filter(labels, slack);
        all.insert(all.end(), labels.begin(), labels.end());
        labels.clear();
      }
      begin = end;
      if (all.size() - begin > kMaxLabelsPerLayer) {
        return false;
      }
    }
    for (size_t i = begin; i < all.size(); ++i) {
      if (all[i].time <= deadline_ && all[i].energy < best_.energy) {
        best_.energy = all[i].energy;
        best_.end = all[i].time;
        best_.points.clear();
        for (int32_t at = static_cast<int32_t>(i); all[static_cast<size_t>(at)].parent >= 0;
             at = all[static_cast<size_t>(at)].parent) {
          best_.points.push_back(all[static_cast<size_t>(at)].point);
        }
        std::reverse(best_.points.begin(), best_.points.end());
      }
    }
    return true;
  }

  const ScheduleProblem& problem_;
  const ScheduleState state_;
  std::span<const double> survival_;
  const int steps_;
  const int points_;
  const double deadline_;
  const double budget_;
  int states_ = 1;  ///< Points that the supply must be told apart by.
  Relaxation fastest_;
  std::vector<Relaxation> relaxations_;
  double best_multiplier_ = 0;
  double bound_ = 0;
  Candidate best_;
  size_t num_labels_ = 0;
};

}  // namespace

Result<CheapestPath> FindCheapestPath(const ScheduleProblem& problem, const ScheduleState& state,
                                      std::span<const double> survival) {
  return Search(problem, state, survival).Run();
}

Joules LowerBound(const ScheduleProblem& problem, const ScheduleState& state,
                  std::span<const double> survival) {
  return Joules(Search(problem, state, survival).Bound());
}

}  // namespace edgebert
