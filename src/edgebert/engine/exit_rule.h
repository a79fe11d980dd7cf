#ifndef EDGEBERT_ENGINE_EXIT_RULE_H_
#define EDGEBERT_ENGINE_EXIT_RULE_H_

#include <optional>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/model/model.h"

namespace edgebert {

/// Decides, off-ramp by off-ramp, whether a sentence leaves the encoder. Holds the state of one
/// sentence at a time.
class ExitRule {
 public:
  virtual ~ExitRule() = default;

  /// Forgets the previous sentence.
  virtual void Begin() = 0;

  /// Called after each layer that has an off-ramp, in ascending order, with the entropy of its
  /// logits. The last layer's answer is not a question and is not asked.
  virtual bool ShouldExit(int layer, double entropy_nats) = 0;

  /// The layer at which this rule expects the sentence to leave, once it knows; none for rules that
  /// do not predict.
  virtual std::optional<int> predicted_layer() const { return std::nullopt; }
};

/// Leaves at the first off-ramp whose entropy is below the threshold. A threshold of 0 never
/// leaves.
class EntropyExitRule : public ExitRule {
 public:
  explicit EntropyExitRule(double threshold_nats) : threshold_nats_(threshold_nats) {}

  void Begin() override {}
  bool ShouldExit(int /*layer*/, double entropy_nats) override {
    return entropy_nats < threshold_nats_;
  }

 private:
  double threshold_nats_;
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
  PredictedExitRule(double threshold_nats, const PredictorTable& table,
                    std::vector<int> off_ramp_layers, PredictedExitOptions options = {});

  void Begin() override { predicted_layer_.reset(); }
  bool ShouldExit(int layer, double entropy_nats) override;
  std::optional<int> predicted_layer() const override { return predicted_layer_; }

 private:
  int Predict(double first_entropy_nats) const;
  int num_layers() const { return off_ramp_layers_.back(); }

  double threshold_nats_;
  const PredictorTable& table_;
  std::vector<int> off_ramp_layers_;
  PredictedExitOptions options_;
  std::optional<int> predicted_layer_;
};

/// The row of the table whose first-layer entropy is nearest, the first one on ties.
size_t NearestRow(const PredictorTable& table, double first_entropy_nats);

}  // namespace edgebert

#endif  // EDGEBERT_ENGINE_EXIT_RULE_H_
