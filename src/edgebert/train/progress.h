#ifndef EDGEBERT_TRAIN_PROGRESS_H_
#define EDGEBERT_TRAIN_PROGRESS_H_

#include <cstdint>
#include <functional>
#include <string>

namespace edgebert {

/// How far a training has come.
struct TrainingProgress {
  std::string stage;
  int64_t step = 0;  ///< Done.
  int64_t total_steps = 0;
  double loss = 0;  ///< Smoothed over some fifty steps.
  double tokens_per_second = 0;
  double seconds_left = 0;  ///< Of this stage.
};

/// Called after every step; returning false stops the training after a checkpoint.
using TrainingObserver = std::function<bool(const TrainingProgress&)>;

}  // namespace edgebert

#endif  // EDGEBERT_TRAIN_PROGRESS_H_
