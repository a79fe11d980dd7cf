#include "edgebert/train/training_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "edgebert/train/optimizer.h"

namespace edgebert {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kCheckpointInterval(180);
constexpr int64_t kLogInterval = 20;
constexpr double kLossSmoothing = 0.02;

Checkpoint MakeCheckpoint(const TorchEncoder& encoder, const std::string& fingerprint, int64_t step,
                          const StageHooks& hooks) {
  Checkpoint checkpoint;
  checkpoint.fingerprint = fingerprint;
  checkpoint.step = step;
  for (const auto& [name, parameter] : encoder.parameters()) {
    if (parameter.requires_grad()) {
      checkpoint.tensors["parameter." + name] = parameter;
    }
  }
  hooks.Save(checkpoint);
  return checkpoint;
}

Status RestoreEncoder(TorchEncoder& encoder, const Checkpoint& checkpoint) {
  const torch::NoGradGuard no_gradient;
  for (const auto& [name, parameter] : encoder.parameters()) {
    if (!parameter.requires_grad()) {
      continue;
    }
    const auto found = checkpoint.tensors.find("parameter." + name);
    if (found == checkpoint.tensors.end() || found->second.sizes() != parameter.sizes()) {
      return DataLoss(fmt::format("the checkpoint lacks '{}' in the model's shape", name));
    }
    parameter.copy_(found->second);
  }
  return OkStatus();
}

/// Appends lines to a stage's log; a log that cannot be written stops nothing.
class LossLog {
 public:
  LossLog(const std::filesystem::path& path, bool append)
      : file_(std::fopen(path.c_str(), append ? "ae" : "we"), &std::fclose) {}

  void Write(const TrainingProgress& progress) {
    if (file_ == nullptr) {
      return;
    }
    const nlohmann::json line = {{"step", progress.step},
                                 {"loss", progress.loss},
                                 {"tokens_per_second", progress.tokens_per_second}};
    fmt::print(file_.get(), "{}\n", line.dump());
    std::fflush(file_.get());
  }

 private:
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

/// Smooths what is shown while a training runs.
class Meter {
 public:
  Meter(std::string stage, int64_t step, int64_t total) {
    progress_.stage = std::move(stage);
    progress_.step = step;
    progress_.total_steps = total;
  }

  const TrainingProgress& Update(int64_t step, double loss, int64_t tokens) {
    const Clock::time_point now = Clock::now();
    const double seconds = std::chrono::duration<double>(now - last_).count();
    last_ = now;
    progress_.step = step;
    const bool first = steps_++ == 0;
    const double share = first ? 1 : std::max(kLossSmoothing, 1.0 / static_cast<double>(steps_));
    progress_.loss += share * (loss - progress_.loss);
    seconds_per_step_ += share * (seconds - seconds_per_step_);
    tokens_per_step_ += share * (static_cast<double>(tokens) - tokens_per_step_);
    progress_.tokens_per_second = tokens_per_step_ / seconds_per_step_;
    progress_.seconds_left = seconds_per_step_ * static_cast<double>(progress_.total_steps - step);
    return progress_;
  }

 private:
  TrainingProgress progress_;
  Clock::time_point last_ = Clock::now();
  int64_t steps_ = 0;
  double seconds_per_step_ = 0;
  double tokens_per_step_ = 0;
};

Status Loop(TorchEncoder& encoder, std::span<const TokenizedExample> examples,
            const LoopOptions& options, StageHooks& hooks, const TrainingObserver& observer) {
  torch::optim::AdamW optimizer = MakeOptimizer(encoder, options.schedule);
  const int64_t batches_per_epoch =
      (static_cast<int64_t>(examples.size()) + options.schedule.batch_size - 1) /
      options.schedule.batch_size;
  const auto total = std::max<int64_t>(
      1, std::llround(options.schedule.epochs * static_cast<double>(batches_per_epoch)));

  int64_t step = 0;
  std::error_code ignored;
  if (options.resume && std::filesystem::exists(options.checkpoint, ignored)) {
    EDGEBERT_ASSIGN_OR_RETURN(const Checkpoint checkpoint,
                              LoadCheckpoint(options.checkpoint, options.fingerprint, optimizer));
    EDGEBERT_RETURN_IF_ERROR(RestoreEncoder(encoder, checkpoint));
    EDGEBERT_RETURN_IF_ERROR(hooks.Restore(checkpoint));
    step = checkpoint.step;
  }
  const auto save = [&] {
    return SaveCheckpoint(options.checkpoint,
                          MakeCheckpoint(encoder, options.fingerprint, step, hooks), optimizer);
  };

  LossLog log(options.log, step > 0);
  Meter meter(options.stage, step, total);
  Clock::time_point saved = Clock::now();
  std::vector<std::vector<int64_t>> batches;
  int64_t planned_epoch = -1;
  while (step < total) {
    const int64_t epoch = step / batches_per_epoch;
    if (epoch != planned_epoch) {
      batches = PlanEpoch(examples, options.schedule.batch_size, options.seed, epoch);
      planned_epoch = epoch;
    }
    const double progress = static_cast<double>(step) / static_cast<double>(total);
    const double share = LearningRateShare(progress, options.schedule.warmup);
    SetLearningRates(optimizer, options.schedule, share, options.span_learning_rate);
    EDGEBERT_RETURN_IF_ERROR(hooks.BeforeStep(progress, step));
    torch::manual_seed(options.seed * 0x9E3779B97F4A7C15u + static_cast<uint64_t>(step));
    const Batch batch = MakeBatch(examples, batches[static_cast<size_t>(step % batches_per_epoch)],
                                  options.pad_id, encoder.device());
    const torch::Tensor loss = hooks.Loss(encoder.Forward(batch, options.forward), batch);
    const double loss_value = loss.item<double>();
    if (!std::isfinite(loss_value)) {
      return InvalidArgument(fmt::format(
          "{}: the loss is {} at step {}; a lower learning rate may help. The last checkpoint is "
          "kept",
          options.stage, loss_value, step + 1));
    }
    optimizer.zero_grad();
    loss.backward();
    hooks.AfterBackward(options.schedule.learning_rate * share);
    ClipAndStep(optimizer, options.schedule.gradient_clip);
    hooks.AfterStep();
    ++step;
    const TrainingProgress& shown = meter.Update(step, loss_value, batch.tokens);
    if (step % kLogInterval == 0 || step == total) {
      log.Write(shown);
    }
    if (observer && !observer(shown)) {
      EDGEBERT_RETURN_IF_ERROR(save());
      return Cancelled(fmt::format("{}: stopped after step {} of {}; --resume goes on from there",
                                   options.stage, step, total));
    }
    if (Clock::now() - saved > kCheckpointInterval) {
      EDGEBERT_RETURN_IF_ERROR(save());
      saved = Clock::now();
    }
  }
  return hooks.BeforeStep(1.0, total);
}

}  // namespace

double LearningRateShare(double progress, double warmup) {
  if (progress < warmup) {
    return progress / warmup;
  }
  return warmup < 1 ? (1 - progress) / (1 - warmup) : 1;
}

Status RunTrainingLoop(TorchEncoder& encoder, std::span<const TokenizedExample> examples,
                       const LoopOptions& options, StageHooks& hooks,
                       const TrainingObserver& observer) {
  if (examples.empty()) {
    return InvalidArgument(options.stage + ": there is no training example");
  }
  try {
    return Loop(encoder, examples, options, hooks, observer);
  } catch (const std::exception& error) {  // libtorch reports by exceptions.
    const std::string_view text = error.what();
    return Internal(fmt::format("{}: {}", options.stage, text.substr(0, text.find('\n'))));
  }
}

}  // namespace edgebert
