#ifndef EDGEBERT_TRAIN_INFERENCE_H_
#define EDGEBERT_TRAIN_INFERENCE_H_

#include <torch/torch.h>

#include <span>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/train/progress.h"
#include "edgebert/train/torch_encoder.h"
#include "edgebert/train/training_data.h"

namespace edgebert {

/// The logits of every off-ramp for every example, [examples × off-ramps × classes], on the CPU.
/// kCancelled when `observer` says stop.
Result<torch::Tensor> ComputeLogits(TorchEncoder& encoder,
                                    std::span<const TokenizedExample> examples, int32_t pad_id,
                                    const ForwardOptions& options,
                                    const TrainingObserver& observer = {});

/// The share of examples whose largest logit is the label's, for each off-ramp.
std::vector<double> Accuracies(const torch::Tensor& logits,
                               std::span<const TokenizedExample> examples);

}  // namespace edgebert

#endif  // EDGEBERT_TRAIN_INFERENCE_H_
