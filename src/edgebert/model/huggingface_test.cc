#include "edgebert/model/huggingface.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "edgebert/model/safetensors.h"
#include "edgebert/testing/huggingface_checkpoints.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

namespace fs = std::filesystem;
using ::edgebert::testing::Contents;
using ::edgebert::testing::DamagedCheckpoint;
using ::edgebert::testing::GoldenCheckpointPath;
using ::edgebert::testing::SharedDirectory;
using ::edgebert::testing::Write;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Json = nlohmann::json;

std::string Fnv1a(const std::vector<uint8_t>& bytes) {
  uint64_t value = 0xCBF29CE484222325;
  for (const uint8_t byte : bytes) {
    value = (value ^ byte) * 0x100000001B3;
  }
  char text[17];
  std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(value));
  return text;
}

class GoldenCheckpoint : public ::testing::TestWithParam<const char*> {};

TEST_P(GoldenCheckpoint, EveryTensorEqualsTheModuleItCameFrom) {
  const fs::path directory = GoldenCheckpointPath(GetParam());
  const auto model = ImportHuggingFace(directory);
  ASSERT_OK(model);
  EXPECT_OK(ValidateModel(*model));
  const Json expected = Json::parse(Contents(directory / "expected.json"));
  EXPECT_EQ(model->tensors.size(), expected["tensors"].size());
  for (const auto& [name, description] : expected["tensors"].items()) {
    const Tensor* const tensor = model->Find(name);
    ASSERT_NE(tensor, nullptr) << name;
    EXPECT_EQ(tensor->shape, description["shape"].get<std::vector<int64_t>>()) << name;
    EXPECT_EQ(Fnv1a(tensor->payload), description["fnv1a"].get<std::string>()) << name;
  }
  EXPECT_EQ(model->exits.threshold_nats, 0.0f);
  EXPECT_EQ(model->exits.calibration, "not calibrated");
  const Json provenance = Json::parse(model->provenance);
  EXPECT_EQ(provenance["source"], GetParam());
  EXPECT_EQ(provenance["architecture"], expected["architecture"]);
  EXPECT_EQ(provenance["weights_xxh3"].get<std::string>().size(), 16u);
}

TEST_P(GoldenCheckpoint, TokenizesAsTransformersDoes) {
  const fs::path directory = GoldenCheckpointPath(GetParam());
  const auto model = ImportHuggingFace(directory);
  ASSERT_OK(model);
  const auto tokenizer = Tokenizer::Create(model->tokenizer);
  ASSERT_OK(tokenizer);
  const Json expected = Json::parse(Contents(directory / "expected.json"));
  for (const Json& example : expected["examples"]) {
    const auto text = example["text"].get<std::string>();
    std::optional<std::string> pair;
    if (!example["pair"].is_null()) {
      pair = example["pair"].get<std::string>();
    }
    const auto encoding = (*tokenizer)->Encode(text, pair, 48);
    ASSERT_OK(encoding);
    EXPECT_EQ(encoding->ids, example["input_ids"].get<std::vector<int32_t>>()) << text;
    EXPECT_EQ(encoding->segment_ids, example["segment_ids"].get<std::vector<int32_t>>()) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(All, GoldenCheckpoint,
                         ::testing::Values("albert-groups", "albert-shared", "albert-fp16",
                                           "bert-gelu", "bert-3class-pairs", "bert-model",
                                           "bert-bf16", "bert-tokenizer-json", "bert-off-ramps"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(HuggingFaceTest, ReadsShapesOfBothFamilies) {
  const auto albert = ImportHuggingFace(GoldenCheckpointPath("albert-groups"));
  ASSERT_OK(albert);
  EXPECT_EQ(albert->config.family, Family::kAlbert);
  EXPECT_EQ(albert->config.embedding_size, 16);
  EXPECT_EQ(albert->config.hidden_size, 32);
  EXPECT_EQ(albert->config.activation, Activation::kGeluTanh);
  EXPECT_THAT(albert->config.layer_map, ElementsAre(0, 0, 1, 1, 2));
  EXPECT_THAT(albert->config.off_ramp_layers, ElementsAre(5));
  EXPECT_EQ(albert->tokenizer.kind, TokenizerKind::kUnigram);

  const auto pairs = ImportHuggingFace(GoldenCheckpointPath("bert-3class-pairs"));
  ASSERT_OK(pairs);
  EXPECT_THAT(pairs->config.labels, ElementsAre("entailment", "neutral", "contradiction"));
  EXPECT_EQ(pairs->config.layer_norm_epsilon, 1e-5f);

  const auto encoder = ImportHuggingFace(GoldenCheckpointPath("bert-model"));
  ASSERT_OK(encoder);
  EXPECT_THAT(encoder->config.off_ramp_layers, IsEmpty());
  EXPECT_FALSE(encoder->tokenizer.lower_case);
  EXPECT_FALSE(encoder->tokenizer.strip_accents);

  const auto ramps = ImportHuggingFace(GoldenCheckpointPath("bert-off-ramps"));
  ASSERT_OK(ramps);
  EXPECT_THAT(ramps->config.off_ramp_layers, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(ramps->config.layer_map, ElementsAre(0, 0, 1, 1));
  EXPECT_EQ(ramps->config.pooled_size(), 64);
}

struct RealCheckpoint {
  const char* name;
  int groups;
};

class RealCheckpointTest : public ::testing::TestWithParam<RealCheckpoint> {};

TEST_P(RealCheckpointTest, IsReadWhole) {
  const fs::path directory = SharedDirectory() / "models" / GetParam().name;
  EDGEBERT_REQUIRE_SHARED(directory);
  const auto model = ImportHuggingFace(directory);
  ASSERT_OK(model);
  const ModelConfig& config = model->config;
  EXPECT_EQ(config.vocabulary_size, 30522);
  EXPECT_EQ(config.hidden_size, 384);
  EXPECT_EQ(config.num_layers, 12);
  EXPECT_EQ(config.num_distinct_layers, GetParam().groups);
  for (int layer = 1; layer <= 12; ++layer) {
    EXPECT_EQ(config.DistinctLayer(layer), (layer - 1) / (12 / GetParam().groups));
    EXPECT_TRUE(config.HasOffRamp(layer));
  }
  EXPECT_THAT(config.labels, ElementsAre("negative", "positive"));
  EXPECT_THAT(config.pooling, ElementsAre(Pooling::kCls, Pooling::kMean));
  EXPECT_EQ(model->tokenizer.pieces.size(), 30522u);

  const auto file = SafetensorsFile::Open(directory / "model.safetensors");
  ASSERT_OK(file);
  EXPECT_EQ(file->entries().size(), model->tensors.size());
  const std::pair<const char*, const char*> names[] = {
      {"off_ramp.3.pooler.weight", "off_ramps.3.pooler.weight"},
      {"off_ramp.12.classifier.bias", "off_ramps.12.classifier.bias"},
      {"layer.3.feed_forward.down.weight", "bert.encoder.layer.3.output.dense.weight"},
      {"embedding.norm.gain", "bert.embeddings.LayerNorm.weight"},
  };
  for (const auto& [ours, theirs] : names) {
    const Tensor* const tensor = model->Find(ours);
    const SafetensorsEntry* const entry = file->Find(theirs);
    ASSERT_NE(tensor, nullptr) << ours;
    ASSERT_NE(entry, nullptr) << theirs;
    const auto values = file->ReadFloats(*entry);
    ASSERT_OK(values);
    EXPECT_EQ(FloatValues(*tensor), *values) << ours;
  }
}

INSTANTIATE_TEST_SUITE_P(All, RealCheckpointTest,
                         ::testing::Values(RealCheckpoint{"sst2-12x384", 12},
                                           RealCheckpoint{"sst2-12x384-shared4", 4}),
                         [](const auto& test) {
                           return test.param.groups == 12 ? "distinct" : "shared4";
                         });

TEST(HuggingFaceTest, PassesOverTensorsThatDoNotMatter) {
  const DamagedCheckpoint bert("bert-off-ramps");
  bert.Add("bert.embeddings.position_ids", "I64", 48, 8);
  bert.Add("bert.pooler.dense.bias", "F32", 32, 4);
  bert.Add("cls.predictions.bias", "F32", 101, 4);
  bert.Add("cls.seq_relationship.bias", "F32", 2, 4);
  EXPECT_OK(bert.Import());
  const DamagedCheckpoint albert("albert-groups");
  albert.Add("predictions.bias", "F32", 62, 4);
  albert.Add("sop_classifier.classifier.bias", "F32", 2, 4);
  EXPECT_OK(albert.Import());
}

TEST(HuggingFaceTest, ThePrefixMayBeThereOrNot) {
  const auto with = ImportHuggingFace(GoldenCheckpointPath("bert-gelu"));
  ASSERT_OK(with);
  const DamagedCheckpoint checkpoint("bert-gelu");
  checkpoint.ReplaceInNames("bert.", "");
  const auto without = ImportHuggingFace(checkpoint.path());
  ASSERT_OK(without);
  EXPECT_EQ(with->tensors, without->tensors);
}

TEST(HuggingFaceTest, ReadsOldNamesOfLayerNorm) {
  const auto expected = ImportHuggingFace(GoldenCheckpointPath("bert-gelu"));
  ASSERT_OK(expected);
  const DamagedCheckpoint checkpoint("bert-gelu");
  checkpoint.ReplaceInNames("LayerNorm.weight", "LayerNorm.gamma");
  checkpoint.ReplaceInNames("LayerNorm.bias", "LayerNorm.beta");
  const auto model = ImportHuggingFace(checkpoint.path());
  ASSERT_OK(model);
  EXPECT_EQ(model->tensors, expected->tensors);
  checkpoint.Add("bert.embeddings.LayerNorm.weight", "F32", 32, 4);
  EXPECT_THAT(checkpoint.Import().message(), HasSubstr("LayerNorm.gamma' has no place"));
}

TEST(HuggingFaceTest, TokenizerSettingsFollowTokenizerConfig) {
  const auto imported = [](const char* patch) {
    const DamagedCheckpoint checkpoint("bert-gelu");
    checkpoint.PatchConfig("tokenizer_config.json", patch);
    const auto model = ImportHuggingFace(checkpoint.path());
    EXPECT_OK(model);
    return model.ok() ? model->tokenizer : TokenizerData();
  };
  const TokenizerData defaults = imported(R"({"do_lower_case": null})");
  EXPECT_TRUE(defaults.lower_case);
  EXPECT_TRUE(defaults.strip_accents);
  EXPECT_TRUE(defaults.split_chinese_characters);
  const TokenizerData cased = imported(R"({"do_lower_case": false})");
  EXPECT_FALSE(cased.lower_case);
  EXPECT_FALSE(cased.strip_accents);
  const TokenizerData explicit_settings = imported(
      R"({"do_lower_case": false, "strip_accents": true, "tokenize_chinese_chars": false})");
  EXPECT_FALSE(explicit_settings.lower_case);
  EXPECT_TRUE(explicit_settings.strip_accents);
  EXPECT_FALSE(explicit_settings.split_chinese_characters);
}

TEST(HuggingFaceTest, SentencePieceSettingsFollowTokenizerConfig) {
  const DamagedCheckpoint checkpoint("albert-groups");
  fs::remove(checkpoint.path() / "tokenizer_config.json");
  const auto defaults = ImportHuggingFace(checkpoint.path());
  ASSERT_OK(defaults);
  EXPECT_TRUE(defaults->tokenizer.lower_case);
  EXPECT_TRUE(defaults->tokenizer.strip_accents);
  Write(checkpoint.path() / "tokenizer_config.json",
        R"({"do_lower_case": false, "keep_accents": true})");
  const auto cased = ImportHuggingFace(checkpoint.path());
  ASSERT_OK(cased);
  EXPECT_FALSE(cased->tokenizer.lower_case);
  EXPECT_FALSE(cased->tokenizer.strip_accents);
}

TEST(HuggingFaceTest, TokenizerJsonComesBeforeVocabTxt) {
  const DamagedCheckpoint checkpoint("bert-tokenizer-json");
  Write(checkpoint.path() / "vocab.txt", "never read");
  const auto model = ImportHuggingFace(checkpoint.path());
  ASSERT_OK(model);
  EXPECT_EQ(Json::parse(model->provenance)["tokenizer"], "tokenizer.json");
}

TEST(HuggingFaceTest, ProvenanceHoldsTheDirectoryNameAlone) {
  const DamagedCheckpoint checkpoint("bert-gelu");
  for (const fs::path& path :
       {checkpoint.path(), checkpoint.path() / "", checkpoint.path() / "."}) {
    const auto model = ImportHuggingFace(path);
    ASSERT_OK(model);
    EXPECT_EQ(Json::parse(model->provenance)["source"], "checkpoint") << path;
  }
}

}  // namespace
}  // namespace edgebert
