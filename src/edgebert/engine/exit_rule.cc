#include "edgebert/engine/exit_rule.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace edgebert {

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

bool PredictedExitRule::ShouldExit(int layer, double entropy_nats) {
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
