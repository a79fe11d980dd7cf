#include "edgebert/pipeline/exit_sample.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

namespace edgebert {

ObservedSentence ObserveSentence(std::span<const double> entropies,
                                 const ExitThresholds& thresholds, PredictedExitRule* predictor) {
  ObservedSentence sentence;
  sentence.entropies.assign(entropies.begin(), entropies.end());
  sentence.exit_layer = static_cast<int>(entropies.size());
  for (int layer = 1; layer < sentence.exit_layer; ++layer) {
    // Never so for the NaN of a layer without off-ramp.
    if (entropies[static_cast<size_t>(layer - 1)] < thresholds.at(layer)) {
      sentence.exit_layer = layer;
    }
  }
  if (predictor != nullptr && !std::isnan(entropies.front())) {
    predictor->Begin();
    predictor->ShouldExit({1, entropies.front()});
    sentence.predicted_layer = predictor->predicted_layer().value_or(0);
  }
  return sentence;
}

ExitSample SampleOfRecord(const ExitSettings& exits, const ModelConfig& config,
                          double threshold_nats) {
  ExitSample sample;
  if (!exits.record) {
    return sample;
  }
  const ExitThresholds thresholds(threshold_nats, exits, config);
  std::optional<PredictedExitRule> predictor;
  if (exits.predictor && config.HasOffRamp(1)) {
    predictor.emplace(thresholds, *exits.predictor, config.off_ramp_layers);
  }
  const size_t off_ramps = config.off_ramp_layers.size();
  std::vector<double> entropies(static_cast<size_t>(config.num_layers), std::nan(""));
  for (size_t i = 0; i < exits.record->tokens.size(); ++i) {
    for (size_t ramp = 0; ramp < off_ramps; ++ramp) {
      entropies[static_cast<size_t>(config.off_ramp_layers[ramp] - 1)] =
          double{exits.record->entropies[i * off_ramps + ramp]};
    }
    sample.sentences.push_back(
        ObserveSentence(entropies, thresholds, predictor ? &*predictor : nullptr));
    sample.tokens.push_back(exits.record->tokens[i]);
  }
  return sample;
}

std::vector<ObservedSentence> NearestByTokens(const ExitSample& sample, int tokens, size_t count) {
  std::vector<size_t> order(sample.sentences.size());
  std::iota(order.begin(), order.end(), size_t{0});
  if (count < order.size()) {
    const auto distance = [&](size_t i) { return std::abs(sample.tokens[i] - tokens); };
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return distance(a) < distance(b); });
    order.resize(count);
  }
  std::vector<ObservedSentence> nearest;
  nearest.reserve(order.size());
  for (const size_t i : order) {
    nearest.push_back(sample.sentences[i]);
  }
  return nearest;
}

}  // namespace edgebert
