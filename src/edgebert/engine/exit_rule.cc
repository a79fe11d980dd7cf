#include "edgebert/engine/exit_rule.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "edgebert/numeric/entropy.h"
#include "edgebert/numeric/exp_log.h"

namespace edgebert {
namespace {

size_t LargestLogit(std::span<const float> logits) {
  return static_cast<size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

}  // namespace

ExitThresholds::ExitThresholds(double nats, const ExitSettings& exits, const ModelConfig& config)
    : nats_(nats) {
  if (exits.off_ramp_scales.empty()) {
    return;
  }
  scales_.assign(static_cast<size_t>(config.num_layers), 1.0);
  for (size_t ramp = 0; ramp < exits.off_ramp_scales.size(); ++ramp) {
    scales_[static_cast<size_t>(config.off_ramp_layers[ramp] - 1)] =
        double{exits.off_ramp_scales[ramp]};
  }
}

bool MaxProbabilityExitRule::ShouldExit(const OffRampView& view) {
  if (view.logits.empty()) {
    return false;
  }
  const double largest = view.logits[LargestLogit(view.logits)];
  double total = 0;
  for (const float logit : view.logits) {
    total += ExpOfNonPositive(double{logit} - largest);
  }
  return 1 / total > threshold_;
}

bool PatienceExitRule::ShouldExit(const OffRampView& view) {
  if (view.logits.empty()) {
    return false;
  }
  const size_t label = LargestLogit(view.logits);
  in_a_row_ = in_a_row_ > 0 && label == label_ ? in_a_row_ + 1 : 1;
  label_ = label;
  return in_a_row_ >= agreeing_;
}

bool ConfidenceWindowExitRule::ShouldExit(const OffRampView& view) {
  const size_t classes = view.logits.size();
  if (classes == 0) {
    return false;
  }
  AppendSoftmax(view.logits, probabilities_);
  const size_t seen = probabilities_.size() / classes;
  if (seen < window_) {
    return false;
  }
  const size_t label = LargestLogit(view.logits);
  double total = 0;
  double least = 1;
  for (size_t off_ramp = seen - window_; off_ramp < seen; ++off_ramp) {
    const double probability = probabilities_[off_ramp * classes + label];
    total += probability;
    least = std::min(least, probability);
  }
  return (over_ == Over::kMean ? total / static_cast<double>(window_) : least) > threshold_;
}

size_t NearestRow(const PredictorTable& table, double first_entropy_nats) {
  size_t nearest = 0;
  double least = std::fabs(table.first_entropy[0] - first_entropy_nats);
  for (size_t row = 1; row < table.first_entropy.size(); ++row) {
    const double distance = std::fabs(table.first_entropy[row] - first_entropy_nats);
    if (distance < least) {
      least = distance;
      nearest = row;
    }
  }
  return nearest;
}

PredictedExitRule::PredictedExitRule(ExitThresholds thresholds, const PredictorTable& table,
                                     std::vector<int> off_ramp_layers, PredictedExitOptions options)
    : thresholds_(std::move(thresholds)),
      table_(table),
      off_ramp_layers_(std::move(off_ramp_layers)),
      options_(options) {}

int PredictedExitRule::Predict(double first_entropy_nats) const {
  const size_t row = NearestRow(table_, first_entropy_nats);
  const auto columns = static_cast<size_t>(table_.num_columns);
  for (size_t column = 0; column < columns; ++column) {
    const int predicted = static_cast<int>(column) + 2;
    if (table_.later_entropy[row * columns + column] < thresholds_.at(predicted)) {
      const int layer =
          *std::lower_bound(off_ramp_layers_.begin(), off_ramp_layers_.end() - 1, predicted);
      return options_.artifact && layer >= num_layers() - 1 ? num_layers() : layer;
    }
  }
  return num_layers();
}

bool PredictedExitRule::ShouldExit(const OffRampView& view) {
  const int layer = view.layer;
  const bool is_sure = view.entropy_nats < thresholds_.at(layer);
  if (!predicted_layer_) {
    if (is_sure) {
      return true;
    }
    predicted_layer_ = Predict(view.entropy_nats);
    return !options_.predict_only && layer >= *predicted_layer_;
  }
  if (options_.predict_only) {
    return is_sure;
  }
  if (options_.artifact && layer >= num_layers() - 1) {
    return false;
  }
  return (is_sure && !options_.planned_layer) || layer >= *predicted_layer_;
}

}  // namespace edgebert
