#include "edgebert/train/adaptive_span.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace edgebert {

using torch::Tensor;

AdaptiveSpan::AdaptiveSpan(const ModelConfig& config)
    : num_distinct_layers_(config.num_distinct_layers),
      num_heads_(config.num_heads),
      max_positions_(config.max_positions),
      frozen_(config.attention_spans) {}

void AdaptiveSpan::BeginLearning(double initial, double ramp, torch::Device device) {
  learned_ = torch::full({num_distinct_layers_, num_heads_}, initial,
                         torch::TensorOptions().dtype(torch::kFloat32).device(device))
                 .set_requires_grad(true);
  ramp_ = ramp;
  frozen_.clear();
}

void AdaptiveSpan::Freeze() { SetFrozen(Spans()); }

void AdaptiveSpan::SetFrozen(std::vector<int> spans) {
  frozen_ = std::move(spans);
  learned_ = Tensor();
}

void AdaptiveSpan::Clamp(double longest) {
  const torch::NoGradGuard no_gradient;
  learned_.clamp_(0, longest + ramp_);
}

Tensor AdaptiveSpan::MeanShare(double longest) const { return learned_.mean() / longest; }

std::vector<int> AdaptiveSpan::Spans() const {
  if (!is_learning()) {
    return frozen_;
  }
  const Tensor values = learned_.detach().to(torch::kCPU).contiguous();
  std::vector<int> spans;
  for (int64_t i = 0; i < values.numel(); ++i) {
    // Keys at distance d < span have some weight: ⌈span⌉ of them, as in inference.
    const double span = std::ceil(double{values.data_ptr<float>()[i]});
    spans.push_back(static_cast<int>(std::min<double>(span, max_positions_)));
  }
  return spans;
}

Tensor AdaptiveSpan::Weights(int distinct_layer, int64_t tokens, torch::Device device) const {
  if (!is_learning() && !is_frozen()) {
    return {};
  }
  const auto options = torch::TensorOptions().dtype(torch::kFloat32).device(device);
  const Tensor position = torch::arange(tokens, options);
  const Tensor distance = (position.unsqueeze(0) - position.unsqueeze(1)).abs();
  if (is_learning()) {
    const Tensor span = learned_[distinct_layer].view({num_heads_, 1, 1});
    return ((span - distance) / ramp_).clamp(0, 1);
  }
  const auto begin = frozen_.begin() + std::ptrdiff_t{distinct_layer} * num_heads_;
  const std::vector<float> spans(begin, begin + num_heads_);
  const Tensor span = torch::tensor(spans, options).view({num_heads_, 1, 1});
  return (distance < span).to(torch::kFloat32);
}

}  // namespace edgebert
