#ifndef EDGEBERT_PIPELINE_TRACE_STUDY_H_
#define EDGEBERT_PIPELINE_TRACE_STUDY_H_

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/base/units.h"
#include "edgebert/engine/entropy_trace.h"
#include "edgebert/pipeline/cost_estimator.h"
#include "edgebert/pipeline/exit_sample.h"
#include "edgebert/pipeline/schedule.h"
#include "edgebert/power/energy_account.h"
#include "edgebert/power/latency_target.h"
#include "edgebert/power/policy.h"

namespace edgebert {

/// A trace with what may be known beside it.
struct TraceInput {
  EntropyTrace entropies;
  std::vector<int> tokens;  ///< [sentences]
  /// [sentences × (1 + layers)]: the right class, then the class that each layer's off-ramp says.
  /// Empty where they are not known.
  std::vector<int> labels;
};

/// What schedules are planned on.
enum class PlanOn : uint8_t {
  kHalves,  ///< Odd rows on even ones and the other way round.
  kSelf,    ///< All rows on all: optimistic.
  kOther,   ///< Another trace.
};

struct TraceStudyOptions {
  double threshold_nats = 0;
  std::optional<LatencyTarget> latency_target = std::nullopt;
  Boundary boundary = Boundary::kSystem;
  PlanOn plan_on = PlanOn::kHalves;
  Replan replan = Replan::kNever;  ///< Of `paced`.
  double max_forced = 0;           ///< Of `paced`.
  /// Policies that predict need it. Must outlive the study.
  const PredictorTable* predictor = nullptr;
  PredictedExitOptions predicted = {};  ///< How `predicted` is carried out.
};

/// Energies at both sides of the voltage regulator; each is that of the schedules planned for it.
struct BothSides {
  Joules supply;
  Joules load;
};

/// What a policy does with a trace. Energies, latencies and targets are means over the sentences.
struct TraceFigures {
  size_t sentences = 0;
  double mean_exit_layer = 0;
  std::vector<size_t> exit_histogram;  ///< [layers]
  Seconds latency_target;
  Seconds latency;
  size_t forced = 0;  ///< Sentences that left before their entropy said so.
  size_t misses = 0;  ///< Sentences that took longer than their target.
  BothSides energy;
  std::optional<double> accuracy;
};

/// Replays policies on the entropies of sentences that somebody else's model has seen, with the
/// times and energies of an accelerator.
class TraceStudy {
 public:
  /// `costs` must be of as many layers as the trace and outlive the study. `other` is what to plan
  /// on with PlanOn::kOther. Errors: no sentences; sizes that do not agree; token counts outside
  /// [1, max_tokens]; labels that are negative.
  static Result<TraceStudy> Create(TraceInput input, const CostEstimator& costs, int max_tokens,
                                   const TraceStudyOptions& options,
                                   std::optional<TraceInput> other = std::nullopt);

  /// kInfeasible when a sentence's target cannot be met at full depth; kInvalidArgument for a
  /// policy that predicts without a predictor.
  Result<TraceFigures> Run(Policy policy) const;

 private:
  TraceStudy(TraceInput input, const CostEstimator& costs, const TraceStudyOptions& options)
      : input_(std::move(input)), costs_(&costs), options_(options) {}

  Status Replay(Policy policy, EnergySide side, TraceFigures& figures) const;
  /// The sentences to plan on, for odd (0) or even (1) rows counted from 1.
  ExitSample PlanningSample(size_t parity) const;

  TraceInput input_;
  const CostEstimator* costs_;
  TraceStudyOptions options_;
  std::vector<ObservedSentence> observed_;  ///< [sentences]
  std::vector<int> predicted_exits_;        ///< [sentences]; empty without predictor.
  ExitSample other_;
};

/// Parses a token count a line. `name` stands for the file in errors.
Result<std::vector<int>> ParseTokenCounts(std::string_view text, const std::string& name);

/// Parses rows of 1 + num_layers comma-separated classes: the right one, and what each layer's
/// off-ramp says.
Result<std::vector<int>> ParseTraceLabels(std::string_view text, int num_layers,
                                          const std::string& name);

}  // namespace edgebert

#endif  // EDGEBERT_PIPELINE_TRACE_STUDY_H_
