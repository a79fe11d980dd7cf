#ifndef EDGEBERT_NUMERIC_ENTROPY_H_
#define EDGEBERT_NUMERIC_ENTROPY_H_

#include <span>
#include <vector>

namespace edgebert {

/// Shannon entropy, in nats, of the softmax of `logits`: in [0, ln n]. Shifted by the maximum, so
/// any finite logits are safe. At least one logit, all finite.
double Entropy(std::span<const float> logits);

/// The softmax of `logits`, shifted by the maximum. [logits.size()]
std::vector<double> Softmax(std::span<const float> logits);

/// Appends the softmax of `logits`.
void AppendSoftmax(std::span<const float> logits, std::vector<double>& probabilities);

}  // namespace edgebert

#endif  // EDGEBERT_NUMERIC_ENTROPY_H_
