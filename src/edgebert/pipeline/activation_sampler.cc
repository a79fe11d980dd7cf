#include "edgebert/pipeline/activation_sampler.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "edgebert/kernels/elementwise.h"
#include "edgebert/numeric/adaptivfloat.h"
#include "edgebert/program/layer_program.h"

namespace edgebert {
namespace {

constexpr std::array<std::pair<ActivationSite, Slot>, 7> kEncoderSlots = {{
    {ActivationSite::kQuery, Slot::kQuery},
    {ActivationSite::kKey, Slot::kKey},
    {ActivationSite::kValue, Slot::kValue},
    {ActivationSite::kContext, Slot::kContext},
    {ActivationSite::kAttentionOutput, Slot::kAttentionOutput},
    {ActivationSite::kHidden, Slot::kHidden},
    {ActivationSite::kLayerOutput, Slot::kLayerOutput},
}};

}  // namespace

ActivationSampler::ActivationSampler(const ModelConfig& config)
    : config_(config), layers_(static_cast<size_t>(config.num_layers)) {}

void ActivationSampler::Sample::Add(std::span<const float> more) {
  for (const float value : more) {
    if (++skipped < stride) {
      continue;
    }
    skipped = 0;
    values.push_back(value);
    if (values.size() == kMaxSample) {
      size_t kept = 0;
      for (size_t i = 0; i < values.size(); i += 2) {
        values[kept++] = values[i];
      }
      values.resize(kept);
      stride *= 2;
    }
  }
}

void ActivationSampler::OnLayer(const LayerView& view) {
  const Executor& executor = view.executor;
  if (view.layer == 0) {
    if (config_.has_embedding_projection()) {
      embedding_norm_.Add(executor.Values(Slot::kEmbedded));
    }
    embedding_output_.Add(executor.Values(Slot::kLayerInput));
    return;
  }
  const bool has_heads =
      !ActiveHeads(config_, config_.DistinctLayer(view.layer), config_.max_positions).empty();
  for (const auto& [site, slot] : kEncoderSlots) {
    const bool of_attention = site == ActivationSite::kQuery || site == ActivationSite::kKey ||
                              site == ActivationSite::kValue || site == ActivationSite::kContext;
    if (has_heads || !of_attention) {
      sample(view.layer, site).Add(executor.Values(slot));
    }
  }
  if (has_heads) {
    AddProbabilities(view.layer, executor);
  }
  if (config_.HasOffRamp(view.layer)) {
    sample(view.layer, ActivationSite::kOffRampInput).Add(executor.Values(Slot::kPooled));
    sample(view.layer, ActivationSite::kOffRampHidden).Add(executor.Values(Slot::kOffRampHidden));
  }
}

void ActivationSampler::AddProbabilities(int layer, const Executor& executor) {
  const std::vector<float> query = executor.Values(Slot::kQuery);
  const std::vector<float> key = executor.Values(Slot::kKey);
  const auto head_size = static_cast<size_t>(config_.head_size());
  const std::vector<HeadSpan> heads =
      ActiveHeads(config_, config_.DistinctLayer(layer), config_.max_positions);
  const size_t width = heads.size() * head_size;
  const size_t tokens = query.size() / width;
  const float scale = 1.0f / std::sqrt(static_cast<float>(head_size));
  std::vector<float> row;
  for (size_t h = 0; h < heads.size(); ++h) {
    for (size_t i = 0; i < tokens; ++i) {
      row.clear();
      for (size_t j = 0; j < tokens; ++j) {
        const size_t distance = i > j ? i - j : j - i;
        if (distance >= static_cast<size_t>(heads[h].span)) {
          continue;
        }
        float score = 0;
        for (size_t k = 0; k < head_size; ++k) {
          score += query[i * width + h * head_size + k] * key[j * width + h * head_size + k];
        }
        row.push_back(score * scale);
      }
      SoftmaxInPlace(row);
      sample(layer, ActivationSite::kProbability).Add(row);
    }
  }
}

ActivationBiases ActivationSampler::ChooseBiases() const {
  const auto choose = [](const Sample& sample) {
    return static_cast<int8_t>(SearchBias(kAf8, sample.values));
  };
  ActivationBiases biases;
  biases.embedding_output = choose(embedding_output_);
  biases.embedding_norm =
      config_.has_embedding_projection() ? choose(embedding_norm_) : biases.embedding_output;
  biases.layers.resize(layers_.size());
  for (size_t layer = 0; layer < layers_.size(); ++layer) {
    for (size_t site = 0; site < kNumActivationSites; ++site) {
      biases.layers[layer][site] = choose(layers_[layer][site]);
    }
  }
  return biases;
}

}  // namespace edgebert
