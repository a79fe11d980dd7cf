#ifndef EDGEBERT_TRAIN_CHECKPOINT_H_
#define EDGEBERT_TRAIN_CHECKPOINT_H_

#include <torch/torch.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "edgebert/base/status.h"

namespace edgebert {

/// All that a training needs to go on as if it had not been interrupted.
struct Checkpoint {
  std::string fingerprint;  ///< Of recipe, stage and data: another training's is refused.
  int64_t step = 0;         ///< Steps done.
  std::map<std::string, torch::Tensor> tensors;
  std::map<std::string, std::string> texts;
};

/// Writes the checkpoint and the optimizer's state; `path` holds the old or the new one, never half
/// of one. A full disk leaves the old one.
Status SaveCheckpoint(const std::filesystem::path& path, const Checkpoint& checkpoint,
                      const torch::optim::Optimizer& optimizer);

/// Reads a checkpoint back; the optimizer must have been made over like parameters. kDataLoss when
/// the file is cut short or no checkpoint, kInvalidArgument when it belongs to another training.
Result<Checkpoint> LoadCheckpoint(const std::filesystem::path& path, const std::string& fingerprint,
                                  torch::optim::Optimizer& optimizer);

}  // namespace edgebert

#endif  // EDGEBERT_TRAIN_CHECKPOINT_H_
