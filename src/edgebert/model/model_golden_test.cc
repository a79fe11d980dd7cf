// tests/golden/{model,base,task}_v1.ebm were written when version 1 of the format, and bases and
// tasks in it, were defined and are never written again: every later build must read them, and as
// long as it writes version 1, must write the same bytes.

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "edgebert/base/file.h"
#include "edgebert/model/model_file.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

/// Fixed content without any library's randomness. One of everything: an AF8 model of two layers
/// with a projection, both AF8 encodings, off-ramps, spans, predictor, record and provenance.
Model GoldenModel() {
  Model model;
  model.config.family = Family::kAlbert;
  model.config.vocabulary_size = 9;
  model.config.embedding_size = 4;
  model.config.hidden_size = 8;
  model.config.intermediate_size = 12;
  model.config.num_heads = 2;
  model.config.num_layers = 3;
  model.config.num_distinct_layers = 2;
  model.config.layer_map = {0, 1, 1};
  model.config.max_positions = 6;
  model.config.num_segments = 2;
  model.config.activation = Activation::kGeluTanh;
  model.config.layer_norm_epsilon = 1e-12f;
  model.config.labels = {"negative", "größer \"quoted\"", "third"};
  model.config.off_ramp_layers = {1, 3};
  model.config.pooling = {Pooling::kMean, Pooling::kCls};
  model.config.pooler_size = 5;
  model.config.attention_spans = {6, 0, 3, 1};

  TokenizerData& tokenizer = model.tokenizer;
  tokenizer.kind = TokenizerKind::kUnigram;
  tokenizer.strip_accents = false;
  tokenizer.pieces = {"<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]", "▁a", "b", "▁größer", "c"};
  tokenizer.scores = {0, 0, 0, 0, 0, -1.5f, -2.25f, -3, -3.125f};
  tokenizer.types = {PieceType::kControl, PieceType::kUnknown, PieceType::kControl,
                     PieceType::kControl, PieceType::kControl, PieceType::kNormal,
                     PieceType::kNormal,  PieceType::kNormal,  PieceType::kUserDefined};
  tokenizer.pad_id = 0;
  tokenizer.unknown_id = 1;
  tokenizer.cls_id = 2;
  tokenizer.sep_id = 3;
  tokenizer.mask_id = 4;

  int step = 0;
  for (const TensorSpec& spec : ExpectedTensors(model.config)) {
    size_t count = 1;
    for (const int64_t dimension : spec.shape) {
      count *= static_cast<size_t>(dimension);
    }
    if (spec.role == TensorRole::kMatrix || spec.name == "embedding.word") {
      std::vector<uint8_t> codes;
      for (size_t i = 0; i < count; ++i) {
        const auto code = static_cast<uint8_t>(step++ * 37 % 256);
        codes.push_back(spec.role == TensorRole::kMatrix || i % 4 == 0 ? code : uint8_t{0});
      }
      model.tensors.push_back(MakeAf8Tensor(spec.name, spec.shape, step % 64 - 32, codes));
    } else {
      std::vector<float> values;
      for (size_t i = 0; i < count; ++i) {
        values.push_back(static_cast<float>(step++ * 29 % 201 - 100) / 64);
      }
      model.tensors.push_back(MakeFloatTensor(spec.name, spec.shape, values));
    }
  }
  model.activation_biases = ActivationBiases{
      -2, 3, {{-32, -7, 0, 1, 2, 3, 4, 5, 6, 31}, {}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}}};
  model.exits.threshold_nats = 0.3f;
  model.exits.calibration = "at most 1 % of labels change; größer";
  model.exits.predictor = PredictorTable{{0, 0.5f, 1}, {0, 0, 0.25f, 0.125f, 0.75f, 0.5f}, 2};
  model.exits.record = CalibrationRecord{{3, 4, 6}, {0.1f, 0, 0.2f, 0.1f, 1, 0.9f}};
  model.provenance = R"({"data":["handmade"],"license":"CC0-1.0"})";
  return model;
}

std::filesystem::path GoldenPath(const std::string& name = "model_v1.ebm") {
  return std::filesystem::path(EDGEBERT_SOURCE_DIR) / "tests" / "golden" / name;
}

TEST(ModelGoldenTest, Version1IsReadAsItWasMeant) {
  const Result<Model> read = ReadModelFile(GoldenPath());
  ASSERT_OK(read);
  EXPECT_EQ(*read, GoldenModel());
}

TEST(ModelGoldenTest, Version1IsWrittenToTheSameBytes) {
  const Result<std::vector<uint8_t>> golden = ReadFile(GoldenPath(), 1 << 20);
  ASSERT_OK(golden);
  const Result<std::vector<uint8_t>> written = SerializeModel(GoldenModel());
  ASSERT_OK(written);
  EXPECT_EQ(*written, *golden);
}

TEST(ModelGoldenTest, Version1OfBaseAndTaskIsReadAsItWasMeant) {
  const Result<Model> read = ReadModelFile(GoldenPath("task_v1.ebm"));
  ASSERT_OK(read);
  EXPECT_EQ(*read, GoldenModel());
  const Result<BaseFile> base = ReadBaseFile(GoldenPath("base_v1.ebm"));
  ASSERT_OK(base);
  EXPECT_EQ(base->base, BaseOf(GoldenModel()));
}

TEST(ModelGoldenTest, Version1OfBaseAndTaskIsWrittenToTheSameBytes) {
  const Result<BaseFile> base = ReadBaseFile(GoldenPath("base_v1.ebm"));
  ASSERT_OK(base);
  EXPECT_EQ(*SerializeBase(BaseOf(GoldenModel())), *ReadFile(GoldenPath("base_v1.ebm"), 1 << 20));
  EXPECT_EQ(*SerializeTask(GoldenModel(), *base), *ReadFile(GoldenPath("task_v1.ebm"), 1 << 20));
}

}  // namespace
}  // namespace edgebert
