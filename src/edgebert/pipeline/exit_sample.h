#ifndef EDGEBERT_PIPELINE_EXIT_SAMPLE_H_
#define EDGEBERT_PIPELINE_EXIT_SAMPLE_H_

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "edgebert/engine/entropy_trace.h"
#include "edgebert/engine/exit_rule.h"
#include "edgebert/model/model.h"
#include "edgebert/power/exit_statistics.h"

namespace edgebert {

/// Sentences that were followed to full depth: what schedules are planned on.
struct ExitSample {
  std::vector<ObservedSentence> sentences;
  std::vector<int> tokens;  ///< [sentences]
};

/// The sentences that a model was calibrated on, with the exits that a threshold gives and, where
/// the model has a predictor, the predicted layers.
ExitSample SampleOfRecord(const ExitSettings& exits, const ModelConfig& config,
                          double threshold_nats);

/// A sentence of a trace: its exit at the thresholds and, with a predictor, its predicted layer.
ObservedSentence ObserveSentence(std::span<const double> entropies,
                                 const ExitThresholds& thresholds, PredictedExitRule* predictor);

/// The `count` sentences whose token counts are nearest, or all: few sentences have exactly as many
/// tokens as another, and neighbours behave alike.
std::vector<ObservedSentence> NearestByTokens(const ExitSample& sample, int tokens, size_t count);

}  // namespace edgebert

#endif  // EDGEBERT_PIPELINE_EXIT_SAMPLE_H_
