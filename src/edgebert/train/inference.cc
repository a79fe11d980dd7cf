#include "edgebert/train/inference.h"

#include <chrono>
#include <exception>
#include <string>

namespace edgebert {
namespace {

constexpr int kBatchSize = 64;

Result<torch::Tensor> Compute(TorchEncoder& encoder, std::span<const TokenizedExample> examples,
                              int32_t pad_id, const ForwardOptions& options,
                              const TrainingObserver& observer) {
  const torch::NoGradGuard no_gradient;
  const auto off_ramps = static_cast<int64_t>(encoder.config().off_ramp_layers.size());
  torch::Tensor all = torch::zeros(
      {static_cast<int64_t>(examples.size()), off_ramps, encoder.config().num_classes()});
  const std::vector<std::vector<int64_t>> batches = PlanEpoch(examples, kBatchSize, 0, 0);
  const auto start = std::chrono::steady_clock::now();
  TrainingProgress progress;
  progress.stage = "inference";
  progress.total_steps = static_cast<int64_t>(batches.size());
  int64_t tokens = 0;
  for (const std::vector<int64_t>& indices : batches) {
    const Batch batch = MakeBatch(examples, indices, pad_id, encoder.device());
    const torch::Tensor logits = torch::stack(encoder.Forward(batch, options).logits, 1);
    all.index_copy_(0, batch.examples, logits.to(torch::kCPU));
    tokens += batch.tokens;
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    ++progress.step;
    progress.tokens_per_second = static_cast<double>(tokens) / seconds;
    progress.seconds_left = seconds / static_cast<double>(progress.step) *
                            static_cast<double>(progress.total_steps - progress.step);
    if (observer && !observer(progress)) {
      return Cancelled("stopped");
    }
  }
  return all;
}

}  // namespace

Result<torch::Tensor> ComputeLogits(TorchEncoder& encoder,
                                    std::span<const TokenizedExample> examples, int32_t pad_id,
                                    const ForwardOptions& options,
                                    const TrainingObserver& observer) {
  try {
    return Compute(encoder, examples, pad_id, options, observer);
  } catch (const std::exception& error) {  // libtorch reports by exceptions.
    const std::string_view text = error.what();
    return Internal(std::string(text.substr(0, text.find('\n'))));
  }
}

std::vector<double> Accuracies(const torch::Tensor& logits,
                               std::span<const TokenizedExample> examples) {
  torch::Tensor labels = torch::zeros({static_cast<int64_t>(examples.size())}, torch::kInt64);
  for (size_t i = 0; i < examples.size(); ++i) {
    labels[static_cast<int64_t>(i)] = examples[i].label;
  }
  const torch::Tensor correct =
      (logits.argmax(2) == labels.unsqueeze(1)).to(torch::kFloat64).mean(0);
  return {correct.data_ptr<double>(), correct.data_ptr<double>() + correct.numel()};
}

}  // namespace edgebert
