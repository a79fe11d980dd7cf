#include "edgebert/power/scheduler.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace edgebert {
namespace {

constexpr int kArtifactBins = 16;

/// The released hardware looks voltage codes up by bin, but says nowhere what the codes mean: here
/// the bins are spread evenly over the operating points, the uncertain ones on top.
int ArtifactPoint(int bin, int num_points) {
  return (2 * bin * (num_points - 1) + (kArtifactBins - 1)) / (2 * (kArtifactBins - 1));
}

}  // namespace

int ArtifactDvfsBin(double entropy_nats) {
  constexpr std::array<double, kArtifactBins - 1> kThresholds = {
      256, 512, 1024, 2048, 3072, 4096, 5120, 6144, 8192, 10240, 12288, 16384, 20480, 24576, 28672};
  const double scaled = std::floor(entropy_nats * 1024);
  return static_cast<int>(std::upper_bound(kThresholds.begin(), kThresholds.end(), scaled) -
                          kThresholds.begin());
}

Scheduler::Scheduler(std::shared_ptr<const SchedulePlan> plan) : plan_(std::move(plan)) { Begin(); }

void Scheduler::Begin() {
  path_ = &plan_->path();
  state_ = InitialState(plan_->problem());
  chain_state_ = 0;
  artifact_point_ = plan_->problem().nominal_point;
  points_.clear();
}

void Scheduler::SetExitLayer(int layer) {
  if (plan_->options().policy == Policy::kOracle) {
    path_ = &plan_->paths_by_key()[static_cast<size_t>(
        std::clamp(layer, 1, plan_->problem().num_layers))];
  }
}

std::optional<int> Scheduler::NextPoint() {
  const auto layer = static_cast<size_t>(state_.layers_done);
  int point = -1;
  if (layer >= static_cast<size_t>(plan_->problem().num_layers)) {
    return std::nullopt;
  }
  if (plan_->adaptive()) {
    point = plan_->adaptive()->PointFor(state_, chain_state_);
  } else if (plan_->options().policy == Policy::kArtifactDvfs) {
    point = artifact_point_;
  } else if (layer < path_->size()) {
    point = (*path_)[layer];
  }
  if (point < 0) {
    return std::nullopt;
  }
  state_ = After(plan_->problem(), state_, point);
  points_.push_back(point);
  return point;
}

void Scheduler::Observe(std::optional<double> entropy_nats, std::optional<int> predicted_layer) {
  const int layer = state_.layers_done - 1;
  if (plan_->adaptive()) {
    chain_state_ = plan_->bins().BinOf(layer, entropy_nats.value_or(std::nan("")));
    return;
  }
  if (plan_->options().policy == Policy::kArtifactDvfs && entropy_nats) {
    artifact_point_ = ArtifactPoint(ArtifactDvfsBin(*entropy_nats), plan_->problem().num_points);
  }
  if (layer != 0 || plan_->paths_by_key().empty() || plan_->options().policy == Policy::kOracle) {
    return;
  }
  if (plan_->options().replan == Replan::kFirstEntropy) {
    const int bin = plan_->bins().BinOf(0, entropy_nats.value_or(std::nan("")));
    path_ = &plan_->paths_by_key()[static_cast<size_t>(bin)];
  } else if (predicted_layer) {
    path_ = &plan_->paths_by_key()[static_cast<size_t>(
        std::clamp(*predicted_layer, 1, plan_->problem().num_layers))];
  }
}

}  // namespace edgebert
