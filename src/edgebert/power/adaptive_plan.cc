#include "edgebert/power/adaptive_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace edgebert {
namespace {

constexpr int kTimeSteps = 256;
constexpr size_t kTimes = kTimeSteps + 1;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// A value between two of a table's, `position` in steps from its first.
double Interpolate(const float* table, double position) {
  const double clamped = std::clamp(position, 0.0, double{kTimeSteps});
  const auto below = static_cast<size_t>(std::min(std::floor(clamped), double{kTimeSteps - 1}));
  const double part = clamped - static_cast<double>(below);
  return (1 - part) * double{table[below]} + part * double{table[below + 1]};
}

}  // namespace

Status Validate(const ExitChain& chain) {
  const auto states = static_cast<size_t>(std::max(chain.num_states, 0));
  const auto steps = static_cast<size_t>(std::max(chain.num_layers - 2, 0));
  if (chain.num_layers < 1 || chain.num_states < 1 || chain.first.size() != states ||
      chain.next.size() != steps * states * states) {
    return InvalidArgument(fmt::format(
        "an exit chain of {} layers and {} states with {} first and {} next probabilities",
        chain.num_layers, chain.num_states, chain.first.size(), chain.next.size()));
  }
  std::vector<double> all = chain.first;
  all.insert(all.end(), chain.next.begin(), chain.next.end());
  for (size_t row = 0; row < all.size() / states; ++row) {
    double sum = 0;
    for (size_t i = 0; i < states; ++i) {
      const double value = all[row * states + i];
      sum += value >= 0 ? value : kInfinity;
    }
    if (!(sum <= 1 + 1e-9)) {
      return InvalidArgument(fmt::format(
          "row {} of an exit chain is no distribution: probabilities must be from 0 up, with a sum "
          "of at most 1",
          row + 1));
    }
  }
  return OkStatus();
}

AdaptivePlan::AdaptivePlan(const ScheduleProblem& problem, const ExitChain& chain,
                           double forced_price)
    : problem_(problem), num_states_(chain.num_states), forced_price_(forced_price) {}

Result<AdaptivePlan> AdaptivePlan::Create(const ScheduleProblem& problem, const ExitChain& chain,
                                          double forced_price) {
  if (!CanFinish(problem, InitialState(problem))) {
    return Infeasible("no schedule ends by the deadline");
  }
  AdaptivePlan plan(problem, chain, forced_price);
  plan.Solve(chain);
  return plan;
}

double AdaptivePlan::RemainingTime(int layer, int point) const {
  return remaining_[static_cast<size_t>(layer) * static_cast<size_t>(problem_.num_points + 1) +
                    static_cast<size_t>(point)];
}

/// Where no sentence may be forced, times left are counted from the least that full depth needs.
double AdaptivePlan::Base(int layer, int point) const {
  return std::isfinite(forced_price_) ? 0 : RemainingTime(layer, point);
}

const float* AdaptivePlan::Onward(int layer, int chain_state, int point) const {
  const size_t row = (static_cast<size_t>(layer) * static_cast<size_t>(num_states_) +
                      static_cast<size_t>(chain_state)) *
                         static_cast<size_t>(problem_.num_points) +
                     static_cast<size_t>(point);
  return &onward_[row * kTimes];
}

void AdaptivePlan::Solve(const ExitChain& chain) {
  const int layers = problem_.num_layers;
  const int points = problem_.num_points;
  const auto num_points = static_cast<size_t>(points);
  const auto states = static_cast<size_t>(num_states_);
  const auto width = num_points + 1;
  remaining_.assign(static_cast<size_t>(layers + 1) * width, 0.0);
  fastest_next_.assign(static_cast<size_t>(layers) * width, 0);
  for (int layer = layers - 1; layer >= 0; --layer) {
    for (int from = 0; from <= points; ++from) {
      double least = kInfinity;
      for (int to = 0; to < points; ++to) {
        const double time = problem_.change_time[problem_.ChangeIndex(from, to)].value() +
                            problem_.time[problem_.LayerIndex(layer, to)].value() +
                            RemainingTime(layer + 1, to);
        if (time <= least) {
          least = time;
          fastest_next_[static_cast<size_t>(layer) * width + static_cast<size_t>(from)] = to;
        }
      }
      remaining_[static_cast<size_t>(layer) * width + static_cast<size_t>(from)] = least;
    }
  }
  fastest_path_ = FastestPath(problem_, InitialState(problem_), layers);
  const double range = std::max(problem_.deadline.value() - Base(0, problem_.resting()), 0.0);
  step_ = range / kTimeSteps;

  onward_.assign(static_cast<size_t>(layers) * states * num_points * kTimes, 0.0F);
  // to_go[state][point][time]: before the layer at hand.
  std::vector<double> to_go(states * num_points * kTimes, 0.0);
  std::vector<double> onward(kTimes);
  for (int layer = layers - 1; layer >= 0; --layer) {
    // What follows the layer, by the state in which it was entered.
    const size_t entered_states = layer == 0 ? 1 : states;
    for (size_t entered = 0; entered < entered_states; ++entered) {
      for (size_t point = 0; point < num_points; ++point) {
        std::fill(onward.begin(), onward.end(), 0.0);
        for (size_t left = 0; left < states && layer + 1 < layers; ++left) {
          const double probability =
              layer == 0
                  ? chain.first[left]
                  : chain.next[(static_cast<size_t>(layer - 1) * states + entered) * states + left];
          const double* from = &to_go[(left * num_points + point) * kTimes];
          for (size_t i = 0; i < kTimes && probability > 0; ++i) {
            onward[i] += probability * from[i];
          }
        }
        auto* out =
            const_cast<float*>(Onward(layer, static_cast<int>(entered), static_cast<int>(point)));
        std::transform(onward.begin(), onward.end(), out,
                       [](double value) { return static_cast<float>(value); });
      }
    }
    // Before the layer: the best point by time left.
    std::vector<double> before(states * num_points * kTimes, forced_price_);
    const int first_from = layer == 0 ? problem_.resting() : 0;
    const int end_from = layer == 0 ? problem_.resting() + 1 : points;
    for (size_t entered = 0; entered < entered_states; ++entered) {
      for (int from = first_from; from < end_from; ++from) {
        const size_t row = entered * num_points + static_cast<size_t>(layer == 0 ? 0 : from);
        double* best = &before[row * kTimes];
        for (int to = 0; to < points; ++to) {
          const size_t change = problem_.ChangeIndex(from, to);
          const size_t at = problem_.LayerIndex(layer, to);
          const double energy =
              problem_.change_energy[change].value() + problem_.energy[at].value();
          const double used = problem_.change_time[change].value() + problem_.time[at].value() +
                              Base(layer + 1, to) - Base(layer, from);
          // Rounding must not take the fastest point off the tightest deadline.
          const double shift = step_ > 0 ? std::max(used / step_, 0.0) : 0.0;
          if (used > step_ * kTimeSteps + 1e-12 * problem_.deadline.value()) {
            continue;
          }
          const auto whole = static_cast<size_t>(std::floor(shift));
          const double part = shift - static_cast<double>(whole);
          const bool exact = part < 1e-9;
          const float* table = Onward(layer, static_cast<int>(entered), to);
          for (size_t i = exact ? whole : whole + 1; i < kTimes; ++i) {
            const double value = energy + (exact ? double{table[i - whole]}
                                                 : (1 - part) * double{table[i - whole]} +
                                                       part * double{table[i - whole - 1]});
            best[i] = std::min(best[i], value);
          }
        }
      }
    }
    to_go = std::move(before);
  }
  expected_energy_ = to_go[kTimeSteps];
}

bool AdaptivePlan::FinishesInTime(ScheduleState state) const {
  const auto width = static_cast<size_t>(problem_.num_points + 1);
  while (state.layers_done < problem_.num_layers) {
    state = After(problem_, state,
                  fastest_next_[static_cast<size_t>(state.layers_done) * width +
                                static_cast<size_t>(state.point)]);
  }
  return state.elapsed <= problem_.deadline;
}

int AdaptivePlan::PointFor(const ScheduleState& state, int chain_state) const {
  const int layer = state.layers_done;
  const bool may_force = std::isfinite(forced_price_) && layer > 0;
  double least = may_force ? forced_price_ : kInfinity;
  int best = -1;
  for (int to = 0; to < problem_.num_points; ++to) {
    const ScheduleState after = After(problem_, state, to);
    const bool eligible =
        std::isfinite(forced_price_) ? after.elapsed <= problem_.deadline : FinishesInTime(after);
    if (!eligible) {
      continue;
    }
    const double left = (problem_.deadline - after.elapsed).value() - Base(layer + 1, to);
    const double value = problem_.change_energy[problem_.ChangeIndex(state.point, to)].value() +
                         problem_.energy[problem_.LayerIndex(layer, to)].value() +
                         Interpolate(Onward(layer, layer == 0 ? 0 : chain_state, to),
                                     step_ > 0 ? left / step_ : 0.0);
    if (value <= least) {
      least = value;
      best = to;
    }
  }
  if (best < 0 && !may_force) {
    // Only the exactly summed way from the start meets the deadline, by a rounding.
    return fastest_path_[static_cast<size_t>(layer)];
  }
  return best;
}

}  // namespace edgebert
