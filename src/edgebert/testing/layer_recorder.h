#ifndef EDGEBERT_TESTING_LAYER_RECORDER_H_
#define EDGEBERT_TESTING_LAYER_RECORDER_H_

#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "edgebert/engine/encoder.h"

namespace edgebert::testing {

/// Keeps the states of every layer, the embedding first, and the logits of every off-ramp.
class LayerRecorder : public LayerObserver {
 public:
  void OnLayer(const LayerView& view) override {
    layers.push_back(view.layer);
    states.push_back(
        view.executor.Values(view.layer == 0 ? Slot::kLayerInput : Slot::kLayerOutput));
    if (!view.logits.empty()) {
      logits.emplace_back(view.logits.begin(), view.logits.end());
    }
  }

  std::vector<int> layers;
  std::vector<std::vector<float>> states;
  std::vector<std::vector<float>> logits;
};

/// The largest absolute difference; infinite where lengths differ or a value is not finite.
template <typename A, typename B>
double LargestDifference(const std::vector<A>& a, const std::vector<B>& b) {
  if (a.size() != b.size()) {
    return std::numeric_limits<double>::infinity();
  }
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double difference = std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    largest = std::isfinite(difference) ? std::max(largest, difference)
                                        : std::numeric_limits<double>::infinity();
    if (!std::isfinite(largest)) {
      break;
    }
  }
  return largest;
}

}  // namespace edgebert::testing

#endif  // EDGEBERT_TESTING_LAYER_RECORDER_H_
