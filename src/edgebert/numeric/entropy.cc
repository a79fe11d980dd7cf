#include "edgebert/numeric/entropy.h"

#include <algorithm>
#include <cmath>

namespace edgebert {

std::vector<double> Softmax(std::span<const float> logits) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  std::vector<double> probabilities(logits.size());
  double total = 0;
  for (size_t i = 0; i < logits.size(); ++i) {
    probabilities[i] = std::exp(double{logits[i]} - largest);
    total += probabilities[i];
  }
  for (double& probability : probabilities) {
    probability /= total;
  }
  return probabilities;
}

double Entropy(std::span<const float> logits) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  double total = 0;
  double weighted = 0;
  for (const float logit : logits) {
    const double shifted = double{logit} - largest;
    const double weight = std::exp(shifted);
    total += weight;
    // A double holds any difference of floats, so that a weight of zero gives zero.
    weighted += weight * shifted;
  }
  return std::clamp(std::log(total) - weighted / total, 0.0,
                    std::log(static_cast<double>(logits.size())));
}

}  // namespace edgebert
