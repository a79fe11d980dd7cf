#ifndef EDGEBERT_ENGINE_EXIT_RULE_H_
#define EDGEBERT_ENGINE_EXIT_RULE_H_

#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/model/model.h"

namespace edgebert {

/// What an off-ramp says of a sentence, valid during the rule's call only.
struct OffRampView {
  int layer = 0;  ///< From 1.
  double entropy_nats = 0;
  /// [classes]; empty where only entropies were recorded (EntropyTrace), for which the rules that
  /// look at probabilities never leave.
  std::span<const float> logits = {};
};

/// Decides, off-ramp by off-ramp, whether a sentence leaves the encoder. Holds the state of one
/// sentence at a time.
class ExitRule {
 public:
  virtual ~ExitRule() = default;

  /// Forgets the previous sentence.
  virtual void Begin() = 0;

  /// Called after each layer that has an off-ramp, in ascending order. The last layer's answer is
  /// not a question and is not asked.
  virtual bool ShouldExit(const OffRampView& view) = 0;

  /// Whether off-ramps before the last layer are computed at all.
  virtual bool asks() const { return true; }

  /// The layer at which this rule expects the sentence to leave, once it knows; none for rules that
  /// do not predict.
  virtual std::optional<int> predicted_layer() const { return std::nullopt; }
};

/// Never leaves, and spares the off-ramps before the last layer.
class FullDepthExitRule : public ExitRule {
 public:
  void Begin() override {}
  bool ShouldExit(const OffRampView& /*view*/) override { return false; }
  bool asks() const override { return false; }
};

/// The entropy below which a sentence leaves, layer by layer.
class ExitThresholds {
 public:
  /// The same at every layer.
  ExitThresholds(double nats) : nats_(nats) {}
  /// `nats` times the scales that the settings have for a model's off-ramps.
  ExitThresholds(double nats, const ExitSettings& exits, const ModelConfig& config);

  /// In nats; layers from 1.
  double at(int layer) const {
    const auto index = static_cast<size_t>(layer - 1);
    return index < scales_.size() ? nats_ * scales_[index] : nats_;
  }

 private:
  double nats_;
  std::vector<double> scales_;  ///< [layers]; empty: 1 at all.
};

/// Leaves at the first off-ramp whose entropy is below its threshold. A threshold of 0 never
/// leaves.
class EntropyExitRule : public ExitRule {
 public:
  explicit EntropyExitRule(ExitThresholds thresholds) : thresholds_(std::move(thresholds)) {}

  void Begin() override {}
  bool ShouldExit(const OffRampView& view) override {
    return view.entropy_nats < thresholds_.at(view.layer);
  }

 private:
  ExitThresholds thresholds_;
};

/// Leaves at the first off-ramp that gives some class a probability above the threshold. A
/// threshold of 1 never leaves. With two classes this is the entropy rule in another unit.
class MaxProbabilityExitRule : public ExitRule {
 public:
  explicit MaxProbabilityExitRule(double threshold) : threshold_(threshold) {}

  void Begin() override {}
  bool ShouldExit(const OffRampView& view) override;

 private:
  double threshold_;
};

/// Leaves when the last `agreeing` off-ramps have all chosen the same class (PABEE: Zhou et al.,
/// "BERT Loses Patience", NeurIPS 2020, whose patience is `agreeing` - 1). At least 1.
class PatienceExitRule : public ExitRule {
 public:
  explicit PatienceExitRule(int agreeing) : agreeing_(agreeing) {}

  void Begin() override { in_a_row_ = 0; }
  bool ShouldExit(const OffRampView& view) override;

 private:
  int agreeing_;
  int in_a_row_ = 0;
  size_t label_ = 0;
};

/// Leaves when the class that an off-ramp chooses has a probability above the threshold over the
/// last `window` off-ramps, this one included: their mean, or the least of them. Until there are so
/// many it does not leave.
class ConfidenceWindowExitRule : public ExitRule {
 public:
  enum class Over { kMean, kMinimum };

  /// `window` is at least 1, where both are the MaxProbabilityExitRule.
  ConfidenceWindowExitRule(Over over, int window, double threshold)
      : over_(over), window_(static_cast<size_t>(window)), threshold_(threshold) {}

  void Begin() override { probabilities_.clear(); }
  bool ShouldExit(const OffRampView& view) override;

 private:
  Over over_;
  size_t window_;
  double threshold_;
  std::vector<double> probabilities_;  ///< [off-ramps so far × classes]
};

/// How the paper's predicted exit is carried out.
struct PredictedExitOptions {
  /// Reproduces the authors' released code: it never tests its last two layers, so that a
  /// prediction of the last-but-one layer runs to the end.
  bool artifact = false;
  /// Leaves at the predicted layer exactly, without looking at entropies after the first layer:
  /// the layer that voltage scaling plans for.
  bool planned_layer = false;
  /// Predicts, but leaves only where an entropy is below the threshold.
  bool predict_only = false;
};

/// The paper's exit prediction: the first layer's entropy selects the nearest row of a table of
/// later entropies; the first column below the threshold is the predicted layer (the next one with
/// an off-ramp, where it has none), the last layer when there is none. Unless the options say
/// otherwise, a sentence leaves at the predicted layer at the latest, or earlier when an entropy is
/// below the threshold.
class PredictedExitRule : public ExitRule {
 public:
  /// `table` must be valid and outlive the rule; `off_ramp_layers` ascend and end with the
  /// encoder's last layer.
  PredictedExitRule(ExitThresholds thresholds, const PredictorTable& table,
                    std::vector<int> off_ramp_layers, PredictedExitOptions options = {});

  void Begin() override { predicted_layer_.reset(); }
  bool ShouldExit(const OffRampView& view) override;
  std::optional<int> predicted_layer() const override { return predicted_layer_; }

 private:
  int Predict(double first_entropy_nats) const;
  int num_layers() const { return off_ramp_layers_.back(); }

  ExitThresholds thresholds_;
  const PredictorTable& table_;
  std::vector<int> off_ramp_layers_;
  PredictedExitOptions options_;
  std::optional<int> predicted_layer_;
};

/// The row of the table whose first-layer entropy is nearest, the first one on ties.
size_t NearestRow(const PredictorTable& table, double first_entropy_nats);

}  // namespace edgebert

#endif  // EDGEBERT_ENGINE_EXIT_RULE_H_
