#ifndef EDGEBERT_REPORT_POLICY_JUDGE_H_
#define EDGEBERT_REPORT_POLICY_JUDGE_H_

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/model/config.h"
#include "edgebert/pipeline/cost_estimator.h"
#include "edgebert/pipeline/exit_sample.h"
#include "edgebert/power/exit_statistics.h"
#include "edgebert/power/latency_target.h"
#include "edgebert/power/policy.h"
#include "edgebert/power/problem_of_work.h"
#include "edgebert/power/sentence_cost.h"

namespace edgebert {

/// Sentences that cost the same under every policy that does not look at single entropies.
struct SentenceGroup {
  int tokens = 0;
  int exit_layer = 0;
  int predicted_layer = 0;  ///< 0: none.
  size_t count = 0;
};

/// [sentences] each; ascending by tokens. `predicted` may be empty.
std::vector<SentenceGroup> GroupSentences(std::span<const int> tokens, std::span<const int> exits,
                                          std::span<const int> predicted = {});

/// A token count for each sentence out of at most `classes`: sentences in the order of their length
/// are cut into equal parts, and each gets the mean length of its part, rounded. With 0 classes
/// every sentence keeps its own.
std::vector<int> TokenClasses(std::span<const int> tokens, int classes);

/// When sentences of each length leave, for `paced`: of the kPlanningSentences nearest in length.
using StatisticsByTokens = std::map<int, ExitStatistics>;
StatisticsByTokens BuildStatistics(const ExitSample& sample, std::span<const int> tokens,
                                   int num_layers);

/// An accelerator with a model on it, in plain numbers.
struct CostedDesign {
  PowerModel power;
  std::map<int, SentenceWork> work;              ///< By token count.
  std::map<int, std::vector<Seconds>> roofline;  ///< By token count, of each layer.
  double area_mm2 = 0;                           ///< Weights that live on the chip included.
  Watts idle;                                    ///< Of the weights' memory, between sentences.

  /// For sentences of these lengths. Errors: what CostEstimator::WorkFor() refuses.
  static Result<CostedDesign> Of(const CostEstimator& costs, const ModelConfig& config,
                                 std::span<const int> tokens);
  /// The same for a model of this shape on `hardware` with its weights in `place`.
  static Result<CostedDesign> Of(const Model& shape, const HardwareDescription& hardware,
                                 WeightLocation place, std::span<const int> tokens);
};

/// Of layer `layer` (from 1): its products at one a cycle of each multiplier and the nominal clock,
/// or its weights at full bandwidth, whichever takes longer.
Seconds RooflineOf(const HardwareDescription& hardware, const PowerModel& power,
                   const ModelConfig& config, int tokens, int layer, Bytes streamed);

/// What a policy does with sentences; means over them.
struct PolicyFigures {
  size_t sentences = 0;
  EnergyAccount account;
  Seconds latency;
  Seconds longest;
  Seconds target;
  Seconds roofline;
  double mean_exit_layer = 0;
  double lowest_share = 0;  ///< Sentences all of whose layers ran at the lowest voltage.
  size_t misses = 0;        ///< Later than a target that could be met.
  size_t infeasible = 0;  ///< Sentences whose target cannot be met; they run at the nominal point.

  /// Of both, weighted by their sentences.
  PolicyFigures& operator+=(const PolicyFigures& other);
};

struct JudgeOptions {
  Policy policy = Policy::kPaced;
  std::optional<LatencyTarget> target = std::nullopt;  ///< Unset: twice the full-depth time.
  EnergyMeter meter = {};                              ///< What plans spare.
};

/// Carries a policy out on all sentences. `statistics` may be null for policies but `paced`; it
/// must hold every length. Not for `artifact-dvfs`, which looks at single entropies.
Result<PolicyFigures> JudgePolicy(const CostedDesign& design,
                                  std::span<const SentenceGroup> sentences,
                                  const JudgeOptions& options,
                                  const StatisticsByTokens* statistics);

}  // namespace edgebert

#endif  // EDGEBERT_REPORT_POLICY_JUDGE_H_
