#include "edgebert/model/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "edgebert/model/model_testing.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::MakeTestConfig;
using testing::MakeTestModel;
using ::testing::Not;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<std::string> Names(const std::vector<TensorSpec>& specs) {
  std::vector<std::string> names;
  for (const TensorSpec& spec : specs) {
    names.push_back(spec.name);
  }
  return names;
}

const TensorSpec& SpecOf(const std::vector<TensorSpec>& specs, const std::string& name) {
  return *std::find_if(specs.begin(), specs.end(),
                       [&](const TensorSpec& spec) { return spec.name == name; });
}

Tensor& TensorOf(Model& model, std::string_view name) {
  return *std::find_if(model.tensors.begin(), model.tensors.end(),
                       [name](const Tensor& tensor) { return tensor.name == name; });
}

TEST(ModelTest, ExpectsTheTensorsOfAnAlbert) {
  const std::vector<TensorSpec> specs =
      ExpectedTensors(MakeTestConfig({.family = Family::kAlbert}));
  EXPECT_THAT(
      Names(specs),
      ElementsAre("embedding.norm.bias", "embedding.norm.gain", "embedding.position",
                  "embedding.projection.bias", "embedding.projection.weight", "embedding.segment",
                  "embedding.word", "layer.0.attention.key.bias", "layer.0.attention.key.weight",
                  "layer.0.attention.norm.bias", "layer.0.attention.norm.gain",
                  "layer.0.attention.output.bias", "layer.0.attention.output.weight",
                  "layer.0.attention.query.bias", "layer.0.attention.query.weight",
                  "layer.0.attention.value.bias", "layer.0.attention.value.weight",
                  "layer.0.feed_forward.down.bias", "layer.0.feed_forward.down.weight",
                  "layer.0.feed_forward.norm.bias", "layer.0.feed_forward.norm.gain",
                  "layer.0.feed_forward.up.bias", "layer.0.feed_forward.up.weight",
                  "off_ramp.0.classifier.bias", "off_ramp.0.classifier.weight",
                  "off_ramp.0.pooler.bias", "off_ramp.0.pooler.weight"));
  EXPECT_THAT(SpecOf(specs, "embedding.word").shape, ElementsAre(12, 4));
  EXPECT_EQ(SpecOf(specs, "embedding.word").role, TensorRole::kEmbeddingTable);
  EXPECT_THAT(SpecOf(specs, "embedding.projection.weight").shape, ElementsAre(8, 4));
  EXPECT_THAT(SpecOf(specs, "layer.0.feed_forward.up.weight").shape, ElementsAre(16, 8));
  EXPECT_THAT(SpecOf(specs, "layer.0.feed_forward.down.weight").shape, ElementsAre(8, 16));
  EXPECT_EQ(SpecOf(specs, "layer.0.feed_forward.down.weight").role, TensorRole::kMatrix);
  EXPECT_THAT(SpecOf(specs, "off_ramp.0.pooler.weight").shape, ElementsAre(4, 16));
  EXPECT_THAT(SpecOf(specs, "off_ramp.0.classifier.bias").shape, ElementsAre(2));
  EXPECT_EQ(SpecOf(specs, "off_ramp.0.classifier.bias").role, TensorRole::kVector);
}

TEST(ModelTest, ExpectsTheTensorsOfABert) {
  ModelConfig config = MakeTestConfig({});
  config.num_layers = 12;
  config.num_distinct_layers = 12;
  config.layer_map = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  config.off_ramp_layers = {2, 12};
  const std::vector<std::string> names = Names(ExpectedTensors(config));
  EXPECT_EQ(names.size(), 5u + 12 * 16 + 2 * 4);
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
  EXPECT_THAT(names, Not(Contains(HasSubstr("projection"))));
  EXPECT_THAT(names, Contains("layer.11.attention.query.weight"));
  EXPECT_THAT(names, Contains("off_ramp.12.pooler.weight"));
  EXPECT_THAT(names, Not(Contains(HasSubstr("off_ramp.1."))));
  config.embedding_size = 4;
  EXPECT_THAT(Names(ExpectedTensors(config)), Contains("embedding.projection.weight"));
}

TEST(ModelTest, FindsTensorsByName) {
  const Model model = MakeTestModel({});
  for (const Tensor& tensor : model.tensors) {
    EXPECT_EQ(model.Find(tensor.name), &tensor);
  }
  for (const char* name : {"", "a", "embedding.wor", "embedding.words", "zzz"}) {
    EXPECT_EQ(model.Find(name), nullptr) << name;
  }
}

TEST(ModelTest, AcceptsEveryShape) {
  for (const Family family : {Family::kBert, Family::kAlbert}) {
    for (const bool af8 : {false, true}) {
      for (const bool off_ramps : {false, true}) {
        EXPECT_OK(
            ValidateModel(MakeTestModel({.family = family, .af8 = af8, .off_ramps = off_ramps})));
      }
    }
  }
}

TEST(ModelTest, RefusesEachBrokenPart) {
  const struct {
    const char* message;
    std::function<void(Model&)> damage;
  } cases[] = {
      {"configuration: num_heads", [](Model& m) { m.config.num_heads = 0; }},
      {"tokenizer", [](Model& m) { m.tokenizer.pieces.clear(); }},
      {"tokenizer has 13 pieces, expected at most the 12 rows",
       [](Model& m) {
         for (const char* piece : {"w", "x", "y", "z"}) {
           m.tokenizer.pieces.emplace_back(piece);
         }
       }},
      {"tensor 'embedding.norm.bias' is missing", [](Model& m) { m.tensors.clear(); }},
      {"tensor 'embedding.norm.gain' is missing",
       [](Model& m) { m.tensors.erase(m.tensors.begin() + 1); }},
      {"tensor 'off_ramp.3.pooler.weight' is missing", [](Model& m) { m.tensors.pop_back(); }},
      {"is unknown, twice or out of order",
       [](Model& m) { m.tensors.insert(m.tensors.begin(), m.tensors.front()); }},
      {"tensor 'off_ramp.3.pooler.weight' is unknown or twice",
       [](Model& m) { m.tensors.push_back(m.tensors.back()); }},
      {"tensor 'zzz' is unknown or twice",
       [](Model& m) {
         m.tensors.push_back(m.tensors.back());
         m.tensors.back().name = "zzz";
       }},
      {"is missing", [](Model& m) { std::swap(m.tensors[3], m.tensors[4]); }},
      {"has shape [8 × 12], expected [12 × 8]",
       [](Model& m) {
         TensorOf(m, "embedding.word").shape = {8, 12};
       }},
      {"tensor 'embedding.word': payload",
       [](Model& m) { TensorOf(m, "embedding.word").payload.pop_back(); }},
      {"'layer.0.attention.query.weight' is float32, expected AF8",
       [](Model& m) {
         Tensor& tensor = TensorOf(m, "layer.0.attention.query.weight");
         tensor = MakeFloatTensor(tensor.name, tensor.shape, FloatValues(tensor));
       }},
      {"'embedding.norm.bias' is af8, expected float32",
       [](Model& m) {
         Tensor& tensor = TensorOf(m, "embedding.norm.bias");
         tensor = MakeAf8Tensor(tensor.name, tensor.shape, 0, std::vector<uint8_t>(8, 0x11));
       }},
      {"tensor 'embedding.position' is af8-bitmask, expected float32",
       [](Model& m) { m.activation_biases.reset(); }},
      {"exponent bias of embedding_norm is 32",
       [](Model& m) { m.activation_biases->embedding_norm = 32; }},
      {"exponent bias of embedding_output is -33",
       [](Model& m) { m.activation_biases->embedding_output = -33; }},
      {"exponent bias of layer 3, off_ramp_hidden is 100",
       [](Model& m) { m.activation_biases->layers[2][9] = 100; }},
      {"activation biases for 2 layers, expected 3",
       [](Model& m) { m.activation_biases->layers.pop_back(); }},
      {"exit threshold is nan", [](Model& m) { m.exits.threshold_nats = kNan; }},
      {"exit threshold is inf", [](Model& m) { m.exits.threshold_nats = kInfinity; }},
      {"exit threshold is -1", [](Model& m) { m.exits.threshold_nats = -1; }},
      {"5 scales of the exit threshold for",
       [](Model& m) { m.exits.off_ramp_scales.assign(5, 1.0f); }},
      {"a scale of the exit threshold is 0",
       [](Model& m) { m.exits.off_ramp_scales.assign(m.config.off_ramp_layers.size(), 0.0f); }},
      {"a scale of the exit threshold is nan",
       [](Model& m) { m.exits.off_ramp_scales.assign(m.config.off_ramp_layers.size(), kNan); }},
      {"exit calibration note", [](Model& m) { m.exits.calibration = "\xFF"; }},
      {"exit calibration note",
       [](Model& m) { m.exits.calibration.assign(kMaxProvenanceBytes + 1, 'x'); }},
      {"predictor table has 0 rows",
       [](Model& m) {
         m.exits.predictor = PredictorTable{{}, {}, 1};
       }},
      {"predictor table has 3 rows, 0 columns",
       [](Model& m) { m.exits.predictor->num_columns = 0; }},
      {"predictor table has 3 rows, 3 columns",
       [](Model& m) {
         m.exits.predictor->num_columns = 3;
         m.exits.predictor->later_entropy.resize(9);
       }},
      {"6 entries", [](Model& m) { m.exits.predictor->first_entropy.push_back(0.6f); }},
      {"predictor table: first-layer entropy of row 1",
       [](Model& m) {
         m.exits.predictor->first_entropy = {0, 0, 1};
       }},
      {"first-layer entropy of row 0",
       [](Model& m) { m.exits.predictor->first_entropy[0] = kNan; }},
      {"predictor table: entropy 0.75",
       [](Model& m) { m.exits.predictor->later_entropy[5] = 0.75f; }},
      {"predictor table: entropy nan",
       [](Model& m) { m.exits.predictor->later_entropy[0] = kNan; }},
      {"calibration record has 3 entropies for 2 sentences",
       [](Model& m) { m.exits.record->entropies.pop_back(); }},
      {"calibration record: entropy nan", [](Model& m) { m.exits.record->entropies[0] = kNan; }},
      {"calibration record: entropy -0.5", [](Model& m) { m.exits.record->entropies[3] = -0.5f; }},
      {"calibration record: a sentence of 0 tokens",
       [](Model& m) { m.exits.record->tokens[0] = 0; }},
      {"calibration record: a sentence of 17 tokens",
       [](Model& m) { m.exits.record->tokens[1] = 17; }},
      {"calibration record has 1048577 sentences",
       [](Model& m) { m.exits.record->tokens.resize(kMaxRecordSentences + 1); }},
      {"provenance", [](Model& m) { m.provenance = "trained on Tuesday"; }},
      {"provenance", [](Model& m) { m.provenance = "{\"a\":\"\xFF\"}"; }},
      {"provenance",
       [](Model& m) {
         m.provenance = "{\"a\":\"" + std::string(kMaxProvenanceBytes, 'x') + "\"}";
       }},
  };
  const Model valid = MakeTestModel({.af8 = true});
  ASSERT_OK(ValidateModel(valid));
  for (const auto& [message, damage] : cases) {
    Model model = valid;
    damage(model);
    EXPECT_THAT(ValidateModel(model).message(), HasSubstr(message));
  }
}

TEST(ModelTest, AcceptsEntropiesThatRoundingLiftsAboveTheirMaximum) {
  Model model = MakeTestModel({});
  model.exits.record->entropies[0] = std::nextafter(std::log(2.0f), 1.0f);
  EXPECT_OK(ValidateModel(model));
  model.exits.record->entropies[0] = 0.6933f;
  EXPECT_FALSE(ValidateModel(model).ok());
}

TEST(ModelTest, SitesHaveDistinctNames) {
  std::set<std::string_view> names;
  for (int site = 0; site < kNumActivationSites; ++site) {
    names.insert(ActivationSiteName(static_cast<ActivationSite>(site)));
  }
  EXPECT_EQ(names.size(), size_t{kNumActivationSites});
  EXPECT_EQ(names.count("unknown"), 0u);
}

}  // namespace
}  // namespace edgebert
