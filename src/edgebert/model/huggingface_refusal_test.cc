#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "edgebert/model/huggingface.h"
#include "edgebert/testing/huggingface_checkpoints.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

namespace fs = std::filesystem;
using ::edgebert::testing::DamagedCheckpoint;
using ::edgebert::testing::TemporaryDirectory;
using ::edgebert::testing::Write;
using ::testing::HasSubstr;
using Json = nlohmann::json;

constexpr char kQuery[] = "bert.encoder.layer.0.attention.self.query.weight";

TEST(HuggingFaceRefusalTest, RefusesAMissingTensor) {
  const DamagedCheckpoint checkpoint("bert-gelu");
  checkpoint.Rename(kQuery, "cls.predictions.elsewhere");
  EXPECT_THAT(checkpoint.Import().message(),
              HasSubstr("model.safetensors: tensor "
                        "'bert.encoder.layer.0.attention.self.query.weight' is missing, expected "
                        "with shape [32 × 32]"));
}

TEST(HuggingFaceRefusalTest, RefusesATensorOfAnotherShape) {
  const DamagedCheckpoint checkpoint("bert-gelu");
  checkpoint.ChangeWeights([](Json& header, std::string&) {
    header["bert.encoder.layer.1.output.dense.weight"]["shape"] = {64, 32};
  });
  EXPECT_THAT(checkpoint.Import().message(),
              HasSubstr("tensor 'bert.encoder.layer.1.output.dense.weight' has shape [64 × 32], "
                        "expected [32 × 64]"));
}

TEST(HuggingFaceRefusalTest, RefusesAnUnknownTensor) {
  for (const char* name : {"bert.encoder.layer.3.output.dense.bias", "surprise",
                           "off_ramps.1.pooler.weight", "albert.pooler.weight"}) {
    const DamagedCheckpoint checkpoint("bert-gelu");
    checkpoint.Add(name, "F32", 32, 4);
    const Status status = checkpoint.Import();
    EXPECT_EQ(status.code(), StatusCode::kUnsupported);
    EXPECT_THAT(status.message(), HasSubstr("tensor '" + std::string(name) + "' has no place"));
  }
}

TEST(HuggingFaceRefusalTest, RefusesAClassifierBesideOffRamps) {
  const DamagedCheckpoint checkpoint("bert-off-ramps");
  checkpoint.Add("classifier.bias", "F32", 2, 4);
  EXPECT_THAT(checkpoint.Import().message(), HasSubstr("'classifier.bias' has no place"));
}

TEST(HuggingFaceRefusalTest, RefusesANeededTensorOfAnotherDtype) {
  const DamagedCheckpoint checkpoint("bert-gelu");
  checkpoint.ChangeWeights([](Json& header, std::string&) { header[kQuery]["dtype"] = "I32"; });
  EXPECT_THAT(checkpoint.Import().message(),
              HasSubstr("query.weight' is I32, expected F32, F16 or BF16"));
}

TEST(HuggingFaceRefusalTest, RefusesValuesThatAreNotFinite) {
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

TEST(HuggingFaceRefusalTest, RefusesAConfigurationThatDoesNotFitTheWeights) {
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

TEST(HuggingFaceRefusalTest, RefusesAVocabularyLargerThanTheEmbedding) {
  const DamagedCheckpoint checkpoint("bert-gelu");
  std::ofstream(checkpoint.path() / "vocab.txt", std::ios::app) << "onemore\n";
  EXPECT_THAT(checkpoint.Import().message(), HasSubstr("tokenizer has 102 pieces"));
}

TEST(HuggingFaceRefusalTest, NamesMissingFiles) {
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

TEST(HuggingFaceRefusalTest, RefusesWhatIsNoDirectory) {
  const TemporaryDirectory directory;
  const Status missing = ImportHuggingFace(directory.path() / "none").status();
  EXPECT_EQ(missing.code(), StatusCode::kNotFound);
  EXPECT_THAT(missing.message(), HasSubstr("none: no such directory"));
  Write(directory.path() / "file", "text");
  EXPECT_THAT(ImportHuggingFace(directory.path() / "file").status().message(),
              HasSubstr("file: is a file, expected a directory with config.json"));
}

TEST(HuggingFaceRefusalTest, NeverOpensAPickle) {
  const DamagedCheckpoint checkpoint("bert-gelu");
  fs::rename(checkpoint.path() / "model.safetensors", checkpoint.path() / "pytorch_model.bin");
  const Status status = checkpoint.Import();
  EXPECT_EQ(status.code(), StatusCode::kUnsupported);
  EXPECT_THAT(status.message(), HasSubstr("is a pickle"));
  EXPECT_THAT(status.message(), HasSubstr("save it as safetensors"));
}

TEST(HuggingFaceRefusalTest, RefusesSplitWeights) {
  const DamagedCheckpoint checkpoint("bert-gelu");
  fs::remove(checkpoint.path() / "model.safetensors");
  Write(checkpoint.path() / "model.safetensors.index.json", "{}");
  EXPECT_THAT(checkpoint.Import().message(), HasSubstr("split into several files"));
}

TEST(HuggingFaceRefusalTest, RefusesTruncatedFiles) {
  for (const char* file : {"config.json", "model.safetensors", "vocab.txt"}) {
    const DamagedCheckpoint checkpoint("bert-gelu");
    const fs::path path = checkpoint.path() / file;
    fs::resize_file(path, std::string(file) == "vocab.txt" ? 20 : fs::file_size(path) / 2);
    EXPECT_THAT(checkpoint.Import().message(), HasSubstr(file));
  }
}

TEST(HuggingFaceRefusalTest, RefusesBrokenTokenizerConfig) {
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

}  // namespace
}  // namespace edgebert
