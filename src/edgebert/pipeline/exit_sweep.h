#ifndef EDGEBERT_PIPELINE_EXIT_SWEEP_H_
#define EDGEBERT_PIPELINE_EXIT_SWEEP_H_

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/data/labelled_text.h"
#include "edgebert/engine/exit_rule.h"
#include "edgebert/model/model.h"
#include "edgebert/pipeline/classifier_model.h"
#include "edgebert/pipeline/evaluation.h"
#include "edgebert/pipeline/full_depth.h"

namespace edgebert {

/// Which exit rule; engine/exit_rule.h says what each does.
enum class ExitRuleKind {
  kEntropy,        ///< One threshold for all off-ramps.
  kScaledEntropy,  ///< Times the model's scales.
  kMaxProbability,
  kPatience,
  kMeanConfidence,
  kMinConfidence,
  kPredicted,
};
inline constexpr std::array kExitRuleKinds = {
    ExitRuleKind::kEntropy,  ExitRuleKind::kScaledEntropy,  ExitRuleKind::kMaxProbability,
    ExitRuleKind::kPatience, ExitRuleKind::kMeanConfidence, ExitRuleKind::kMinConfidence,
    ExitRuleKind::kPredicted};

/// "entropy", "scaled-entropy", "max-probability", "patience", "mean-confidence", "min-confidence",
/// "predicted".
std::string_view ExitRuleName(ExitRuleKind kind);

/// An exit rule with its parameters.
struct ExitRuleSetting {
  ExitRuleKind kind = ExitRuleKind::kEntropy;
  double threshold = 0;  ///< Nats for entropy and predicted, else a probability; not for patience.
  int window = 1;        ///< Off-ramps that patience and the confidence windows look at.

  bool operator==(const ExitRuleSetting&) const = default;
};

/// "entropy < 0.2", "patience 3", "mean-confidence of 2 > 0.9".
std::string Describe(const ExitRuleSetting& setting);

/// The rule. `exits` must outlive it; an error where `predicted` lacks its table.
Result<std::unique_ptr<ExitRule>> MakeExitRule(const ExitRuleSetting& setting,
                                               const ExitSettings& exits,
                                               const ModelConfig& config);

/// Labelled examples as every off-ramp of a model sees them.
struct RecordedExamples {
  std::vector<FullDepthRecord> records;
  std::vector<int> labels;  ///< [records]: the right ones.
};

/// Runs all layers of every example. Errors name the example: no text, a label that the model has
/// not, a model without off-ramps.
Result<RecordedExamples> RecordExamples(const ClassifierModel& model,
                                        std::span<const LabelledText> examples,
                                        std::optional<int> max_tokens = std::nullopt,
                                        const Progress& progress = {});

/// How a setting does on recorded examples.
struct ExitPoint {
  ExitRuleSetting setting;
  double accuracy = 0;
  double mean_exit_layer = 0;
};

ExitPoint ReplayExits(const RecordedExamples& examples, const ExitRuleSetting& setting,
                      ExitRule& rule);

/// All rules that the model allows over their parameters.
struct ExitSweep {
  size_t examples = 0;
  int num_layers = 0;
  double full_depth_accuracy = 0;
  std::vector<ExitPoint> points;  ///< By rule, windows ascending, the most eager setting last.
};
Result<ExitSweep> SweepExits(const RecordedExamples& examples, const ExitSettings& exits,
                             const ModelConfig& config);

/// Of the rule's points that lose at most `max_loss` (a share, 0.01 for one point) of full depth's
/// accuracy, the one with the lowest mean exit layer; nothing where none is within it.
std::optional<ExitPoint> EarliestWithin(const ExitSweep& sweep, ExitRuleKind kind, double max_loss);

/// The points of the rule that no other point of it betters in accuracy and mean exit layer alike,
/// by ascending mean exit layer.
std::vector<ExitPoint> ParetoFront(const ExitSweep& sweep, ExitRuleKind kind);

}  // namespace edgebert

#endif  // EDGEBERT_PIPELINE_EXIT_SWEEP_H_
