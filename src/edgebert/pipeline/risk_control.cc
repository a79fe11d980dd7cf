#include "edgebert/pipeline/risk_control.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <tuple>
#include <utility>

#include "edgebert/pipeline/calibration.h"
#include "edgebert/pipeline/off_ramp_scales.h"

namespace edgebert {
namespace {

/// Slack for means that are quotients of whole numbers.
constexpr double kRounding = 1e-12;

std::vector<double> Thresholds(size_t num_classes) {
  const double maximum = std::log(static_cast<double>(num_classes));
  std::vector<double> thresholds = {0};
  // In thousandths, so that each is the number nearest to a short decimal.
  for (int thousandths = 1; thousandths / 1000.0 <= maximum;) {
    thresholds.push_back(thousandths / 1000.0);
    thousandths += thousandths < 10 ? 1 : thousandths < 100 ? 5 : 10;
  }
  return thresholds;
}

/// The losses of the sampled sentences at a threshold; of one class only unless it is -1.
void Gather(const ThresholdOutcomes& outcomes, size_t threshold, std::span<const uint32_t> sample,
            int label, std::vector<int8_t>& losses) {
  losses.clear();
  const size_t row = threshold * outcomes.sentences();
  for (const uint32_t sentence : sample) {
    if (label < 0 || outcomes.labels[sentence] == label) {
      losses.push_back(outcomes.losses[row + sentence]);
    }
  }
}

/// Whether the threshold loses more than allowed over all sentences, or in a class where asked.
bool Violates(const ThresholdOutcomes& outcomes, size_t threshold, const RiskOptions& options) {
  if (outcomes.MeanLoss(threshold) > options.max_loss + kRounding) {
    return true;
  }
  if (!options.per_class) {
    return false;
  }
  std::vector<uint32_t> all(outcomes.sentences());
  std::iota(all.begin(), all.end(), 0u);
  const int last = *std::max_element(outcomes.labels.begin(), outcomes.labels.end());
  std::vector<int8_t> losses;
  for (int label = 0; label <= last; ++label) {
    Gather(outcomes, threshold, all, label, losses);
    const int total = std::accumulate(losses.begin(), losses.end(), 0);
    if (total > (options.max_loss + kRounding) * static_cast<double>(losses.size())) {
      return true;
    }
  }
  return false;
}

/// Every third example apart from the others.
std::pair<RecordedExamples, RecordedExamples> SetApart(const RecordedExamples& examples) {
  constexpr size_t kApart = 3;
  std::pair<RecordedExamples, RecordedExamples> parts;
  for (size_t i = 0; i < examples.records.size(); ++i) {
    RecordedExamples& part = i % kApart == 0 ? parts.first : parts.second;
    part.records.push_back(examples.records[i]);
    part.labels.push_back(examples.labels[i]);
  }
  return parts;
}

}  // namespace

Status CheckRiskOptions(const RiskOptions& options) {
  const std::pair<const char*, double> shares[] = {{"the largest loss", options.max_loss},
                                                   {"the confidence", options.confidence}};
  for (const auto& [name, value] : shares) {
    if (!(value > 0 && value < 1)) {
      return InvalidArgument(
          fmt::format("{} is {}, expected a share between 0 and 1", name, value));
    }
  }
  return OkStatus();
}

bool MeanIsAtMost(std::span<const int8_t> losses, double bound, double confidence) {
  const auto count = static_cast<double>(losses.size());
  const double wanted = 1 / (1 - confidence);
  const double aim = 2 * std::log(wanted) / count;
  // A bet below 1 / (1 - bound) cannot lose all; half of it leaves room for the variance's error.
  const double largest_bet = 0.5 / (1 - bound);
  double capital = 1;
  double total = 0;
  double squares = 0.25;
  for (size_t i = 0; i < losses.size(); ++i) {
    const double loss = losses[i];
    const double variance = squares / static_cast<double>(i + 1);
    const double bet = std::min(largest_bet, std::sqrt(aim / variance));
    capital *= 1 + bet * (bound - loss);
    if (capital >= wanted) {
      return true;
    }
    total += loss;
    const double mean = total / static_cast<double>(i + 2);
    squares += (loss - mean) * (loss - mean);
  }
  return false;
}

double ThresholdOutcomes::MeanLoss(size_t threshold) const {
  const auto begin = losses.begin() + static_cast<std::ptrdiff_t>(threshold * sentences());
  const auto end = begin + static_cast<std::ptrdiff_t>(sentences());
  return static_cast<double>(std::accumulate(begin, end, 0)) / static_cast<double>(sentences());
}

double ThresholdOutcomes::MeanExitLayer(size_t threshold) const {
  const auto begin = exit_layers.begin() + static_cast<std::ptrdiff_t>(threshold * sentences());
  const auto end = begin + static_cast<std::ptrdiff_t>(sentences());
  return static_cast<double>(std::accumulate(begin, end, 0)) / static_cast<double>(sentences());
}

ThresholdOutcomes TabulateThresholds(const RecordedExamples& examples, const ExitSettings& exits,
                                     const ModelConfig& config) {
  ThresholdOutcomes outcomes;
  outcomes.labels = examples.labels;
  if (examples.records.empty()) {
    return outcomes;
  }
  outcomes.thresholds = Thresholds(examples.records.front().num_classes());
  for (const double threshold : outcomes.thresholds) {
    EntropyExitRule rule(ExitThresholds(threshold, exits, config));
    for (size_t i = 0; i < examples.records.size(); ++i) {
      const FullDepthRecord& record = examples.records[i];
      const size_t exit = record.ReplayExit(rule);
      const int full_depth_right = record.labels.back() == examples.labels[i] ? 1 : 0;
      const int exit_right = record.labels[exit] == examples.labels[i] ? 1 : 0;
      outcomes.losses.push_back(static_cast<int8_t>(full_depth_right - exit_right));
      outcomes.exit_layers.push_back(static_cast<uint8_t>(record.layers[exit]));
    }
  }
  return outcomes;
}

size_t ChooseThreshold(const ThresholdOutcomes& outcomes, std::span<const uint32_t> sample,
                       const RiskOptions& options) {
  // A class that the sample lacks is never accepted: nothing is known of it.
  std::vector<int> groups = {-1};
  if (options.per_class) {
    groups.resize(
        static_cast<size_t>(*std::max_element(outcomes.labels.begin(), outcomes.labels.end()) + 2));
    std::iota(groups.begin(), groups.end(), -1);
  }
  std::vector<int8_t> losses;
  losses.reserve(sample.size());
  size_t chosen = 0;
  for (size_t threshold = 1; threshold < outcomes.thresholds.size(); ++threshold) {
    for (const int label : groups) {
      Gather(outcomes, threshold, sample, label, losses);
      if (!MeanIsAtMost(losses, options.max_loss, options.confidence)) {
        return chosen;
      }
    }
    chosen = threshold;
  }
  return chosen;
}

RiskSimulation SimulateChoice(const ThresholdOutcomes& outcomes, const RiskOptions& options,
                              size_t draws, uint64_t seed) {
  RiskSimulation simulation;
  simulation.draws = draws;
  std::vector<bool> violates;
  for (size_t threshold = 0; threshold < outcomes.thresholds.size(); ++threshold) {
    violates.push_back(Violates(outcomes, threshold, options));
    if (!violates.back()) {
      simulation.hindsight = threshold;
    }
  }
  simulation.hindsight_exit_layer = outcomes.MeanExitLayer(simulation.hindsight);
  std::mt19937_64 random(seed);
  std::vector<uint32_t> sample(outcomes.sentences());
  for (size_t draw = 0; draw < draws; ++draw) {
    for (uint32_t& sentence : sample) {
      sentence = static_cast<uint32_t>(random() % outcomes.sentences());
    }
    const size_t chosen = ChooseThreshold(outcomes, sample, options);
    simulation.violations += violates[chosen] ? 1u : 0u;
    simulation.mean_exit_layer += outcomes.MeanExitLayer(chosen) / static_cast<double>(draws);
  }
  return simulation;
}

Result<RiskCalibration> CalibrateRisk(const RecordedExamples& examples, const RiskOptions& options,
                                      const std::string& source, Model& model) {
  EDGEBERT_RETURN_IF_ERROR(CheckRiskOptions(options));
  if (examples.records.size() < 2) {
    return InvalidArgument("calibrating needs at least two examples");
  }
  model.exits.off_ramp_scales.clear();
  RecordedExamples tested = examples;
  if (options.scale_off_ramps) {
    RecordedExamples fitted;
    std::tie(fitted, tested) = SetApart(examples);
    model.exits.off_ramp_scales = FitOffRampScales(fitted.records);
  }
  RiskCalibration result;
  result.outcomes = TabulateThresholds(tested, model.exits, model.config);
  const ThresholdOutcomes& outcomes = result.outcomes;
  std::vector<uint32_t> all(outcomes.sentences());
  std::iota(all.begin(), all.end(), 0u);
  const size_t chosen = ChooseThreshold(outcomes, all, options);
  result.threshold_nats = outcomes.thresholds[chosen];
  result.loss = outcomes.MeanLoss(chosen);
  result.mean_exit_layer = outcomes.MeanExitLayer(chosen);
  model.exits.threshold_nats = static_cast<float>(result.threshold_nats);
  model.exits.calibration = fmt::format(
      "accuracy at most {} below full depth's{} with confidence {} (learn-then-test on {} "
      "examples, "
      "{}; there {:.4f} below at mean exit layer {:.2f})",
      options.max_loss, options.per_class ? ", in every class," : "", options.confidence,
      outcomes.sentences(), source, result.loss, result.mean_exit_layer);
  model.exits.record = MakeCalibrationRecord(examples.records);
  if (model.config.HasOffRamp(1) && model.config.off_ramp_layers.size() > 1) {
    model.exits.predictor = BuildPredictor(*model.exits.record, model.config);
  }
  EDGEBERT_RETURN_IF_ERROR(ValidateModel(model));
  return result;
}

}  // namespace edgebert
