#ifndef EDGEBERT_ENGINE_ENTROPY_TRACE_H_
#define EDGEBERT_ENGINE_ENTROPY_TRACE_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/engine/exit_rule.h"

namespace edgebert {

/// Entropies (nats) at every layer of many sentences, as the authors publish them.
struct EntropyTrace {
  int num_layers = 0;
  std::vector<double> entropies;  ///< [sentences × num_layers]

  /// 1 … num_layers: every layer has an off-ramp.
  std::vector<int> Layers() const;
  size_t num_sentences() const { return entropies.size() / static_cast<size_t>(num_layers); }
  std::span<const double> Sentence(size_t index) const {
    const auto width = static_cast<size_t>(num_layers);
    return std::span(entropies).subspan(index * width, width);
  }
};

/// Parses comma-separated rows of equal length, one a sentence. Ragged rows, entries that are not
/// numbers, negative or above ln(classes) + 1e-6 are errors that name line and column; `name`
/// stands for the file in them.
Result<EntropyTrace> ParseEntropyTrace(std::string_view csv, int num_classes,
                                       const std::string& name);

/// Parses a predictor table as the authors publish it: a row is a first-layer entropy and the
/// entropies predicted for layers 2, 3, ….
Result<PredictorTable> ParsePredictorCsv(std::string_view csv, const std::string& name);

/// The exit layer, from 1, of every sentence of the trace under a rule.
std::vector<int> ReplayExits(const EntropyTrace& trace, ExitRule& rule);

}  // namespace edgebert

#endif  // EDGEBERT_ENGINE_ENTROPY_TRACE_H_
