#include "edgebert/model/huggingface_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "edgebert/model/absent_heads.h"
#include "edgebert/model/huggingface.h"
#include "edgebert/model/model_testing.h"
#include "edgebert/testing/huggingface_checkpoints.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::edgebert::testing::GoldenCheckpointPath;
using ::edgebert::testing::MakeTestModel;
using ::edgebert::testing::TemporaryDirectory;
using ::edgebert::testing::TestModelOptions;
using ::testing::HasSubstr;

/// What the directory keeps of `model`: every value in float32, absent heads' columns zeroed.
std::vector<Tensor> KeptTensors(const Model& model) {
  std::vector<Tensor> kept;
  for (const Tensor& tensor : model.tensors) {
    std::vector<float> values = FloatValues(tensor);
    ZeroAbsentHeads(model.config, tensor, values);
    kept.push_back(MakeFloatTensor(tensor.name, tensor.shape, values));
  }
  return kept;
}

void ExpectComesBack(const Model& model) {
  const TemporaryDirectory directory;
  ASSERT_OK(ExportHuggingFace(model, directory.path() / "new" / "folder"));
  const auto read = ImportHuggingFace(directory.path() / "new" / "folder");
  ASSERT_OK(read);
  EXPECT_EQ(read->config, model.config);
  EXPECT_EQ(read->tensors, KeptTensors(model));
  EXPECT_EQ(read->tokenizer, model.tokenizer);
}

Model WithPadNamedAsInAlbert(Model model) {
  if (model.tokenizer.kind == TokenizerKind::kUnigram) {
    model.tokenizer.pieces[0] = "<pad>";
    model.tokenizer.split_chinese_characters = true;
  }
  return model;
}

TEST(HuggingFaceExportTest, RandomModelsComeBack) {
  for (const Family family : {Family::kBert, Family::kAlbert}) {
    for (const bool af8 : {false, true}) {
      for (const bool off_ramps : {false, true}) {
        TestModelOptions options;
        options.family = family;
        options.af8 = af8;
        options.off_ramps = off_ramps;
        ExpectComesBack(WithPadNamedAsInAlbert(MakeTestModel(options)));
      }
    }
  }
}

TEST(HuggingFaceExportTest, AnUnevenLayerMapAndSpansComeBack) {
  Model model = MakeTestModel({.af8 = true});
  model.config.num_distinct_layers = 2;
  model.config.layer_map = {0, 1, 0};
  model.config.attention_spans = {0, 5, 16, 1};
  std::erase_if(model.tensors,
                [](const Tensor& tensor) { return tensor.name.starts_with("layer.2."); });
  ASSERT_OK(ValidateModel(model));
  ExpectComesBack(model);
}

TEST(HuggingFaceExportTest, GoldenCheckpointsComeBack) {
  for (const char* name :
       {"albert-groups", "albert-shared", "bert-gelu", "bert-3class-pairs", "bert-off-ramps"}) {
    SCOPED_TRACE(name);
    const auto model = ImportHuggingFace(GoldenCheckpointPath(name));
    ASSERT_OK(model);
    const TemporaryDirectory directory;
    ASSERT_OK(ExportHuggingFace(*model, directory.path()));
    const auto read = ImportHuggingFace(directory.path());
    ASSERT_OK(read);
    EXPECT_EQ(read->config, model->config);
    EXPECT_EQ(read->tensors, model->tensors);
    EXPECT_EQ(read->tokenizer.pieces, model->tokenizer.pieces);
    EXPECT_EQ(read->tokenizer.scores, model->tokenizer.scores);
    EXPECT_EQ(read->tokenizer.normalization_map, model->tokenizer.normalization_map);
  }
}

TEST(ZeroAbsentHeadsTest, ZeroesTheColumnsOfAbsentHeadsOnly) {
  const Model model = MakeTestModel({.family = Family::kAlbert});  // Two heads of 4; span 0 and 16.
  const Tensor* const output = model.Find("layer.0.attention.output.weight");
  ASSERT_NE(output, nullptr);
  std::vector<float> values(64, 1.0F);
  ZeroAbsentHeads(model.config, *output, values);
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(values[i], i % 8 < 4 ? 0.0F : 1.0F) << i;
  }
  const Tensor* const query = model.Find("layer.0.attention.query.weight");
  ASSERT_NE(query, nullptr);
  std::ranges::fill(values, 1.0F);
  ZeroAbsentHeads(model.config, *query, values);
  EXPECT_EQ(std::ranges::count(values, 1.0F), 64);
}

TEST(HuggingFaceExportTest, RefusesAShapeWithoutKeysAndAPathThatIsAFile) {
  const TemporaryDirectory directory;
  Model model = MakeTestModel({});
  model.config.embedding_size = 4;
  const Status shape = ExportHuggingFace(model, directory.path());
  EXPECT_THAT(shape.message(), HasSubstr("cannot hold this model"));
  std::ofstream(directory.path() / "file") << "x";
  const Status file = ExportHuggingFace(MakeTestModel({}), directory.path() / "file");
  EXPECT_THAT(file.message(), HasSubstr("cannot make the directory"));
}

}  // namespace
}  // namespace edgebert
