#include "edgebert/train/pruner.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace edgebert {
namespace {

constexpr const char* kMatrices[] = {"attention.query.weight", "attention.key.weight",
                                     "attention.value.weight", "attention.output.weight",
                                     "feed_forward.up.weight", "feed_forward.down.weight"};

/// What elements must exceed to stay when the `sparsity` share of the smallest goes; ties with the
/// largest of those go too.
torch::Tensor Threshold(const torch::Tensor& importance, double sparsity) {
  const auto dropped =
      static_cast<int64_t>(std::floor(sparsity * static_cast<double>(importance.numel())));
  return dropped == 0 ? importance.min() - 1 : std::get<0>(importance.flatten().kthvalue(dropped));
}

}  // namespace

std::vector<std::string> PrunableMatrices(const ModelConfig& config) {
  std::vector<std::string> names;
  for (int layer = 0; layer < config.num_distinct_layers; ++layer) {
    for (const char* matrix : kMatrices) {
      names.push_back(LayerPrefix(layer) + matrix);
    }
  }
  return names;
}

double SparsityAt(const PruningRecipe& recipe, double progress) {
  if (progress < recipe.begin) {
    return 0;
  }
  if (progress >= recipe.end) {
    return recipe.sparsity;
  }
  const double left = 1 - (progress - recipe.begin) / (recipe.end - recipe.begin);
  return recipe.sparsity * (1 - left * left * left);
}

Pruner::Pruner(const PruningRecipe& recipe, TorchEncoder& encoder)
    : recipe_(recipe), encoder_(encoder), names_(PrunableMatrices(encoder.config())) {
  if (recipe_.method == PruningMethod::kMovement) {
    for (const std::string& name : names_) {
      scores_[name] = torch::zeros_like(encoder_.parameter(name)).set_requires_grad(false);
    }
  }
}

torch::Tensor Pruner::Importance(const std::string& name) {
  torch::Tensor importance = recipe_.method == PruningMethod::kMovement
                                 ? scores_.at(name)
                                 : encoder_.parameter(name).detach().abs();
  if (recipe_.granularity == PruningGranularity::kVector) {
    importance = importance.view({importance.size(0), -1, kVectorWidth}).sum(2);
  }
  return importance;
}

bool Pruner::Update(double progress, int64_t step) {
  // After the schedule's end masks are held; the first step beyond it sets the final ones.
  const bool due = step % recipe_.interval == 0;
  if (!due || progress < recipe_.begin) {
    return false;
  }
  const bool is_final = progress >= recipe_.end;
  if (is_final && SparsityAt(recipe_, progress) == held_sparsity_) {
    return false;
  }
  const torch::NoGradGuard no_gradient;
  const double sparsity = SparsityAt(recipe_, progress);
  torch::Tensor global;
  if (recipe_.scope == PruningScope::kGlobal) {
    std::vector<torch::Tensor> all;
    for (const std::string& name : names_) {
      all.push_back(Importance(name).flatten());
    }
    global = Threshold(torch::cat(all), sparsity);
  }
  for (const std::string& name : names_) {
    const torch::Tensor importance = Importance(name);
    torch::Tensor keep = importance > (global.defined() ? global : Threshold(importance, sparsity));
    if (recipe_.granularity == PruningGranularity::kVector) {
      keep = keep.repeat_interleave(kVectorWidth, 1);
    }
    encoder_.compression()[name].mask = keep.contiguous();
  }
  held_sparsity_ = sparsity;
  return true;
}

void Pruner::Observe(double learning_rate) {
  const torch::NoGradGuard no_gradient;
  for (auto& [name, score] : scores_) {
    const torch::Tensor& weight = encoder_.parameter(name);
    if (weight.grad().defined()) {
      score.sub_(learning_rate * weight.grad() * weight.detach());
    }
  }
}

void PruneAbsentHeads(TorchEncoder& encoder) {
  const torch::NoGradGuard no_gradient;
  const ModelConfig& config = encoder.config();
  const std::vector<int> spans = encoder.span().Spans();
  if (spans.empty()) {
    return;
  }
  for (int layer = 0; layer < config.num_distinct_layers; ++layer) {
    for (int head = 0; head < config.num_heads; ++head) {
      if (spans[static_cast<size_t>(layer * config.num_heads + head)] > 0) {
        continue;
      }
      const int64_t begin = int64_t{head} * config.head_size();
      const int64_t end = begin + config.head_size();
      const std::string prefix = LayerPrefix(layer) + "attention.";
      for (const char* matrix : {"query", "key", "value", "output"}) {
        const std::string name = prefix + matrix + ".weight";
        torch::Tensor& mask = encoder.compression()[name].mask;
        if (!mask.defined()) {
          mask = torch::ones_like(encoder.parameter(name), torch::kBool);
        }
        const int dimension = std::string_view(matrix) == "output" ? 1 : 0;
        mask.slice(dimension, begin, end).fill_(false);
      }
    }
  }
}

torch::Tensor PruneByMagnitude(const torch::Tensor& values, double sparsity) {
  const torch::Tensor magnitudes = values.abs();
  return values * (magnitudes > Threshold(magnitudes, sparsity));
}

}  // namespace edgebert
