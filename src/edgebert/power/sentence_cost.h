#ifndef EDGEBERT_POWER_SENTENCE_COST_H_
#define EDGEBERT_POWER_SENTENCE_COST_H_

#include <span>
#include <vector>

#include "edgebert/base/units.h"
#include "edgebert/power/operating_point.h"
#include "edgebert/power/power_model.h"

namespace edgebert {

/// What the layers that ran took.
struct SentenceCost {
  std::vector<OperatingPoint> points;  ///< Of each layer that ran, from layer 1.
  Seconds latency;
  Joules on_chip_energy;
  Joules dram_energy;

  Joules energy() const { return on_chip_energy + dram_energy; }
};

/// The cost of running the first points.size() layers, layer l at points[l - 1]. `points` must not
/// be longer than work.layers.
SentenceCost CostOf(const PowerModel& model, const SentenceWork& work,
                    std::span<const OperatingPoint> points);

/// The cost of all layers at the nominal point.
SentenceCost ConventionalCost(const PowerModel& model, const SentenceWork& work);

/// The time of all layers at the nominal point: the shortest feasible latency target.
Seconds FullDepthTime(const PowerModel& model, const SentenceWork& work);

}  // namespace edgebert

#endif  // EDGEBERT_POWER_SENTENCE_COST_H_
