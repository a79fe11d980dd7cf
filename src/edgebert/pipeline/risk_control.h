#ifndef EDGEBERT_PIPELINE_RISK_CONTROL_H_
#define EDGEBERT_PIPELINE_RISK_CONTROL_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/model/model.h"
#include "edgebert/pipeline/exit_sweep.h"

/// Thresholds with a promise: learn-then-test (Angelopoulos et al., "Learn then Test", 2021) on the
/// accuracy that early exit loses against full depth.
namespace edgebert {

/// What a threshold must keep to.
struct RiskOptions {
  double max_loss = 0.01;    ///< Of accuracy against full depth, as a share; in (0, 1).
  double confidence = 0.95;  ///< With which it is kept; in (0, 1).
  bool per_class = false;    ///< Also among the sentences of each class.
  /// Fits scales of the threshold by off-ramp (pipeline/off_ramp_scales.h) on every third example,
  /// which the promise is then not tested on.
  bool scale_off_ramps = true;
};

/// An error unless both shares lie between 0 and 1.
Status CheckRiskOptions(const RiskOptions& options);

/// Tests by betting that the mean of the distribution is not above `bound`: losses of -1, 0 or 1
/// that are independent draws. True wrongly with probability at most 1 - `confidence`, for any
/// distribution and any number of draws. The capital is that of Waudby-Smith and Ramdas
/// ("Estimating means of bounded random variables by betting", 2024), with their predictable
/// plug-in bets against a mean of `bound` or more; it passes 1 / (1 - confidence) that seldom by
/// Ville's inequality.
bool MeanIsAtMost(std::span<const int8_t> losses, double bound, double confidence);

/// What each entropy threshold does to each of the sentences.
struct ThresholdOutcomes {
  std::vector<double> thresholds;  ///< Ascending: 0 (full depth), then the most cautious first.
  std::vector<int> labels;         ///< [sentences]: the right ones.
  /// [thresholds × sentences]: 1 where only full depth is right, -1 where only the exit is.
  std::vector<int8_t> losses;
  std::vector<uint8_t> exit_layers;  ///< [thresholds × sentences]

  size_t sentences() const { return labels.size(); }
  /// Means over all sentences at a threshold.
  double MeanLoss(size_t threshold) const;
  double MeanExitLayer(size_t threshold) const;
};

/// Tabulates thresholds up to the largest entropy of so many classes, finer where it is small. All
/// of them are numbers of few digits, which a model file holds as they are.
/// The thresholds are multiplied with the scales of `exits`.
ThresholdOutcomes TabulateThresholds(const RecordedExamples& examples, const ExitSettings& exits,
                                     const ModelConfig& config);

/// The most eager threshold, as an index, that keeps to `options` by the sentences of `sample`
/// (indices, repeated ones allowed): thresholds are tested from the most cautious on, each at the
/// full level, until one is not accepted (fixed-sequence testing). 0 where none is.
size_t ChooseThreshold(const ThresholdOutcomes& outcomes, std::span<const uint32_t> sample,
                       const RiskOptions& options);

/// How ChooseThreshold() does when the sentences are the population that samples are drawn from.
struct RiskSimulation {
  size_t draws = 0;
  size_t violations = 0;       ///< Draws whose threshold loses more than allowed.
  double mean_exit_layer = 0;  ///< Over draws, of the population.
  size_t hindsight = 0;        ///< Index of the most eager threshold that loses no more.
  double hindsight_exit_layer = 0;
};

/// Draws `draws` samples of as many sentences as there are, with replacement, from a fixed seed.
RiskSimulation SimulateChoice(const ThresholdOutcomes& outcomes, const RiskOptions& options,
                              size_t draws, uint64_t seed);

/// What CalibrateRisk() chose.
struct RiskCalibration {
  double threshold_nats = 0;
  double loss = 0;  ///< On the examples that it was tested on.
  double mean_exit_layer = 0;
  ThresholdOutcomes outcomes;  ///< Of those examples.
};

/// Puts the threshold that ChooseThreshold() gives on the examples into a model, with the scales it
/// goes with, what it promises in words, the exit record and, where the model can have one, the
/// predictor table.
/// `source` says what the examples are.
Result<RiskCalibration> CalibrateRisk(const RecordedExamples& examples, const RiskOptions& options,
                                      const std::string& source, Model& model);

}  // namespace edgebert

#endif  // EDGEBERT_PIPELINE_RISK_CONTROL_H_
