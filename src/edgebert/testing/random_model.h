#ifndef EDGEBERT_TESTING_RANDOM_MODEL_H_
#define EDGEBERT_TESTING_RANDOM_MODEL_H_

// Small random models for tests.

#include <cstdint>
#include <random>
#include <vector>

#include "edgebert/model/model.h"
#include "edgebert/numeric/adaptivfloat.h"

namespace edgebert::testing {

inline ModelConfig RandomModelConfig() {
  ModelConfig config;
  config.vocabulary_size = 40;
  config.embedding_size = 24;
  config.hidden_size = 24;
  config.intermediate_size = 40;
  config.num_heads = 3;
  config.num_layers = 3;
  config.num_distinct_layers = 2;
  config.layer_map = {0, 1, 1};
  config.max_positions = 32;
  config.num_segments = 2;
  config.labels = {"no", "maybe", "yes"};
  config.off_ramp_layers = {1, 3};
  config.pooling = {Pooling::kCls, Pooling::kMean};
  config.pooler_size = 10;
  return config;
}

/// Random tensors for `config`, float32 or AF8; exit settings and tokenizer are left empty.
inline Model RandomModel(const ModelConfig& config, bool af8, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal;
  Model model;
  model.config = config;
  for (const TensorSpec& spec : ExpectedTensors(config)) {
    int64_t count = 1;
    for (const int64_t dimension : spec.shape) {
      count *= dimension;
    }
    const bool is_gain = spec.name.ends_with(".gain");
    std::vector<float> values(static_cast<size_t>(count));
    for (float& value : values) {
      value = (is_gain ? 1.0f : 0.0f) + 0.2f * normal(random);
    }
    if (!af8 || spec.role == TensorRole::kVector) {
      model.tensors.push_back(MakeFloatTensor(spec.name, spec.shape, values));
      continue;
    }
    const int bias = SearchBias(kAf8, values);
    std::vector<uint8_t> codes(values.size());
    for (size_t i = 0; i < values.size(); ++i) {
      codes[i] = static_cast<uint8_t>(Encode(kAf8, values[i], bias));
    }
    model.tensors.push_back(MakeAf8Tensor(spec.name, spec.shape, bias, codes));
  }
  if (af8) {
    // Different at every site, so that a bias taken from the wrong one shows.
    std::uniform_int_distribution<int> jitter(-7, -5);
    ActivationBiases biases;
    biases.embedding_norm = static_cast<int8_t>(jitter(random));
    biases.embedding_output = static_cast<int8_t>(jitter(random));
    biases.layers.resize(static_cast<size_t>(config.num_layers));
    for (auto& layer : biases.layers) {
      for (int8_t& bias : layer) {
        bias = static_cast<int8_t>(jitter(random));
      }
    }
    model.activation_biases = biases;
  }
  return model;
}

}  // namespace edgebert::testing

#endif  // EDGEBERT_TESTING_RANDOM_MODEL_H_
