#ifndef EDGEBERT_TRAIN_OPTIMIZER_H_
#define EDGEBERT_TRAIN_OPTIMIZER_H_

#include <torch/torch.h>

#include "edgebert/train/recipe.h"
#include "edgebert/train/torch_encoder.h"

namespace edgebert {

/// AdamW over all of `encoder` that learns; only matrices decay. Learning rates are zero until set.
torch::optim::AdamW MakeOptimizer(TorchEncoder& encoder, const ScheduleRecipe& schedule);

/// `share` is of the schedule's rates; spans have a rate of their own, which does not change.
void SetLearningRates(torch::optim::AdamW& optimizer, const ScheduleRecipe& schedule, double share,
                      double span_learning_rate);

/// Scales gradients down to a norm of at most `largest_norm` over all parameters, then takes a
/// step. By libtorch's fused AdamW where there is one (2.4 and later): the same arithmetic in one
/// pass over the memory instead of a dozen, which is a third of a small batch's time.
void ClipAndStep(torch::optim::AdamW& optimizer, double largest_norm);

}  // namespace edgebert

#endif  // EDGEBERT_TRAIN_OPTIMIZER_H_
