#include "edgebert/train/optimizer.h"

#include <torch/version.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace edgebert {
namespace {

using torch::optim::AdamWOptions;

constexpr double kAdamEpsilon = 1e-8;

/// The optimizer's groups, in this order.
enum Group : size_t {
  kEncoderMatrices,
  kEncoderVectors,
  kOffRampMatrices,
  kOffRampVectors,
  kSpans
};

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
#define EDGEBERT_HAS_FUSED_ADAMW 1

/// What the parameters of a group that have a gradient give to the fused step.
struct GroupTensors {
  std::vector<torch::Tensor> parameters;
  std::vector<torch::Tensor> gradients;
  std::vector<torch::Tensor> means;
  std::vector<torch::Tensor> squares;
  std::vector<torch::Tensor> steps;
};

GroupTensors TensorsOf(torch::optim::AdamW& optimizer,
                       const torch::optim::OptimizerParamGroup& group) {
  GroupTensors tensors;
  for (const torch::Tensor& parameter : group.params()) {
    if (!parameter.grad().defined()) {
      continue;
    }
    auto& entry = optimizer.state()[parameter.unsafeGetTensorImpl()];
    if (!entry) {
      auto fresh = std::make_unique<torch::optim::AdamWParamState>();
      fresh->step(0);
      fresh->exp_avg(torch::zeros_like(parameter).set_requires_grad(false));
      fresh->exp_avg_sq(torch::zeros_like(parameter).set_requires_grad(false));
      entry = std::move(fresh);
    }
    auto& state = static_cast<torch::optim::AdamWParamState&>(*entry);
    state.step(state.step() + 1);
    tensors.parameters.push_back(parameter);
    tensors.gradients.push_back(parameter.grad());
    tensors.means.push_back(state.exp_avg());
    tensors.squares.push_back(state.exp_avg_sq());
    tensors.steps.push_back(torch::full({}, static_cast<float>(state.step()),
                                        parameter.options().requires_grad(false)));
  }
  return tensors;
}
#endif

}  // namespace

torch::optim::AdamW MakeOptimizer(TorchEncoder& encoder, const ScheduleRecipe& schedule) {
  std::vector<torch::Tensor> groups[4];
  for (const auto& [name, parameter] : encoder.parameters()) {
    if (!parameter.requires_grad()) {
      continue;
    }
    const bool is_off_ramp = name.starts_with("off_ramp.");
    const bool is_vector = parameter.dim() == 1;
    groups[(is_off_ramp ? 2 : 0) + (is_vector ? 1 : 0)].push_back(parameter);
  }
  std::vector<torch::optim::OptimizerParamGroup> parameter_groups;
  for (size_t i = 0; i < std::size(groups); ++i) {
    const bool decays = i == kEncoderMatrices || i == kOffRampMatrices;
    parameter_groups.emplace_back(
        groups[i],
        std::make_unique<AdamWOptions>(
            AdamWOptions(0).eps(kAdamEpsilon).weight_decay(decays ? schedule.weight_decay : 0)));
  }
  if (encoder.span().is_learning()) {
    parameter_groups.emplace_back(
        std::vector<torch::Tensor>{encoder.span().learned()},
        std::make_unique<AdamWOptions>(AdamWOptions(0).eps(kAdamEpsilon).weight_decay(0)));
  }
  return torch::optim::AdamW(std::move(parameter_groups), AdamWOptions(0));
}

void SetLearningRates(torch::optim::AdamW& optimizer, const ScheduleRecipe& schedule, double share,
                      double span_learning_rate) {
  for (size_t i = 0; i < optimizer.param_groups().size(); ++i) {
    double rate = i == kEncoderMatrices || i == kEncoderVectors
                      ? schedule.learning_rate * share
                      : schedule.off_ramp_learning_rate * share;
    if (i == kSpans) {
      rate = span_learning_rate;  // Learned for a part of the stage only, at one rate.
    }
    static_cast<AdamWOptions&>(optimizer.param_groups()[i].options()).lr(rate);
  }
}

#ifdef EDGEBERT_HAS_FUSED_ADAMW
void ClipAndStep(torch::optim::AdamW& optimizer, double largest_norm) {
  const torch::NoGradGuard no_gradient;
  std::vector<torch::Tensor> norms;
  std::vector<GroupTensors> groups;
  for (const torch::optim::OptimizerParamGroup& group : optimizer.param_groups()) {
    groups.push_back(TensorsOf(optimizer, group));
    for (const torch::Tensor& gradient : groups.back().gradients) {
      norms.push_back(gradient.norm());
    }
  }
  if (norms.empty()) {
    return;
  }
  // The step divides gradients by this.
  const torch::Tensor scale = (torch::stack(norms).norm() / largest_norm).clamp_min(1);
  for (size_t i = 0; i < groups.size(); ++i) {
    GroupTensors& group = groups[i];
    if (group.parameters.empty()) {
      continue;
    }
    const auto& options = static_cast<const AdamWOptions&>(optimizer.param_groups()[i].options());
    at::_fused_adamw_(group.parameters, group.gradients, group.means, group.squares, {},
                      group.steps, options.lr(), std::get<0>(options.betas()),
                      std::get<1>(options.betas()), options.weight_decay(), options.eps(),
                      /*amsgrad=*/false, /*maximize=*/false, scale);
  }
}
#else
void ClipAndStep(torch::optim::AdamW& optimizer, double largest_norm) {
  std::vector<torch::Tensor> parameters;
  for (const torch::optim::OptimizerParamGroup& group : optimizer.param_groups()) {
    parameters.insert(parameters.end(), group.params().begin(), group.params().end());
  }
  torch::nn::utils::clip_grad_norm_(parameters, largest_norm);
  optimizer.step();
}
#endif

}  // namespace edgebert
