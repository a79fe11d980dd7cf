#include "edgebert/train/distillation.h"

#include "edgebert/data/labelled_text.h"

namespace edgebert {

torch::Tensor OffRampLoss(const std::vector<torch::Tensor>& logits, const torch::Tensor& labels,
                          const torch::Tensor& teacher, const DistillationRecipe& recipe,
                          const std::vector<int>& layers) {
  const auto rows = static_cast<double>(labels.size(0));
  double total_weight = 0;
  torch::Tensor loss;
  for (size_t i = 0; i < logits.size(); ++i) {
    const double weight =
        recipe.off_ramp_weighting == OffRampWeighting::kLinear ? double{1} * layers[i] : 1.0;
    total_weight += weight;
    torch::Tensor term =
        torch::cross_entropy_loss(logits[i], labels, /*weight=*/{}, at::Reduction::Sum,
                                  /*ignore_index=*/kUnlabelled) /
        rows;
    if (teacher.defined()) {
      const double temperature = recipe.temperature;
      const torch::Tensor divergence = torch::kl_div((logits[i] / temperature).log_softmax(-1),
                                                     (teacher / temperature).log_softmax(-1),
                                                     at::Reduction::Sum, /*log_target=*/true);
      const double scale = temperature * temperature / rows;
      term = (1 - recipe.weight) * term + recipe.weight * scale * divergence;
    }
    loss = loss.defined() ? loss + weight * term : weight * term;
  }
  return loss / total_weight;
}

torch::Tensor StateLoss(const std::vector<torch::Tensor>& student,
                        const std::vector<torch::Tensor>& teacher, const torch::Tensor& is_token,
                        const std::vector<int>& layer_map) {
  torch::Tensor loss;
  int terms = 0;
  for (size_t layer = 0; layer < layer_map.size(); ++layer) {
    if (layer + 1 < layer_map.size() && layer_map[layer + 1] == layer_map[layer]) {
      continue;
    }
    // [tokens of all sentences × hidden].
    const torch::Tensor expected = teacher[layer].index({is_token});
    const torch::Tensor error = (student[layer].index({is_token}) - expected).square().sum();
    const torch::Tensor spread = (expected - expected.mean(0)).square().sum();
    const torch::Tensor term = error / spread.clamp_min(1e-12);
    loss = loss.defined() ? loss + term : term;
    ++terms;
  }
  return loss / terms;
}

}  // namespace edgebert
