#include "edgebert/power/sentence_cost.h"

namespace edgebert {

SentenceCost CostOf(const PowerModel& model, const SentenceWork& work,
                    std::span<const OperatingPoint> points) {
  SentenceCost cost;
  cost.points.assign(points.begin(), points.end());
  for (size_t i = 0; i < points.size(); ++i) {
    const LayerWork& layer = work.layers[i];
    cost.latency += model.TimeOf(layer, points[i]);
    cost.on_chip_energy += model.OnChipEnergy(layer, points[i]);
    cost.dram_energy += model.DramEnergy(layer);
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
