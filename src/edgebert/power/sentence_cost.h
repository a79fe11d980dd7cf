#ifndef EDGEBERT_POWER_SENTENCE_COST_H_
#define EDGEBERT_POWER_SENTENCE_COST_H_

#include <span>
#include <vector>

#include "edgebert/base/units.h"
#include "edgebert/power/energy_account.h"
#include "edgebert/power/operating_point.h"
#include "edgebert/power/power_model.h"

namespace edgebert {

/// What the layers that ran took, changes of the operating point between them included. The first
/// layer's point is set before the sentence arrives and costs it nothing.
struct SentenceCost {
  std::vector<OperatingPoint> points;  ///< Of each layer that ran, from layer 1.
  Seconds latency;
  EnergyAccount account;

  /// The headline: system boundary, at the supply.
  Joules energy() const { return account.At(Boundary::kSystem, EnergySide::kSupply); }
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
