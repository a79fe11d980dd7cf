#ifndef EDGEBERT_PIPELINE_CLASSIFIER_H_
#define EDGEBERT_PIPELINE_CLASSIFIER_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/base/units.h"
#include "edgebert/engine/encoder.h"
#include "edgebert/pipeline/classifier_model.h"
#include "edgebert/pipeline/cost_estimator.h"
#include "edgebert/pipeline/schedule.h"
#include "edgebert/power/energy_account.h"
#include "edgebert/power/latency_target.h"
#include "edgebert/power/policy.h"

namespace edgebert {

/// How texts are classified.
struct ClassifierOptions {
  Policy policy = Policy::kEarlyExitStatic;
  Replan replan = Replan::kNever;  ///< Policy `paced` only.
  /// Unset: twice the time that all layers take at the nominal operating point.
  std::optional<LatencyTarget> latency_target = std::nullopt;
  /// Entropy below which a sentence leaves, in nats; 0 never leaves. Unset: the model's own.
  std::optional<double> threshold_nats = std::nullopt;
  /// Longer texts are truncated. Unset: as many as the model has positions.
  std::optional<int> max_tokens = std::nullopt;
  /// What the energies of answers include.
  Boundary boundary = Boundary::kSystem;
  /// Threads that share a long sentence's work, or a batch's sentences. No label, logit or bit
  /// depends on it.
  int threads = 1;
};

/// What one layer showed and cost.
struct LayerFigures {
  int layer = 0;                       ///< From 1.
  std::optional<double> entropy_nats;  ///< None where the layer has no off-ramp.
  std::vector<float> logits;           ///< [classes]; empty where the layer has no off-ramp.
  Volts voltage;
  Hertz frequency;
};

/// The answer for one text or pair. Latency and energies are estimates of the accelerator.
struct Classification {
  std::string label;
  int label_index = 0;
  double probability = 0;             ///< Of the label.
  std::vector<double> probabilities;  ///< [classes]
  int tokens = 0;                     ///< Special tokens included.
  bool truncated = false;
  int num_layers = 0;  ///< The encoder's depth.
  int exit_layer = 0;
  std::optional<int> predicted_layer;  ///< Policies that predict it only.
  std::vector<LayerFigures> layers;    ///< [exit_layer]
  Seconds latency;
  Seconds latency_target;
  Joules energy;                       ///< Within options.boundary, at the supply.
  Joules conventional_energy;          ///< Likewise; all layers at the nominal point.
  EnergyRange energy_range;            ///< Of `energy`: constants at the ends of their ranges.
  EnergyAccount account;               ///< Of `energy`, by cause; all boundaries.
  EnergyAccount conventional_account;  ///< Of `conventional_energy`.
};

/// A text, or two that belong together.
struct TextInput {
  std::string text;
  std::optional<std::string> pair;
};

/// Classifies texts; for one thread, which may have others help (ClassifierOptions::threads). Cheap
/// to create from a shared model.
class Classifier {
 public:
  /// Errors: a model without off-ramps; fewer than 1 thread; a threshold that is negative or not
  /// finite; max_tokens outside [4, positions]; a policy that predicts the exit layer on a model
  /// without a predictor table or without an off-ramp after layer 1; `paced` on a model without
  /// calibration record.
  static Result<Classifier> Create(std::shared_ptr<const ClassifierModel> model,
                                   ClassifierOptions options = {});

  /// Errors: a text that is empty, holds NUL or is not UTF-8; a latency target that not even the
  /// nominal point meets at full depth (kInfeasible; the message names the shortest feasible one).
  /// `observer`, if any, sees every layer as it runs.
  Result<Classification> Classify(std::string_view text,
                                  std::optional<std::string_view> pair = std::nullopt,
                                  LayerObserver* observer = nullptr);

  /// One result for each input, in order and as Classify() gives it; a bad input does not stop the
  /// others. The encoder takes many sentences at a time, without padding
  /// (EncoderSession::RunBatch).
  std::vector<Result<Classification>> ClassifyBatch(std::span<const TextInput> inputs);

  const ClassifierModel& model() const { return *model_; }
  const ClassifierOptions& options() const { return options_; }
  double threshold_nats() const;
  /// Plans by sentence length, under these options.
  SentencePlanner& planner() { return planner_; }

 private:
  Classifier(std::shared_ptr<const ClassifierModel> model, ClassifierOptions options,
             SentencePlanner planner);

  /// The answer for a text that has been through the encoder.
  Result<Classification> Answer(const Encoding& encoding, const EncoderResult& result,
                                std::vector<LayerFigures> layers);

  std::shared_ptr<const ClassifierModel> model_;
  ClassifierOptions options_;
  EncoderSession session_;
  std::unique_ptr<ExitRule> rule_;
  SentencePlanner planner_;
};

/// The most tokens that a text is cut to: `max_tokens`, or as many as the model has positions. An
/// error outside [4, positions].
Result<size_t> ResolveMaxTokens(std::optional<int> max_tokens, const ModelConfig& config);

/// The planner for a model under these options. Errors: `paced` on a model without a calibration
/// record.
Result<SentencePlanner> MakePlanner(const ClassifierModel& model, const ClassifierOptions& options);

/// The threshold that applies: the options', or the model's own.
double ResolveThreshold(const ClassifierModel& model, const ClassifierOptions& options);

/// The exit rule that a policy asks for. `exits` must outlive it.
Result<std::unique_ptr<ExitRule>> MakeExitRule(Policy policy, Replan replan, double threshold_nats,
                                               const ExitSettings& exits,
                                               const ModelConfig& config);

}  // namespace edgebert

#endif  // EDGEBERT_PIPELINE_CLASSIFIER_H_
