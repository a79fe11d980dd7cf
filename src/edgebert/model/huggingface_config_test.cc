#include "edgebert/model/huggingface_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Json = nlohmann::json;

Json Bert() {
  return Json::parse(R"({
    "architectures": ["BertForSequenceClassification"], "model_type": "bert", "vocab_size": 100,
    "hidden_size": 32, "num_hidden_layers": 6, "num_attention_heads": 4, "intermediate_size": 64,
    "hidden_act": "gelu", "layer_norm_eps": 1e-5, "max_position_embeddings": 48,
    "type_vocab_size": 2})");
}

Json Albert() {
  Json config = Bert();
  config["architectures"] = {"AlbertForSequenceClassification"};
  config["model_type"] = "albert";
  config["embedding_size"] = 16;
  config["num_hidden_groups"] = 1;
  config["inner_group_num"] = 1;
  return config;
}

Json OffRamps() {
  return Json::parse(
      R"({"count": 6, "pooling": ["cls", "mean"], "pooler_size": 24, "activation": "tanh"})");
}

TEST(HuggingFaceConfigTest, ReadsBert) {
  const auto config = ParseHuggingFaceConfig(Bert().dump());
  ASSERT_OK(config);
  EXPECT_EQ(config->architecture, "BertForSequenceClassification");
  EXPECT_EQ(config->head, HuggingFaceHead::kClassifier);
  const ModelConfig& model = config->model;
  EXPECT_EQ(model.family, Family::kBert);
  EXPECT_EQ(model.vocabulary_size, 100);
  EXPECT_EQ(model.embedding_size, 32);
  EXPECT_EQ(model.hidden_size, 32);
  EXPECT_EQ(model.intermediate_size, 64);
  EXPECT_EQ(model.num_heads, 4);
  EXPECT_EQ(model.num_layers, 6);
  EXPECT_EQ(model.num_distinct_layers, 6);
  EXPECT_THAT(model.layer_map, ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_EQ(model.max_positions, 48);
  EXPECT_EQ(model.num_segments, 2);
  EXPECT_EQ(model.activation, Activation::kGelu);
  EXPECT_EQ(model.layer_norm_epsilon, 1e-5f);
  EXPECT_THAT(model.labels, ElementsAre("LABEL_0", "LABEL_1"));
  EXPECT_THAT(model.off_ramp_layers, ElementsAre(6));
  EXPECT_THAT(model.pooling, ElementsAre(Pooling::kCls));
  EXPECT_EQ(model.pooler_size, 32);
  EXPECT_FALSE(model.shared_off_ramp);
}

TEST(HuggingFaceConfigTest, DefaultsAreThoseOfTransformers) {
  for (Json json : {Bert(), Albert()}) {
    for (const char* key : {"model_type", "hidden_act", "layer_norm_eps", "inner_group_num"}) {
      json.erase(key);
    }
    const auto config = ParseHuggingFaceConfig(json.dump());
    ASSERT_OK(config);
    EXPECT_EQ(config->model.layer_norm_epsilon, 1e-12f);
    EXPECT_EQ(config->model.activation,
              config->model.family == Family::kAlbert ? Activation::kGeluTanh : Activation::kGelu);
  }
}

TEST(HuggingFaceConfigTest, NullCountsAsAbsentAndUnknownKeysAreIgnored) {
  Json json = Bert();
  json.update(Json::parse(
      R"({"problem_type": null, "id2label": null, "classifier_dropout": null, "off_ramps": null,
          "position_embedding_type": "absolute", "is_decoder": false, "pruned_heads": {},
          "anything": {"at": ["all"]}})"));
  EXPECT_OK(ParseHuggingFaceConfig(json.dump()));
}

TEST(HuggingFaceConfigTest, ReadsEveryActivation) {
  const std::pair<const char*, Activation> cases[] = {
      {"gelu", Activation::kGelu},
      {"gelu_new", Activation::kGeluTanh},
      {"gelu_pytorch_tanh", Activation::kGeluTanh},
      {"relu", Activation::kRelu},
  };
  for (const auto& [name, expected] : cases) {
    Json json = Albert();
    json["hidden_act"] = name;
    const auto config = ParseHuggingFaceConfig(json.dump());
    ASSERT_OK(config);
    EXPECT_EQ(config->model.activation, expected) << name;
  }
}

TEST(HuggingFaceConfigTest, ReadsModelsWithoutClassifier) {
  for (const char* architecture : {"BertModel", "AlbertModel"}) {
    Json json = std::string(architecture) == "BertModel" ? Bert() : Albert();
    json["architectures"] = {architecture};
    const auto config = ParseHuggingFaceConfig(json.dump());
    ASSERT_OK(config);
    EXPECT_EQ(config->head, HuggingFaceHead::kNone);
    EXPECT_THAT(config->model.off_ramp_layers, IsEmpty());
    EXPECT_THAT(config->model.labels, IsEmpty());
  }
}

TEST(HuggingFaceConfigTest, SharesLayersInGroupsAsTransformersDoes) {
  const auto map = [](Json json, int layers, int groups) {
    json["num_hidden_layers"] = layers;
    json["num_hidden_groups"] = groups;
    const auto config = ParseHuggingFaceConfig(json.dump());
    EXPECT_OK(config);
    return config.ok() ? config->model.layer_map : std::vector<int>();
  };
  EXPECT_THAT(map(Albert(), 12, 1), Each(0));
  EXPECT_THAT(map(Albert(), 4, 4), ElementsAre(0, 1, 2, 3));
  // int(i / (5 / 3)) for i in range(5)
  EXPECT_THAT(map(Albert(), 5, 3), ElementsAre(0, 0, 1, 1, 2));
  EXPECT_THAT(map(Bert(), 12, 4), ElementsAre(0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3));
}

TEST(HuggingFaceConfigTest, ReadsOffRamps) {
  Json json = Bert();
  json["off_ramps"] = OffRamps();
  const auto config = ParseHuggingFaceConfig(json.dump());
  ASSERT_OK(config);
  EXPECT_EQ(config->head, HuggingFaceHead::kOffRamps);
  EXPECT_THAT(config->model.off_ramp_layers, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(config->model.pooling, ElementsAre(Pooling::kCls, Pooling::kMean));
  EXPECT_EQ(config->model.pooler_size, 24);
}

TEST(HuggingFaceConfigTest, ReadsSomeSharedOffRampsSpansAndALayerMap) {
  Json json = Bert();  // 6 layers
  json["off_ramps"] = OffRamps();
  json["off_ramps"]["count"] = 2;
  json["off_ramps"]["layers"] = {2, 6};
  json["off_ramps"]["shared"] = true;
  json["num_hidden_groups"] = 2;
  json["layer_map"] = {0, 1, 0, 1, 0, 1};
  const auto heads = json["num_attention_heads"].get<size_t>();
  json["attention_spans"] = {std::vector<int>(heads, 0), std::vector<int>(heads, 4)};
  const auto config = ParseHuggingFaceConfig(json.dump());
  ASSERT_OK(config);
  EXPECT_THAT(config->model.off_ramp_layers, ElementsAre(2, 6));
  EXPECT_TRUE(config->model.shared_off_ramp);
  EXPECT_THAT(config->model.layer_map, ElementsAre(0, 1, 0, 1, 0, 1));
  EXPECT_EQ(config->model.Span(0, 0), 0);
  EXPECT_EQ(config->model.Span(1, 0), 4);
}

TEST(HuggingFaceConfigTest, LabelsStandInTheOrderOfTheirIds) {
  Json json = Bert();
  for (int id = 11; id >= 0; --id) {
    json["id2label"][std::to_string(id)] = "class " + std::to_string(id);
  }
  const auto config = ParseHuggingFaceConfig(json.dump());
  ASSERT_OK(config);
  ASSERT_EQ(config->model.num_classes(), 12);
  EXPECT_EQ(config->model.labels[2], "class 2");
  EXPECT_EQ(config->model.labels[10], "class 10");
}

TEST(HuggingFaceConfigTest, NumLabelsNamesClassesThatHaveNoNames) {
  Json json = Bert();
  json["num_labels"] = 3;
  const auto config = ParseHuggingFaceConfig(json.dump());
  ASSERT_OK(config);
  EXPECT_THAT(config->model.labels, ElementsAre("LABEL_0", "LABEL_1", "LABEL_2"));
}

TEST(HuggingFaceConfigTest, RefusesWhatIsNoJsonObject) {
  for (const char* text : {"", "{", "[]", "3", "{\"a\":1}x", "{\"a\":\"\xFF\"}"}) {
    EXPECT_THAT(ParseHuggingFaceConfig(text).status().message(), HasSubstr("JSON")) << text;
  }
}

TEST(HuggingFaceConfigTest, RefusesBytesHiddenBehindNul) {
  const std::string text = Bert().dump() + std::string("\0{}", 3);
  EXPECT_THAT(ParseHuggingFaceConfig(text).status().message(),
              HasSubstr("byte " + std::to_string(text.size() - 3) + " is NUL"));
}

/// A change to a valid configuration (a JSON merge patch, where null removes a key), and what the
/// error must say.
struct Damage {
  const char* patch;
  const char* expected;
};

void ExpectRefused(const Json& valid, const std::vector<Damage>& damages) {
  for (const Damage& damage : damages) {
    Json json = valid;
    json.merge_patch(Json::parse(damage.patch));
    const Status status = ParseHuggingFaceConfig(json.dump()).status();
    EXPECT_FALSE(status.ok()) << damage.patch;
    EXPECT_THAT(status.message(), HasSubstr(damage.expected)) << damage.patch;
  }
}

TEST(HuggingFaceConfigTest, RefusesBrokenSpansAndLayerMaps) {
  ExpectRefused(Bert(),
                {{R"({"layer_map": [0, 1]})", "layer_map is a list, expected a list of 6 integers"},
                 {R"({"layer_map": [0, 1, 2, 3, 4, 6]})", "layer_map is 6"},
                 {R"({"layer_map": [0, 0, 0, 0, 0, 0]})", "configuration: "},
                 {R"({"attention_spans": 3})", "attention_spans is 3, expected a list of 6 lists"},
                 {R"({"attention_spans": [1, 2, 3, 4, 5, 6]})", "attention_spans[0].spans is 1"}});
}

TEST(HuggingFaceConfigTest, RefusesOtherArchitecturesByName) {
  ExpectRefused(
      Bert(),
      {{R"({"architectures": null})",
        "architectures is missing, expected one of BertModel, "
        "BertForSequenceClassification, AlbertModel, "
        "AlbertForSequenceClassification"},
       {R"({"architectures": "BertModel"})", "architectures is \"BertModel\", expected a list"},
       {R"({"architectures": []})", "architectures is a list, expected a list of one name"},
       {R"({"architectures": ["BertModel", "BertModel"]})", "a list of one name"},
       {R"({"architectures": [3]})", "a list of one name"},
       {R"({"architectures": ["BertForMaskedLM"]})",
        "architecture \"BertForMaskedLM\" is not supported, expected one of BertModel"},
       {R"({"architectures": ["RobertaModel"]})", "\"RobertaModel\" is not supported"},
       {R"({"model_type": "albert"})", "model_type is \"albert\", but architecture"},
       {R"({"model_type": 3})", "model_type is 3, expected a string"}});
}

TEST(HuggingFaceConfigTest, RefusesEachBrokenShape) {
  ExpectRefused(
      Bert(),
      {{R"({"vocab_size": null})", "vocab_size is missing"},
       {R"({"hidden_size": null})", "hidden_size is missing"},
       {R"({"num_hidden_layers": null})", "num_hidden_layers is missing"},
       {R"({"num_attention_heads": null})", "num_attention_heads is missing"},
       {R"({"intermediate_size": null})", "intermediate_size is missing"},
       {R"({"max_position_embeddings": null})", "max_position_embeddings is missing"},
       {R"({"type_vocab_size": null})", "type_vocab_size is missing"},
       {R"({"vocab_size": 0})", "vocab_size is 0, expected an integer from 1"},
       {R"({"vocab_size": 18446744073709551615})", "vocab_size is 18446744073709551615"},
       {R"({"hidden_size": -32})", "hidden_size is -32"},
       {R"({"hidden_size": 32.0})", "hidden_size is 32.0, expected an integer"},
       {R"({"hidden_size": "32"})", "hidden_size is \"32\", expected an integer"},
       {R"({"hidden_size": [32]})", "hidden_size is a list, expected an integer"},
       {R"({"hidden_size": true})", "hidden_size is true, expected an integer"},
       {R"({"hidden_size": 65537})", "hidden_size is 65537"},
       {R"({"num_hidden_layers": 65})", "num_hidden_layers is 65, expected an integer from 1 to"},
       {R"({"num_attention_heads": 129})", "num_attention_heads is 129"},
       {R"({"num_attention_heads": 5})", "num_attention_heads, 5, does not divide"},
       {R"({"intermediate_size": 0})", "intermediate_size is 0"},
       {R"({"max_position_embeddings": 3})", "max_position_embeddings is 3"},
       {R"({"type_vocab_size": 17})", "type_vocab_size is 17"},
       {R"({"embedding_size": 16})", "embedding_size is 16, expected hidden_size, 32"},
       {R"({"num_hidden_groups": 0})", "num_hidden_groups is 0"},
       {R"({"num_hidden_groups": 7})", "num_hidden_groups is 7, expected an integer from 1 to 6"},
       {R"({"layer_norm_eps": "1e-12"})", "layer_norm_eps is \"1e-12\", expected a number"},
       {R"({"layer_norm_eps": -1})", "layer_norm_eps is -1"},
       {R"({"layer_norm_eps": 1})", "layer_norm_eps is 1, expected a number from 0 to 0.1"}});
  ExpectRefused(Albert(), {{R"({"embedding_size": null})", "embedding_size is missing"},
                           {R"({"embedding_size": 0})", "embedding_size is 0"}});
}

TEST(HuggingFaceConfigTest, RefusesOtherArithmetic) {
  ExpectRefused(
      Albert(),
      {{R"({"hidden_act": "silu"})", "hidden_act is \"silu\", expected one of gelu, gelu_new"},
       {R"({"hidden_act": 1})", "hidden_act is 1, expected a string"},
       {R"({"position_embedding_type": "relative_key"})",
        "position_embedding_type is \"relative_key\", which is not supported: expected "
        "\"absolute\""},
       {R"({"is_decoder": true})", "is_decoder is true"},
       {R"({"is_encoder_decoder": true})", "is_encoder_decoder is true"},
       {R"({"add_cross_attention": true})", "add_cross_attention is true"},
       {R"({"inner_group_num": 2})", "inner_group_num is 2"},
       {R"({"pruned_heads": {"0": [1]}})", "pruned_heads is not empty"},
       {R"({"quantization_config": {"bits": 8}})", "quantization_config"},
       {R"({"problem_type": "regression"})", "problem_type is \"regression\""},
       {R"({"problem_type": "multi_label_classification"})", "multi_label_classification"}});
}

TEST(HuggingFaceConfigTest, RefusesBrokenLabels) {
  ExpectRefused(
      Bert(),
      {{R"({"num_labels": 1})", "num_labels is 1: regression is not supported"},
       {R"({"id2label": {"0": "score"}})", "num_labels is 1: regression is not supported"},
       {R"({"num_labels": 0})", "num_labels has 0 classes"},
       {R"({"num_labels": 1025})", "num_labels has 1025 classes"},
       {R"({"num_labels": "2"})", "num_labels is \"2\", expected an integer"},
       {R"({"num_labels": 3, "id2label": {"0": "a", "1": "b"}})", "id2label has 2 entries"},
       {R"({"id2label": ["a", "b"]})", "id2label is a list, expected an object"},
       {R"({"id2label": {}})", "id2label has 0 classes"},
       {R"({"id2label": {"0": "a", "2": "b"}})", "id2label has no entry \"1\""},
       {R"({"id2label": {"1": "a", "2": "b"}})", "id2label has no entry \"0\""},
       {R"({"id2label": {"0": "a", "01": "b"}})", "id2label has no entry \"1\""},
       {R"({"id2label": {"0": "a", "1": 1}})", "id2label entry \"1\" is 1, expected a string"},
       {R"({"id2label": {"0": "a", "1": "a"}})", "configuration: "},
       {R"({"id2label": {"0": "a", "1": ""}})", "configuration: "}});
}

TEST(HuggingFaceConfigTest, RefusesBrokenOffRamps) {
  Json valid = Bert();
  valid["off_ramps"] = OffRamps();
  ExpectRefused(
      valid,
      {{R"({"off_ramps": 12})", "off_ramps is 12, expected an object"},
       {R"({"off_ramps": {"counts": 6}})",
        "off_ramps has unknown key \"counts\", did you mean 'count'?"},
       {R"({"off_ramps": {"count": null}})", "off_ramps.count is missing"},
       {R"({"off_ramps": {"count": 5}})", "off_ramps.count is 5, expected num_hidden_layers, 6"},
       {R"({"off_ramps": {"layers": [1, 2, 6]}})", "expected a list of 6 integers from 1 to 6"},
       {R"({"off_ramps": {"count": 2, "layers": [1, 7]}})", "off_ramps.layers is 7"},
       {R"({"off_ramps": {"count": 2, "layers": [6, 1]}})", "configuration: "},
       {R"({"off_ramps": {"count": 2, "layers": [1, 2]}})", "configuration: "},
       {R"({"off_ramps": {"shared": 1}})", "off_ramps.shared is 1, expected true or false"},
       {R"({"off_ramps": {"pooler_size": 0}})", "off_ramps.pooler_size is 0"},
       {R"({"off_ramps": {"activation": "relu"}})", "off_ramps.activation is \"relu\""},
       {R"({"off_ramps": {"pooling": null}})", "off_ramps.pooling is missing"},
       {R"({"off_ramps": {"pooling": "cls"}})", "off_ramps.pooling is \"cls\", expected a list"},
       {R"({"off_ramps": {"pooling": []}})", "off_ramps.pooling is a list, expected a list of one"},
       {R"({"off_ramps": {"pooling": ["max"]}})", "found \"max\""},
       {R"({"off_ramps": {"pooling": ["cls", "cls"]}})", "found \"cls\" twice"},
       {R"({"off_ramps": {"pooling": ["mean", "mean"]}})", "found \"mean\" twice"},
       {R"({"architectures": ["BertModel"]})",
        "architecture BertModel has no classes: expected BertForSequenceClassification"}});
}

}  // namespace
}  // namespace edgebert
