#include "edgebert/pipeline/exit_sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "edgebert/pipeline/classifier.h"
#include "edgebert/text/encode_text.h"

namespace edgebert {
namespace {

/// Slack for comparing accuracies that are quotients of whole numbers.
constexpr double kRounding = 1e-9;

/// From `lowest` to `highest`, a fixed factor apart.
std::vector<double> Geometric(double lowest, double highest, int steps) {
  std::vector<double> values;
  for (int i = 0; i <= steps; ++i) {
    values.push_back(lowest * std::pow(highest / lowest, static_cast<double>(i) / steps));
  }
  return values;
}

/// Settings from the most cautious to the most eager; finer where sure answers are told apart.
std::vector<ExitRuleSetting> Settings(ExitRuleKind kind, const ModelConfig& config) {
  constexpr int kSteps = 120;
  constexpr int kWindows = 4;
  constexpr double kLeast = 1e-4;  // Nats, or the probability of all other classes.
  const int off_ramps = static_cast<int>(config.off_ramp_layers.size());
  const double classes = config.num_classes();
  std::vector<ExitRuleSetting> settings;
  const auto add_confidences = [&](int window) {
    for (const double doubt : Geometric(kLeast, 1 - 1 / classes, kSteps)) {
      settings.push_back({kind, 1 - doubt, window});
    }
  };
  switch (kind) {
    case ExitRuleKind::kEntropy:
    case ExitRuleKind::kPredicted:
    case ExitRuleKind::kScaledEntropy:
      for (const double entropy : Geometric(kLeast, std::log(classes), kSteps)) {
        settings.push_back({kind, entropy, 1});
      }
      break;
    case ExitRuleKind::kMaxProbability:
      add_confidences(1);
      break;
    case ExitRuleKind::kPatience:
      for (int agreeing = off_ramps; agreeing >= 1; --agreeing) {
        settings.push_back({kind, 0, agreeing});
      }
      break;
    case ExitRuleKind::kMeanConfidence:
    case ExitRuleKind::kMinConfidence:
      for (int window = 2; window <= std::min(kWindows, off_ramps); ++window) {
        add_confidences(window);
      }
      break;
  }
  return settings;
}

}  // namespace

std::string_view ExitRuleName(ExitRuleKind kind) {
  switch (kind) {
    case ExitRuleKind::kEntropy:
      return "entropy";
    case ExitRuleKind::kScaledEntropy:
      return "scaled-entropy";
    case ExitRuleKind::kMaxProbability:
      return "max-probability";
    case ExitRuleKind::kPatience:
      return "patience";
    case ExitRuleKind::kMeanConfidence:
      return "mean-confidence";
    case ExitRuleKind::kMinConfidence:
      return "min-confidence";
    case ExitRuleKind::kPredicted:
      return "predicted";
  }
  return "unknown";
}

std::string Describe(const ExitRuleSetting& setting) {
  const std::string_view name = ExitRuleName(setting.kind);
  switch (setting.kind) {
    case ExitRuleKind::kEntropy:
    case ExitRuleKind::kScaledEntropy:
    case ExitRuleKind::kPredicted:
      return fmt::format("{} < {:.4g} nats", name, setting.threshold);
    case ExitRuleKind::kMaxProbability:
      return fmt::format("{} > {:.5g}", name, setting.threshold);
    case ExitRuleKind::kPatience:
      return fmt::format("{} {}", name, setting.window);
    case ExitRuleKind::kMeanConfidence:
    case ExitRuleKind::kMinConfidence:
      return fmt::format("{} of {} > {:.5g}", name, setting.window, setting.threshold);
  }
  return std::string(name);
}

Result<std::unique_ptr<ExitRule>> MakeExitRule(const ExitRuleSetting& setting,
                                               const ExitSettings& exits,
                                               const ModelConfig& config) {
  using Over = ConfidenceWindowExitRule::Over;
  std::unique_ptr<ExitRule> rule;
  switch (setting.kind) {
    case ExitRuleKind::kEntropy:
      rule = std::make_unique<EntropyExitRule>(setting.threshold);
      break;
    case ExitRuleKind::kScaledEntropy:
      rule = std::make_unique<EntropyExitRule>(ExitThresholds(setting.threshold, exits, config));
      break;
    case ExitRuleKind::kMaxProbability:
      rule = std::make_unique<MaxProbabilityExitRule>(setting.threshold);
      break;
    case ExitRuleKind::kPatience:
      rule = std::make_unique<PatienceExitRule>(setting.window);
      break;
    case ExitRuleKind::kMeanConfidence:
      rule = std::make_unique<ConfidenceWindowExitRule>(Over::kMean, setting.window,
                                                        setting.threshold);
      break;
    case ExitRuleKind::kMinConfidence:
      rule = std::make_unique<ConfidenceWindowExitRule>(Over::kMinimum, setting.window,
                                                        setting.threshold);
      break;
    case ExitRuleKind::kPredicted:
      return MakeExitRule(Policy::kPredicted, Replan::kNever, setting.threshold, exits, config);
  }
  return rule;
}

Result<RecordedExamples> RecordExamples(const ClassifierModel& model,
                                        std::span<const LabelledText> examples,
                                        std::optional<int> max_tokens, const Progress& progress) {
  const ModelConfig& config = model.config();
  if (config.off_ramp_layers.empty()) {
    return Unsupported(
        "the model is an encoder without a classifier: it has no labels to choose from");
  }
  if (examples.empty()) {
    return InvalidArgument("there are no examples to run");
  }
  EDGEBERT_ASSIGN_OR_RETURN(const size_t most_tokens, ResolveMaxTokens(max_tokens, config));
  EncoderSession session(model.encoder());
  RecordedExamples recorded;
  for (size_t i = 0; i < examples.size(); ++i) {
    const LabelledText& example = examples[i];
    if (example.label < 0 || example.label >= config.num_classes()) {
      return InvalidArgument(fmt::format("example {}: label {} of a model with {} classes", i + 1,
                                         example.label, config.num_classes()));
    }
    const Result<Encoding> encoding =
        EncodeText(model.tokenizer(), example.text, example.pair, most_tokens);
    if (!encoding.ok()) {
      return encoding.status().WithContext(fmt::format("example {}", i + 1));
    }
    EDGEBERT_ASSIGN_OR_RETURN(recorded.records.emplace_back(), RecordFullDepth(session, *encoding));
    recorded.labels.push_back(example.label);
    if (progress && !progress(i + 1, examples.size())) {
      return Cancelled("stopped");
    }
  }
  return recorded;
}

ExitPoint ReplayExits(const RecordedExamples& examples, const ExitRuleSetting& setting,
                      ExitRule& rule) {
  size_t correct = 0;
  double layers = 0;
  for (size_t i = 0; i < examples.records.size(); ++i) {
    const FullDepthRecord& record = examples.records[i];
    const size_t exit = record.ReplayExit(rule);
    correct += record.labels[exit] == examples.labels[i];
    layers += record.layers[exit];
  }
  const auto count = static_cast<double>(examples.records.size());
  return {setting, static_cast<double>(correct) / count, layers / count};
}

Result<ExitSweep> SweepExits(const RecordedExamples& examples, const ExitSettings& exits,
                             const ModelConfig& config) {
  ExitSweep sweep;
  sweep.examples = examples.records.size();
  sweep.num_layers = config.num_layers;
  EntropyExitRule never(0);
  sweep.full_depth_accuracy = ReplayExits(examples, {}, never).accuracy;
  for (const ExitRuleKind kind : kExitRuleKinds) {
    if (kind == ExitRuleKind::kPredicted && (!exits.predictor || !config.HasOffRamp(1))) {
      continue;
    }
    if (kind == ExitRuleKind::kScaledEntropy && exits.off_ramp_scales.empty()) {
      continue;
    }
    for (const ExitRuleSetting& setting : Settings(kind, config)) {
      EDGEBERT_ASSIGN_OR_RETURN(const std::unique_ptr<ExitRule> rule,
                                MakeExitRule(setting, exits, config));
      sweep.points.push_back(ReplayExits(examples, setting, *rule));
    }
  }
  return sweep;
}

std::optional<ExitPoint> EarliestWithin(const ExitSweep& sweep, ExitRuleKind kind,
                                        double max_loss) {
  std::optional<ExitPoint> best;
  for (const ExitPoint& point : sweep.points) {
    if (point.setting.kind == kind &&
        point.accuracy >= sweep.full_depth_accuracy - max_loss - kRounding &&
        (!best || point.mean_exit_layer < best->mean_exit_layer)) {
      best = point;
    }
  }
  return best;
}

std::vector<ExitPoint> ParetoFront(const ExitSweep& sweep, ExitRuleKind kind) {
  std::vector<ExitPoint> points;
  std::copy_if(sweep.points.begin(), sweep.points.end(), std::back_inserter(points),
               [&](const ExitPoint& point) { return point.setting.kind == kind; });
  std::sort(points.begin(), points.end(), [](const ExitPoint& a, const ExitPoint& b) {
    return std::pair(a.mean_exit_layer, -a.accuracy) < std::pair(b.mean_exit_layer, -b.accuracy);
  });
  double best = -1;
  std::erase_if(points, [&](const ExitPoint& point) {
    const bool is_bettered = point.accuracy <= best;
    best = std::max(best, point.accuracy);
    return is_bettered;
  });
  return points;
}

}  // namespace edgebert
