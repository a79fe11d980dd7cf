#ifndef EDGEBERT_TRAIN_PRUNER_H_
#define EDGEBERT_TRAIN_PRUNER_H_

#include <torch/torch.h>

#include <map>
#include <string>
#include <vector>

#include "edgebert/train/recipe.h"
#include "edgebert/train/torch_encoder.h"

namespace edgebert {

/// Weights that one vector of the accelerator's datapath holds.
inline constexpr int64_t kVectorWidth = 16;

/// The names of every matrix of the encoder layers, none forgotten; off-ramps are not pruned.
std::vector<std::string> PrunableMatrices(const ModelConfig& config);

/// Sparsity at `progress` (share of the stage): 0 before `begin`, the target from `end` on, and in
/// between target · (1 − (1 − t)³).
double SparsityAt(const PruningRecipe& recipe, double progress);

/// Chooses which weights of the encoder are zero.
class Pruner {
 public:
  Pruner(const PruningRecipe& recipe, TorchEncoder& encoder);

  /// Sets the encoder's masks for this progress, if they are due at `step`; says whether it did.
  bool Update(double progress, int64_t step);
  /// Movement pruning: takes in the gradients of a step, before the optimizer uses them.
  void Observe(double learning_rate);

  std::map<std::string, torch::Tensor>& scores() { return scores_; }
  double held_sparsity() const { return held_sparsity_; }
  void set_held_sparsity(double sparsity) { held_sparsity_ = sparsity; }

 private:
  torch::Tensor Importance(const std::string& name);

  PruningRecipe recipe_;
  TorchEncoder& encoder_;
  std::vector<std::string> names_;
  std::map<std::string, torch::Tensor> scores_;  ///< Movement pruning only.
  double held_sparsity_ = -1;                    ///< Of the masks chosen last.
};

/// Sets to zero, for good, what belongs to heads whose span is 0: their rows of the query, key and
/// value matrices and their columns of the output matrix.
void PruneAbsentHeads(TorchEncoder& encoder);

/// `values` with the `sparsity` share of smallest magnitude set to zero.
torch::Tensor PruneByMagnitude(const torch::Tensor& values, double sparsity);

}  // namespace edgebert

#endif  // EDGEBERT_TRAIN_PRUNER_H_
