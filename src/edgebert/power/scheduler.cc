#include "edgebert/power/scheduler.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "edgebert/base/text.h"
#include "edgebert/power/sentence_cost.h"

namespace edgebert {
namespace {

/// A shorter target can only be a mistake of units.
constexpr Seconds kShortestTarget(1e-12);

/// `time` in milliseconds with six significant digits, rounded up: a target of that many
/// milliseconds is not shorter than `time`, which must be finite and not below kShortestTarget.
std::string MillisecondsNotBelow(Seconds time) {
  for (double milliseconds = time.value() * 1e3;; milliseconds *= 1 + 2e-6) {
    std::string text = fmt::format("{:.6g}", milliseconds);
    const Result<double> read_back = ParseFiniteNumber(text);
    if (!read_back.ok() || *read_back / 1e3 >= time.value()) {
      return text;
    }
  }
}

}  // namespace

Scheduler::Scheduler(const PowerModel& model, const SentenceWork& work, Policy policy,
                     Seconds target)
    : model_(model),
      work_(work),
      policy_(policy),
      target_(target),
      scaled_point_(model.points.nominal()) {
  if (policy_ == Policy::kEarlyExitStatic) {
    last_scaled_ = static_cast<int>(work_.layers.size());
    scaled_point_ = LowestPoint(first_scaled_, last_scaled_);
  }
}

Result<Scheduler> Scheduler::Create(const PowerModel& model, const SentenceWork& work,
                                    Policy policy, Seconds target) {
  EDGEBERT_RETURN_IF_ERROR(Validate(model));
  EDGEBERT_RETURN_IF_ERROR(Validate(work));
  if (!std::isfinite(target.value()) || target < kShortestTarget) {
    return InvalidArgument(
        fmt::format("the latency target is {} s, it must be finite and at least {} s",
                    target.value(), kShortestTarget.value()));
  }
  const Seconds full_depth = FullDepthTime(model, work);
  if (!std::isfinite(full_depth.value())) {
    return InvalidArgument("the work of a sentence is too large: its time is not finite");
  }
  if (full_depth > target) {
    return Infeasible(fmt::format(
        "a latency target of {:.6g} ms cannot be met: all {} layers take longer at the highest "
        "operating point ({:.6g} V, {:.6g} MHz); the shortest feasible target is {} ms",
        target.value() * 1e3, work.layers.size(), model.points.nominal().voltage.value(),
        model.points.nominal().frequency.value() / 1e6, MillisecondsNotBelow(full_depth)));
  }
  return Scheduler(model, work, policy, target);
}

OperatingPoint Scheduler::PointFor(int layer) const {
  const bool scaled = layer >= first_scaled_ && layer <= last_scaled_;
  return scaled ? scaled_point_ : model_.points.nominal();
}

void Scheduler::SetPredictedExitLayer(int layer) {
  if (policy_ != Policy::kPredicted) {
    return;
  }
  first_scaled_ = 2;
  last_scaled_ = std::min(layer, static_cast<int>(work_.layers.size()));
  scaled_point_ = LowestPoint(first_scaled_, last_scaled_);
}

OperatingPoint Scheduler::LowestPoint(int first, int last) const {
  // Summed layer by layer from the first, as CostOf sums: the same roundings, the same verdict.
  for (const OperatingPoint& point : model_.points.points()) {
    Seconds time;
    for (int layer = 1; layer <= last; ++layer) {
      if (layer == first && layer > 1) {
        time += model_.TransitionCost(model_.points.nominal(), point).time();
      }
      time += model_.TimeOf(work_.layers[static_cast<size_t>(layer - 1)],
                            layer < first ? model_.points.nominal() : point);
    }
    if (time <= target_) {
      return point;
    }
  }
  return model_.points.nominal();
}

}  // namespace edgebert
