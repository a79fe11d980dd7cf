#ifndef EDGEBERT_MODEL_MODEL_TESTING_H_
#define EDGEBERT_MODEL_MODEL_TESTING_H_

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "edgebert/model/model.h"

/// Small models with random content, for tests.
namespace edgebert::testing {

struct TestModelOptions {
  Family family = Family::kBert;
  bool af8 = false;
  bool off_ramps = true;
  bool tables = true;  ///< With predictor, calibration record and provenance.
  int hidden_size = 8;
  uint64_t seed = 1;
};

inline ModelConfig MakeTestConfig(const TestModelOptions& options) {
  const bool albert = options.family == Family::kAlbert;
  ModelConfig config;
  config.family = options.family;
  config.vocabulary_size = 12;
  config.embedding_size = albert ? 4 : options.hidden_size;
  config.hidden_size = options.hidden_size;
  config.intermediate_size = 2 * options.hidden_size;
  config.num_heads = 2;
  config.num_layers = 3;
  config.num_distinct_layers = albert ? 1 : 3;
  config.layer_map = albert ? std::vector<int>{0, 0, 0} : std::vector<int>{0, 1, 2};
  config.max_positions = 16;
  config.num_segments = 2;
  config.activation = albert ? Activation::kGeluTanh : Activation::kGelu;
  if (options.off_ramps) {
    config.labels = {"no", "ja \"wohl\"\n"};
    config.off_ramp_layers = {1, 3};
    config.pooling = {Pooling::kCls, Pooling::kMean};
    config.pooler_size = 4;
    config.shared_off_ramp = albert;
  }
  if (albert) {
    config.attention_spans = {0, 16};
  }
  return config;
}

inline TokenizerData MakeTestTokenizer(bool unigram) {
  TokenizerData data;
  data.pieces = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##b", "ü", "漢"};
  data.pad_id = 0;
  data.unknown_id = 1;
  data.cls_id = 2;
  data.sep_id = 3;
  data.mask_id = 4;
  if (unigram) {
    data.kind = TokenizerKind::kUnigram;
    data.split_chinese_characters = false;
    for (size_t id = 0; id < data.pieces.size(); ++id) {
      data.scores.push_back(-0.5f * static_cast<float>(id));
      data.types.push_back(id == 1 ? PieceType::kUnknown
                                   : (id < 5 ? PieceType::kControl : PieceType::kNormal));
    }
  }
  return data;
}

inline Tensor MakeTestTensor(const TensorSpec& spec, bool af8, std::mt19937_64& random) {
  size_t count = 1;
  for (const int64_t dimension : spec.shape) {
    count *= static_cast<size_t>(dimension);
  }
  if (af8 && spec.role != TensorRole::kVector) {
    // The query matrices are dense, so that both ways to store AF8 occur.
    const bool dense = spec.name.find("query") != std::string::npos;
    std::vector<uint8_t> codes(count);
    for (uint8_t& code : codes) {
      code = dense || random() % 3 == 0 ? static_cast<uint8_t>(random() % 256) : uint8_t{0};
    }
    return MakeAf8Tensor(spec.name, spec.shape, static_cast<int>(random() % 64) - 32, codes);
  }
  std::vector<float> values(count);
  for (float& value : values) {
    value = static_cast<float>(random() % 2001) / 1000.0f - 1.0f;
  }
  return MakeFloatTensor(spec.name, spec.shape, values);
}

/// A valid model; the same options give the same one everywhere.
inline Model MakeTestModel(const TestModelOptions& options) {
  std::mt19937_64 random(options.seed);
  Model model;
  model.config = MakeTestConfig(options);
  model.tokenizer = MakeTestTokenizer(options.family == Family::kAlbert);
  for (const TensorSpec& spec : ExpectedTensors(model.config)) {
    model.tensors.push_back(MakeTestTensor(spec, options.af8, random));
  }
  if (options.af8) {
    ActivationBiases biases{-3, 2, {}};
    biases.layers.resize(static_cast<size_t>(model.config.num_layers));
    for (auto& layer : biases.layers) {
      for (int8_t& bias : layer) {
        bias = static_cast<int8_t>(static_cast<int>(random() % 64) - 32);
      }
    }
    model.activation_biases = std::move(biases);
  }
  model.exits.threshold_nats = 0.25f;
  if (options.tables) {
    model.exits.calibration = "at most 1 % of labels change";
    model.exits.predictor = PredictorTable{{0.0f, 0.25f, 0.5f}, {0, 0, 0.2f, 0.1f, 0.5f, 0.4f}, 2};
    const size_t off_ramps = model.config.off_ramp_layers.size();
    model.exits.record = CalibrationRecord{{5, 16}, std::vector<float>(2 * off_ramps, 0.125f)};
    model.provenance = R"({"data": ["handmade"], "license": "CC0-1.0"})";
  }
  return model;
}

}  // namespace edgebert::testing

#endif  // EDGEBERT_MODEL_MODEL_TESTING_H_
