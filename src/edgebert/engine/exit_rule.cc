#include "edgebert/engine/exit_rule.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "edgebert/numeric/entropy.h"

namespace edgebert {
namespace {

size_t LargestLogit(std::span<const float> logits) {
  return static_cast<size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

}  // namespace

bool MaxProbabilityExitRule::ShouldExit(const OffRampView& view) {
  if (view.logits.empty()) {
    return false;
  }
  const double largest = view.logits[LargestLogit(view.logits)];
  double total = 0;
  for (const float logit : view.logits) {
    total += std::exp(double{logit} - largest);
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

PredictedExitRule::PredictedExitRule(double threshold_nats, const PredictorTable& table,
                                     std::vector<int> off_ramp_layers, PredictedExitOptions options)
    : threshold_nats_(threshold_nats),
      table_(table),
      off_ramp_layers_(std::move(off_ramp_layers)),
      options_(options) {}

int PredictedExitRule::Predict(double first_entropy_nats) const {
  const size_t row = NearestRow(table_, first_entropy_nats);
  const auto columns = static_cast<size_t>(table_.num_columns);
  for (size_t column = 0; column < columns; ++column) {
    if (table_.later_entropy[row * columns + column] < threshold_nats_) {
      const int layer = *std::lower_bound(off_ramp_layers_.begin(), off_ramp_layers_.end() - 1,
                                          static_cast<int>(column) + 2);
      return options_.artifact && layer >= num_layers() - 1 ? num_layers() : layer;
    }
  }
  return num_layers();
}

bool PredictedExitRule::ShouldExit(const OffRampView& view) {
  const auto [layer, entropy_nats, logits] = view;
  if (!predicted_layer_) {
    if (entropy_nats < threshold_nats_) {
      return true;
    }
    predicted_layer_ = Predict(entropy_nats);
    return !options_.predict_only && layer >= *predicted_layer_;
  }
  if (options_.predict_only) {
    return entropy_nats < threshold_nats_;
  }
  if (options_.artifact && layer >= num_layers() - 1) {
    return false;
  }
  const bool sure = !options_.planned_layer && entropy_nats < threshold_nats_;
  return sure || layer >= *predicted_layer_;
}

}  // namespace edgebert
