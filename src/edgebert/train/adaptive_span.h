#ifndef EDGEBERT_TRAIN_ADAPTIVE_SPAN_H_
#define EDGEBERT_TRAIN_ADAPTIVE_SPAN_H_

#include <torch/torch.h>

#include <vector>

#include "edgebert/model/config.h"

namespace edgebert {

/// One attention span for each head of each distinct layer. While it is learned, a head weighs keys
/// at distance d with clamp((span − d) / ramp, 0, 1): it fades out over `ramp` distances, and with
/// a span of 0 the head is gone. Frozen spans are whole numbers, and keys at distance < span count
/// fully: what inference does. The idea is that of Sukhbaatar et al., "Adaptive attention span in
/// transformers" (ACL 2019), over distances and able to reach zero.
class AdaptiveSpan {
 public:
  explicit AdaptiveSpan(const ModelConfig& config);

  /// Starts learning from `initial` for every head.
  void BeginLearning(double initial, double ramp, torch::Device device);
  /// Rounds up what was learned and holds it.
  void Freeze();

  bool is_learning() const { return learned_.defined(); }
  bool is_frozen() const { return !frozen_.empty(); }
  /// [distinct layers × heads]; undefined unless learning. The caller's optimizer updates it.
  torch::Tensor& learned() { return learned_; }
  /// Keeps learned spans within [0, longest + ramp].
  void Clamp(double longest);
  /// The mean span as a share of `longest`: what a penalty pushes down.
  torch::Tensor MeanShare(double longest) const;

  /// [distinct layers × heads], as ModelConfig::attention_spans; empty: unlimited.
  std::vector<int> Spans() const;
  /// Ends learning with these spans.
  void SetFrozen(std::vector<int> spans);

  /// [heads × tokens × tokens] weights in [0, 1] of keys; undefined: all are 1.
  torch::Tensor Weights(int distinct_layer, int64_t tokens, torch::Device device) const;

 private:
  int num_distinct_layers_;
  int num_heads_;
  int max_positions_;
  torch::Tensor learned_;
  double ramp_ = 0;
  std::vector<int> frozen_;
};

}  // namespace edgebert

#endif  // EDGEBERT_TRAIN_ADAPTIVE_SPAN_H_
