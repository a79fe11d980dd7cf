#include "edgebert/pipeline/off_ramp_scales.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace edgebert {
namespace {

constexpr double kLargestScale = 20;
constexpr double kLeastEntropy = 1e-6;  // Nats; float32 logits tell no finer.
constexpr double kRidge = 1e-3;  // Keeps the offset of an off-ramp that always agrees finite.
constexpr int kMaxIterations = 100;
constexpr double kConverged = 1e-9;

/// A logistic regression with an offset for each off-ramp and one slope, by Newton's method.
class Regression {
 public:
  explicit Regression(size_t ramps) : offsets_(ramps, 0.0) {}

  void Fit(std::span<const FullDepthRecord> sentences) {
    for (int i = 0; i < kMaxIterations; ++i) {
      if (Step(sentences) < kConverged) {
        return;
      }
    }
  }

  double slope() const { return slope_; }
  double offset(size_t ramp) const { return offsets_[ramp]; }

 private:
  /// The Hessian is diagonal but for the slope's row and column, which are eliminated first.
  /// Returns the largest change of a parameter.
  double Step(std::span<const FullDepthRecord> sentences) {
    const size_t ramps = offsets_.size();
    std::vector<double> gradient(ramps, 0.0);
    std::vector<double> diagonal(ramps, kRidge);
    std::vector<double> border(ramps, 0.0);
    double slope_gradient = -kRidge * slope_;
    double slope_diagonal = kRidge;
    for (const FullDepthRecord& sentence : sentences) {
      for (size_t ramp = 0; ramp < ramps; ++ramp) {
        const double sureness = -std::log(std::max(sentence.entropies_nats[ramp], kLeastEntropy));
        const double agrees = sentence.labels[ramp] == sentence.labels.back() ? 1 : 0;
        const double fitted = 1 / (1 + std::exp(-(offsets_[ramp] + slope_ * sureness)));
        const double weight = fitted * (1 - fitted);
        gradient[ramp] += agrees - fitted;
        diagonal[ramp] += weight;
        border[ramp] += weight * sureness;
        slope_gradient += (agrees - fitted) * sureness;
        slope_diagonal += weight * sureness * sureness;
      }
    }
    for (size_t ramp = 0; ramp < ramps; ++ramp) {
      gradient[ramp] -= kRidge * offsets_[ramp];
      slope_gradient -= border[ramp] / diagonal[ramp] * gradient[ramp];
      slope_diagonal -= border[ramp] * border[ramp] / diagonal[ramp];
    }
    const double slope_change = slope_gradient / slope_diagonal;
    slope_ += slope_change;
    double largest = std::fabs(slope_change);
    for (size_t ramp = 0; ramp < ramps; ++ramp) {
      const double change = (gradient[ramp] - border[ramp] * slope_change) / diagonal[ramp];
      offsets_[ramp] += change;
      largest = std::max(largest, std::fabs(change));
    }
    return largest;
  }

  std::vector<double> offsets_;
  double slope_ = 0;
};

}  // namespace

std::vector<float> FitOffRampScales(std::span<const FullDepthRecord> sentences) {
  if (sentences.empty()) {
    return {};
  }
  const size_t ramps = sentences.front().layers.size();
  std::vector<float> scales(ramps, 1.0F);
  const bool some_disagree =
      std::any_of(sentences.begin(), sentences.end(), [](const FullDepthRecord& sentence) {
        return std::any_of(sentence.labels.begin(), sentence.labels.end(),
                           [&](int label) { return label != sentence.labels.back(); });
      });
  if (ramps < 2 || !some_disagree) {
    return scales;
  }
  const size_t asked = ramps - 1;
  Regression regression(asked);
  regression.Fit(sentences);
  if (!(regression.slope() > 0) || !std::isfinite(regression.slope())) {
    return scales;
  }
  const double bound = std::log(kLargestScale);
  std::vector<double> logarithms;
  for (size_t ramp = 0; ramp < asked; ++ramp) {
    logarithms.push_back(regression.offset(ramp) / regression.slope());
  }
  // The median, first: one off-ramp that always agrees must not push all others to the bound.
  std::vector<double> sorted = logarithms;
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(asked / 2),
                   sorted.end());
  const double median = sorted[asked / 2];
  double mean = 0;
  for (double& logarithm : logarithms) {
    logarithm = std::clamp(logarithm - median, -bound, bound);
    mean += logarithm / static_cast<double>(asked);
  }
  for (size_t ramp = 0; ramp < asked; ++ramp) {
    scales[ramp] = static_cast<float>(std::exp(logarithms[ramp] - mean));
  }
  return scales;
}

}  // namespace edgebert
