#ifndef EDGEBERT_POWER_EXIT_STATISTICS_H_
#define EDGEBERT_POWER_EXIT_STATISTICS_H_

#include <span>
#include <vector>

#include "edgebert/power/adaptive_plan.h"

namespace edgebert {

/// A sentence that was followed to its exit: what schedules are planned on.
struct ObservedSentence {
  int exit_layer = 0;             ///< From 1: where its own entropies let it leave.
  int predicted_layer = 0;        ///< From 1; 0 where there is no prediction.
  std::vector<double> entropies;  ///< [layers], nats; NaN where a layer has no off-ramp.
};

/// Which bin an entropy falls in, layer by layer.
struct EntropyBins {
  std::vector<std::vector<double>> edges;  ///< [layers]: ascending.

  /// `layer` from 0. An entropy that is no number falls in bin 0.
  int BinOf(int layer, double entropy) const;
};

/// How sentences of one class are expected to leave. All shares are of all sentences.
struct ExitStatistics {
  std::vector<double> survival;  ///< [layers]: share that runs each layer; the first is 1.
  /// [layers + 1][layers]: share that runs a layer and was predicted to leave at layer k, k from 1.
  /// Empty where there are no predictions.
  std::vector<std::vector<double>> by_predicted_layer;
  /// [bins][layers]: share that runs a layer and whose first entropy falls in a bin.
  std::vector<std::vector<double>> by_first_entropy;
  EntropyBins bins;
  ExitChain chain;  ///< Its states are the bins.
};

/// Layers that nobody reached count as reached by this share, so that a plan hurries there rather
/// than not caring.
inline constexpr double kLeastSurvival = 1e-9;

/// Bins have at least 12 sentences each; there are at most 6 a layer.
ExitStatistics BuildExitStatistics(std::span<const ObservedSentence> sentences, int num_layers);

}  // namespace edgebert

#endif  // EDGEBERT_POWER_EXIT_STATISTICS_H_
