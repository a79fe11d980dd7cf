#include "edgebert/numeric/entropy.h"

#include <algorithm>

#include "edgebert/numeric/exp_log.h"

namespace edgebert {

std::vector<double> Softmax(std::span<const float> logits) {
  std::vector<double> probabilities;
  AppendSoftmax(logits, probabilities);
  return probabilities;
}

void AppendSoftmax(std::span<const float> logits, std::vector<double>& probabilities) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  const size_t begin = probabilities.size();
  double total = 0;
  for (const float logit : logits) {
    probabilities.push_back(ExpOfNonPositive(double{logit} - largest));
    total += probabilities.back();
  }
  for (size_t i = begin; i < probabilities.size(); ++i) {
    probabilities[i] /= total;
  }
}

double Entropy(std::span<const float> logits) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  double total = 0;
  double weighted = 0;
  for (const float logit : logits) {
    const double shifted = double{logit} - largest;
    const double weight = ExpOfNonPositive(shifted);
    total += weight;
    // A double holds any difference of floats, so that a weight of zero gives zero.
    weighted += weight * shifted;
  }
  return std::clamp(LogFromOne(total) - weighted / total, 0.0,
                    LogFromOne(static_cast<double>(logits.size())));
}

}  // namespace edgebert
