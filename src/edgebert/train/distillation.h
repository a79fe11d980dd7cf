#ifndef EDGEBERT_TRAIN_DISTILLATION_H_
#define EDGEBERT_TRAIN_DISTILLATION_H_

#include <torch/torch.h>

#include <vector>

#include "edgebert/train/recipe.h"

namespace edgebert {

/// Σ_l w_l · ((1 − weight) · CE_l + weight · T² · KL(softmax(teacher / T) ‖ softmax(logits_l / T)))
/// over the off-ramps, Σ w_l = 1, each a mean over sentences. Without teacher logits (undefined)
/// the cross-entropy alone. `logits` [off-ramps] of [sentences × classes], `labels` [sentences],
/// `teacher` [sentences × classes]; `layers` are the off-ramps' layers, from 1.
torch::Tensor OffRampLoss(const std::vector<torch::Tensor>& logits, const torch::Tensor& labels,
                          const torch::Tensor& teacher, const DistillationRecipe& recipe,
                          const std::vector<int>& layers);

/// The mean over the last layer of every run of equal entries of `layer_map` of
/// Σ |student − teacher|² / Σ |teacher − its mean|², over the tokens of all sentences: 0 where the
/// states are the teacher's, 1 where they say no more than the mean does. `student` and `teacher`
/// [layers] of [sentences × tokens × hidden], `is_token` [sentences × tokens].
torch::Tensor StateLoss(const std::vector<torch::Tensor>& student,
                        const std::vector<torch::Tensor>& teacher, const torch::Tensor& is_token,
                        const std::vector<int>& layer_map);

}  // namespace edgebert

#endif  // EDGEBERT_TRAIN_DISTILLATION_H_
