#include "edgebert/model/huggingface.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "edgebert/base/file.h"
#include "edgebert/model/safetensors.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

namespace fs = std::filesystem;
using ::edgebert::testing::SharedDirectory;
using ::edgebert::testing::TemporaryDirectory;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Json = nlohmann::json;

fs::path Golden(const std::string& name) {
  return fs::path(EDGEBERT_SOURCE_DIR) / "tests/golden/huggingface" / name;
}

std::string Contents(const fs::path& path) {
  const auto text = ReadTextFile(path, uint64_t{1} << 30);
  EXPECT_OK(text);
  return text.ok() ? *text : "";
}

void Write(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

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
  const fs::path directory = Golden(GetParam());
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
  const fs::path directory = Golden(GetParam());
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
  const auto albert = ImportHuggingFace(Golden("albert-groups"));
  ASSERT_OK(albert);
  EXPECT_EQ(albert->config.family, Family::kAlbert);
  EXPECT_EQ(albert->config.embedding_size, 16);
  EXPECT_EQ(albert->config.hidden_size, 32);
  EXPECT_EQ(albert->config.activation, Activation::kGeluTanh);
  EXPECT_THAT(albert->config.layer_map, ElementsAre(0, 0, 1, 1, 2));
  EXPECT_THAT(albert->config.off_ramp_layers, ElementsAre(5));
  EXPECT_EQ(albert->tokenizer.kind, TokenizerKind::kUnigram);

  const auto pairs = ImportHuggingFace(Golden("bert-3class-pairs"));
  ASSERT_OK(pairs);
  EXPECT_THAT(pairs->config.labels, ElementsAre("entailment", "neutral", "contradiction"));
  EXPECT_EQ(pairs->config.layer_norm_epsilon, 1e-5f);

  const auto encoder = ImportHuggingFace(Golden("bert-model"));
  ASSERT_OK(encoder);
  EXPECT_THAT(encoder->config.off_ramp_layers, IsEmpty());
  EXPECT_FALSE(encoder->tokenizer.lower_case);
  EXPECT_FALSE(encoder->tokenizer.strip_accents);

  const auto ramps = ImportHuggingFace(Golden("bert-off-ramps"));
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

/// A copy of a golden checkpoint that a test may damage.
class DamagedCheckpoint {
 public:
  explicit DamagedCheckpoint(const std::string& golden) {
    fs::copy(Golden(golden), path());
    fs::remove(path() / "expected.json");
  }

  fs::path path() const { return directory_.path() / "checkpoint"; }

  void PatchConfig(const char* file, const char* merge_patch) const {
    Json json = Json::parse(Contents(path() / file));
    json.merge_patch(Json::parse(merge_patch));
    Write(path() / file, json.dump());
  }

  /// Rewrites model.safetensors after `change` of its header and data.
  void ChangeWeights(const std::function<void(Json&, std::string&)>& change) const {
    const fs::path file = path() / "model.safetensors";
    const std::string bytes = Contents(file);
    uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof(length));
    Json header = Json::parse(bytes.substr(sizeof(length), length));
    std::string data = bytes.substr(sizeof(length) + length);
    change(header, data);
    const std::string text = header.dump();
    length = text.size();
    std::string field(sizeof(length), '\0');
    std::memcpy(field.data(), &length, sizeof(length));
    Write(file, field + text + data);
  }

  void Rename(const std::string& from, const std::string& to) const {
    ChangeWeights([&](Json& header, std::string&) {
      header[to] = header.at(from);
      header.erase(from);
    });
  }

  /// Renames every tensor whose name contains `part`.
  void ReplaceInNames(const std::string& part, const std::string& by) const {
    ChangeWeights([&](Json& header, std::string&) {
      Json renamed = Json::object();
      for (const auto& [name, entry] : header.items()) {
        std::string changed = name;
        if (const size_t at = changed.find(part); at != std::string::npos) {
          changed.replace(at, part.size(), by);
        }
        renamed[changed] = entry;
      }
      header = renamed;
    });
  }

  void Add(const std::string& name, const std::string& dtype, int64_t elements,
           size_t element_bytes) const {
    ChangeWeights([&](Json& header, std::string& data) {
      const size_t begin = data.size();
      data.append(static_cast<size_t>(elements) * element_bytes, '\0');
      header[name] = {
          {"dtype", dtype}, {"shape", {elements}}, {"data_offsets", {begin, data.size()}}};
    });
  }

  Status Import() const { return ImportHuggingFace(path()).status(); }

 private:
  TemporaryDirectory directory_;
};

constexpr char kQuery[] = "bert.encoder.layer.0.attention.self.query.weight";

TEST(HuggingFaceTest, RefusesAMissingTensor) {
  const DamagedCheckpoint checkpoint("bert-gelu");
  checkpoint.Rename(kQuery, "cls.predictions.elsewhere");
  EXPECT_THAT(checkpoint.Import().message(),
              HasSubstr("model.safetensors: tensor "
                        "'bert.encoder.layer.0.attention.self.query.weight' is missing, expected "
                        "with shape [32 × 32]"));
}

TEST(HuggingFaceTest, RefusesATensorOfAnotherShape) {
  const DamagedCheckpoint checkpoint("bert-gelu");
  checkpoint.ChangeWeights([](Json& header, std::string&) {
    header["bert.encoder.layer.1.output.dense.weight"]["shape"] = {64, 32};
  });
  EXPECT_THAT(checkpoint.Import().message(),
              HasSubstr("tensor 'bert.encoder.layer.1.output.dense.weight' has shape [64 × 32], "
                        "expected [32 × 64]"));
}

TEST(HuggingFaceTest, RefusesAnUnknownTensor) {
  for (const char* name : {"bert.encoder.layer.3.output.dense.bias", "surprise",
                           "off_ramps.1.pooler.weight", "albert.pooler.weight"}) {
    const DamagedCheckpoint checkpoint("bert-gelu");
    checkpoint.Add(name, "F32", 32, 4);
    const Status status = checkpoint.Import();
    EXPECT_EQ(status.code(), StatusCode::kUnsupported);
    EXPECT_THAT(status.message(), HasSubstr("tensor '" + std::string(name) + "' has no place"));
  }
}

TEST(HuggingFaceTest, RefusesAClassifierBesideOffRamps) {
  const DamagedCheckpoint checkpoint("bert-off-ramps");
  checkpoint.Add("classifier.bias", "F32", 2, 4);
  EXPECT_THAT(checkpoint.Import().message(), HasSubstr("'classifier.bias' has no place"));
}

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
  const auto with = ImportHuggingFace(Golden("bert-gelu"));
  ASSERT_OK(with);
  const DamagedCheckpoint checkpoint("bert-gelu");
  checkpoint.ReplaceInNames("bert.", "");
  const auto without = ImportHuggingFace(checkpoint.path());
  ASSERT_OK(without);
  EXPECT_EQ(with->tensors, without->tensors);
}

TEST(HuggingFaceTest, ReadsOldNamesOfLayerNorm) {
  const auto expected = ImportHuggingFace(Golden("bert-gelu"));
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

TEST(HuggingFaceTest, RefusesANeededTensorOfAnotherDtype) {
  const DamagedCheckpoint checkpoint("bert-gelu");
  checkpoint.ChangeWeights([](Json& header, std::string&) { header[kQuery]["dtype"] = "I32"; });
  EXPECT_THAT(checkpoint.Import().message(),
              HasSubstr("query.weight' is I32, expected F32, F16 or BF16"));
}

TEST(HuggingFaceTest, RefusesValuesThatAreNotFinite) {
  const DamagedCheckpoint checkpoint("bert-gelu");
  checkpoint.ChangeWeights([](Json& header, std::string& data) {
    const float infinity = std::numeric_limits<float>::infinity();
    const auto begin = header[kQuery]["data_offsets"][0].get<size_t>();
    std::memcpy(data.data() + begin + 5 * sizeof(float), &infinity, sizeof(infinity));
  });
  EXPECT_THAT(checkpoint.Import().message(),
              HasSubstr("element 5 of tensor "
                        "'bert.encoder.layer.0.attention.self.query.weight' is inf"));
}

TEST(HuggingFaceTest, RefusesAConfigurationThatDoesNotFitTheWeights) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"num_hidden_layers": 2})", "'bert.encoder.layer.2."},
      {R"({"num_hidden_layers": 4})", "'bert.encoder.layer.3.attention"},
      {R"({"num_labels": 3})", "tensor 'classifier.bias' has shape [2], expected [3]"},
      {R"({"vocab_size": 102})", "tensor 'bert.embeddings.word_embeddings.weight' has shape"},
      {R"({"architectures": ["BertModel"]})", "tensor 'classifier.bias' has no place in BertModel"},
      {R"({"hidden_act": "tanh"})", "config.json: hidden_act is \"tanh\""},
  };
  for (const auto& [patch, expected] : cases) {
    const DamagedCheckpoint checkpoint("bert-gelu");
    checkpoint.PatchConfig("config.json", patch);
    EXPECT_THAT(checkpoint.Import().message(), HasSubstr(expected)) << patch;
  }
}

TEST(HuggingFaceTest, RefusesAVocabularyLargerThanTheEmbedding) {
  const DamagedCheckpoint checkpoint("bert-gelu");
  std::ofstream(checkpoint.path() / "vocab.txt", std::ios::app) << "onemore\n";
  EXPECT_THAT(checkpoint.Import().message(), HasSubstr("tokenizer has 102 pieces"));
}

TEST(HuggingFaceTest, NamesMissingFiles) {
  const std::pair<const char*, const char*> cases[] = {
      {"config.json", "config.json: cannot open"},
      {"model.safetensors", "model.safetensors is missing"},
      {"vocab.txt", "no tokenizer, expected tokenizer.json, vocab.txt or spiece.model"},
  };
  for (const auto& [file, expected] : cases) {
    const DamagedCheckpoint checkpoint("bert-gelu");
    fs::remove(checkpoint.path() / file);
    const Status status = checkpoint.Import();
    EXPECT_EQ(status.code(), StatusCode::kNotFound);
    EXPECT_THAT(status.message(), HasSubstr(expected));
  }
}

TEST(HuggingFaceTest, RefusesWhatIsNoDirectory) {
  const TemporaryDirectory directory;
  const Status missing = ImportHuggingFace(directory.path() / "none").status();
  EXPECT_EQ(missing.code(), StatusCode::kNotFound);
  EXPECT_THAT(missing.message(), HasSubstr("none: no such directory"));
  Write(directory.path() / "file", "text");
  EXPECT_THAT(ImportHuggingFace(directory.path() / "file").status().message(),
              HasSubstr("file: is a file, expected a directory with config.json"));
}

TEST(HuggingFaceTest, NeverOpensAPickle) {
  const DamagedCheckpoint checkpoint("bert-gelu");
  fs::rename(checkpoint.path() / "model.safetensors", checkpoint.path() / "pytorch_model.bin");
  const Status status = checkpoint.Import();
  EXPECT_EQ(status.code(), StatusCode::kUnsupported);
  EXPECT_THAT(status.message(), HasSubstr("is a pickle"));
  EXPECT_THAT(status.message(), HasSubstr("save it as safetensors"));
}

TEST(HuggingFaceTest, RefusesSplitWeights) {
  const DamagedCheckpoint checkpoint("bert-gelu");
  fs::remove(checkpoint.path() / "model.safetensors");
  Write(checkpoint.path() / "model.safetensors.index.json", "{}");
  EXPECT_THAT(checkpoint.Import().message(), HasSubstr("split into several files"));
}

TEST(HuggingFaceTest, RefusesTruncatedFiles) {
  for (const char* file : {"config.json", "model.safetensors", "vocab.txt"}) {
    const DamagedCheckpoint checkpoint("bert-gelu");
    const fs::path path = checkpoint.path() / file;
    fs::resize_file(path, std::string(file) == "vocab.txt" ? 20 : fs::file_size(path) / 2);
    EXPECT_THAT(checkpoint.Import().message(), HasSubstr(file));
  }
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

TEST(HuggingFaceTest, RefusesBrokenTokenizerConfig) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"do_lower_case": "yes"})", "tokenizer_config.json: do_lower_case is no boolean"},
      {R"({"do_basic_tokenize": false})", "do_basic_tokenize is false"},
  };
  for (const auto& [patch, expected] : cases) {
    const DamagedCheckpoint checkpoint("bert-gelu");
    checkpoint.PatchConfig("tokenizer_config.json", patch);
    EXPECT_THAT(checkpoint.Import().message(), HasSubstr(expected));
  }
  const DamagedCheckpoint contradicting("bert-tokenizer-json");
  contradicting.PatchConfig("tokenizer_config.json", R"({"do_lower_case": false})");
  EXPECT_THAT(contradicting.Import().message(),
              HasSubstr("tokenizer.json: lower-cases text: true, but tokenizer_config.json has "
                        "do_lower_case false"));
  const DamagedCheckpoint no_object("bert-gelu");
  Write(no_object.path() / "tokenizer_config.json", "[]");
  EXPECT_THAT(no_object.Import().message(), HasSubstr("tokenizer_config.json: is no JSON object"));
  Write(no_object.path() / "tokenizer_config.json", std::string("{}\0{", 4));
  EXPECT_THAT(no_object.Import().message(), HasSubstr("tokenizer_config.json: byte 2 is NUL"));
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
