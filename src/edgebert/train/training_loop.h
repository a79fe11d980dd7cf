#ifndef EDGEBERT_TRAIN_TRAINING_LOOP_H_
#define EDGEBERT_TRAIN_TRAINING_LOOP_H_

#include <torch/torch.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/train/checkpoint.h"
#include "edgebert/train/progress.h"
#include "edgebert/train/recipe.h"
#include "edgebert/train/torch_encoder.h"
#include "edgebert/train/training_data.h"

namespace edgebert {

/// What a stage does around the steps of the loop.
class StageHooks {
 public:
  virtual ~StageHooks() = default;

  /// `progress` is the share of the stage that is done.
  virtual Status BeforeStep(double progress, int64_t step) = 0;
  virtual torch::Tensor Loss(const EncoderOutputs& outputs, const Batch& batch) = 0;
  /// Gradients are there, the optimizer has not used them yet.
  virtual void AfterBackward(double learning_rate) = 0;
  virtual void AfterStep() = 0;

  /// State beyond the encoder's parameters.
  virtual void Save(Checkpoint& checkpoint) const = 0;
  virtual Status Restore(const Checkpoint& checkpoint) = 0;
};

struct LoopOptions {
  std::string stage;
  ScheduleRecipe schedule;
  ForwardOptions forward;
  uint64_t seed = 0;
  int32_t pad_id = 0;
  double span_learning_rate = 0;
  std::filesystem::path checkpoint;  ///< Written every few minutes and when stopped.
  std::filesystem::path log;         ///< A JSON object a line: step, loss, tokens a second.
  std::string fingerprint;
  bool resume = false;  ///< From the checkpoint, where there is one.
};

/// Trains `encoder` on `examples`. The order of sentences and every random number follow from the
/// seed and the step, so that a resumed run gives what an unbroken one gives. kCancelled when
/// `observer` says stop: the checkpoint then holds the last step.
Status RunTrainingLoop(TorchEncoder& encoder, std::span<const TokenizedExample> examples,
                       const LoopOptions& options, StageHooks& hooks,
                       const TrainingObserver& observer);

/// The share of the base learning rate at `progress`: up during the warm-up, then down to zero.
double LearningRateShare(double progress, double warmup);

}  // namespace edgebert

#endif  // EDGEBERT_TRAIN_TRAINING_LOOP_H_
