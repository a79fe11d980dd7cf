#ifndef EDGEBERT_REPORT_SENTENCES_H_
#define EDGEBERT_REPORT_SENTENCES_H_

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/data/labelled_text.h"
#include "edgebert/engine/exit_rule.h"
#include "edgebert/pipeline/classifier_model.h"
#include "edgebert/pipeline/evaluation.h"
#include "edgebert/pipeline/exit_sample.h"
#include "edgebert/pipeline/trace_study.h"

namespace edgebert {

/// Sentences as every off-ramp of a model sees them: what policies and thresholds are replayed on.
struct SentenceSet {
  std::string name;  ///< "SST-2 dev", or the trace's file.
  TraceInput input;  ///< Entropies are NaN and labels −1 where a layer has no off-ramp.

  size_t size() const { return input.tokens.size(); }
  int num_layers() const { return input.entropies.num_layers; }
  bool has_labels() const { return !input.labels.empty(); }
  /// Whether what layer `layer` (from 1) answers is right.
  bool IsRight(size_t sentence, int layer) const;
  /// The share of right answers at these exit layers; nothing without labels.
  std::optional<double> Accuracy(std::span<const int> exits) const;
};

/// Runs all layers of every example, on `threads` threads with the same result for any number of
/// them. `progress` may be called from any thread, one at a time.
Result<SentenceSet> RecordSentences(const ClassifierModel& model, std::string name,
                                    std::span<const LabelledText> examples, int threads,
                                    const Progress& progress = {});

/// A published trace and the tokens that its sentences are taken to have. An error where the trace
/// does not have `expected_layers` layers or, with `expected_sentences`, as many sentences as the
/// task has: it is then one of another task or model.
Result<SentenceSet> LoadTrace(const std::filesystem::path& file, int num_classes, int tokens,
                              int expected_layers, std::optional<size_t> expected_sentences,
                              std::string_view task);

/// Where every sentence leaves by itself, and what it is predicted to do.
std::vector<ObservedSentence> ObserveSentences(const SentenceSet& sentences,
                                               const ExitThresholds& thresholds,
                                               PredictedExitRule* predictor = nullptr);

/// The exit layers alone.
std::vector<int> ExitLayers(std::span<const ObservedSentence> observed);

double MeanOf(std::span<const int> numbers);

/// How many leave after each layer. [num_layers]
std::vector<size_t> ExitHistogram(std::span<const int> exits, int num_layers);

}  // namespace edgebert

#endif  // EDGEBERT_REPORT_SENTENCES_H_
