#ifndef EDGEBERT_PIPELINE_ACTIVATION_SAMPLER_H_
#define EDGEBERT_PIPELINE_ACTIVATION_SAMPLER_H_

#include <array>
#include <vector>

#include "edgebert/engine/encoder.h"
#include "edgebert/model/model.h"

namespace edgebert {

/// Watches a float32 encoder and keeps a sample of the values at every activation site, from which
/// it chooses AF8 exponent biases. A sample is thinned evenly once it holds kMaxSample values.
class ActivationSampler : public LayerObserver {
 public:
  explicit ActivationSampler(const ModelConfig& config);

  void OnLayer(const LayerView& view) override;

  /// The exponent bias of least squared error for each site. Sites without values keep 0.
  ActivationBiases ChooseBiases() const;

 private:
  static constexpr size_t kMaxSample = size_t{1} << 19;

  struct Sample {
    std::vector<float> values;
    size_t stride = 1;   ///< Every stride-th value is kept.
    size_t skipped = 0;  ///< Values passed over since the last one kept.

    void Add(std::span<const float> more);
  };

  void AddProbabilities(int layer, const Executor& executor);
  Sample& sample(int layer, ActivationSite site) {
    return layers_[static_cast<size_t>(layer - 1)][static_cast<size_t>(site)];
  }

  ModelConfig config_;
  Sample embedding_norm_;
  Sample embedding_output_;
  std::vector<std::array<Sample, kNumActivationSites>> layers_;
};

}  // namespace edgebert

#endif  // EDGEBERT_PIPELINE_ACTIVATION_SAMPLER_H_
