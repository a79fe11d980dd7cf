#include "edgebert/power/sentence_cost.h"

namespace edgebert {

SentenceCost CostOf(const PowerModel& model, const SentenceWork& work,
                    std::span<const OperatingPoint> points) {
  SentenceCost cost;
  cost.points.assign(points.begin(), points.end());
  for (size_t i = 0; i < points.size(); ++i) {
    const LayerWork& layer = work.layers[i];
    if (i > 0) {
      const Transition transition = model.TransitionCost(points[i - 1], points[i]);
      cost.latency += transition.time();
      cost.account += transition.energy;
    }
    cost.latency += model.TimeOf(layer, points[i]);
    cost.account += model.EnergyOf(layer, points[i]);
  }
  return cost;
}

SentenceCost ConventionalCost(const PowerModel& model, const SentenceWork& work) {
  return CostOf(model, work,
                std::vector<OperatingPoint>(work.layers.size(), model.points.nominal()));
}

Seconds FullDepthTime(const PowerModel& model, const SentenceWork& work) {
  Seconds time;
  for (const LayerWork& layer : work.layers) {
    time += model.TimeOf(layer, model.points.nominal());
  }
  return time;
}

}  // namespace edgebert
