#include "edgebert/train/train.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "edgebert/base/file.h"
#include "edgebert/engine/encoder.h"
#include "edgebert/model/model_file.h"
#include "edgebert/numeric/adaptivfloat.h"
#include "edgebert/pipeline/full_depth.h"
#include "edgebert/testing/testing.h"
#include "edgebert/testing/trainable_model.h"
#include "edgebert/text/tokenizer.h"

namespace edgebert {
namespace {

using ::testing::HasSubstr;

Recipe SmallRecipe() {
  Recipe recipe;
  recipe.name = "small";
  recipe.task = "own";
  recipe.max_tokens = 24;
  recipe.teacher.schedule.epochs = 6;
  recipe.teacher.schedule.learning_rate = 3e-3;
  recipe.teacher.schedule.dropout = 0.1;
  recipe.calibration = {0.2, 0.9};  // A hundred held-out examples promise no less.
  recipe.student.schedule.epochs = 8;
  recipe.student.schedule.learning_rate = 2e-3;
  recipe.student.off_ramps.pooler_size = 16;
  recipe.student.pruning.emplace().interval = 3;
  recipe.student.attention_span = AttentionSpanRecipe{8, 4, 0.3, 0.05, 0.5};
  recipe.student.quantization.emplace().sentences = 32;
  return recipe;
}

TrainingData SmallData() {
  TrainingData data;
  data.labels = {"bad", "good"};
  data.training = testing::LearnableExamples(320, 1);
  data.held_out = testing::LearnableExamples(100, 2);
  data.dev = testing::LearnableExamples(200, 3);
  data.fingerprint = 99;
  return data;
}

/// Stops a training after so many steps in all.
TrainingObserver StopAfter(int steps) {
  auto left = std::make_shared<int>(steps);
  return [left](const TrainingProgress& progress) {
    return progress.stage == "inference" || progress.stage == "calibrate" || --*left > 0;
  };
}

double FullDepthAccuracy(const Model& model, const std::vector<LabelledText>& examples) {
  auto tokenizer = Tokenizer::Create(model.tokenizer);
  auto encoder = Encoder::Create(model, model.is_af8() ? Arithmetic::kHost : Arithmetic::kFloat32);
  EncoderSession session(*encoder);
  int correct = 0;
  for (const LabelledText& example : examples) {
    const auto encoding = (*tokenizer)->Encode(example.text, std::nullopt, 24);
    const auto record = RecordFullDepth(session, *encoding);
    correct += record->labels.back() == example.label;
  }
  return static_cast<double>(correct) / static_cast<double>(examples.size());
}

TEST(TrainTest, TakesABaseThroughTeacherAndStudentToAPackedModel) {
  const testing::TemporaryDirectory directory;
  const TrainingData data = SmallData();
  const auto student =
      Train(SmallRecipe(), testing::TrainableModel(), data, {directory.path() / "out", false}, {});
  ASSERT_OK(student.status());
  EXPECT_TRUE(student->is_af8());
  EXPECT_EQ(student->config.off_ramp_layers, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(student->config.attention_spans.size(), 6U);
  for (const Tensor& tensor : student->tensors) {
    if (tensor.name.starts_with("layer.") && tensor.is_af8()) {
      EXPECT_GE(ComputeStatistics(tensor).zero_share, 0.49) << tensor.name;
    }
  }
  EXPECT_GT(FullDepthAccuracy(*student, data.dev), 0.95);
  EXPECT_GT(student->exits.threshold_nats, 0);
  EXPECT_EQ(student->exits.record->tokens.size(), data.held_out.size());
  EXPECT_THAT(student->provenance, HasSubstr("distillation"));
  EXPECT_EQ(*ReadModelFile(directory.path() / "out" / "small.ebm"), *student);
  EXPECT_THAT(*ReadTextFile(directory.path() / "out" / "student.svg", 1 << 20),
              HasSubstr("small: student"));
  const auto teacher = ReadModelFile(directory.path() / "out" / "teacher.ebm");
  ASSERT_OK(teacher.status());
  EXPECT_GT(FullDepthAccuracy(*teacher, data.dev), 0.95);
}

TEST(TrainTest, ResumedRunsGiveWhatAnUnbrokenOneGives) {
  const testing::TemporaryDirectory directory;
  const Model base = testing::TrainableModel();
  const TrainingData data = SmallData();
  const Recipe recipe = SmallRecipe();
  const auto unbroken = Train(recipe, base, data, {directory.path() / "unbroken", false}, {});
  ASSERT_OK(unbroken.status());
  Result<Model> resumed = Cancelled("");
  int interruptions = 0;
  // Steps at which spans are learned, masks change, and biases are found lie in between.
  for (; !resumed.ok() && interruptions < 20; ++interruptions) {
    resumed = Train(recipe, base, data, {directory.path() / "resumed", true}, StopAfter(17));
    if (!resumed.ok()) {
      ASSERT_EQ(resumed.status().code(), StatusCode::kCancelled) << resumed.status().message();
    }
  }
  ASSERT_OK(resumed.status());
  EXPECT_GT(interruptions, 5);
  EXPECT_EQ(*resumed, *unbroken);
}

TEST(TrainTest, FinishedStagesAreSkipped) {
  const testing::TemporaryDirectory directory;
  const Model base = testing::TrainableModel();
  const TrainingData data = SmallData();
  ASSERT_OK(Train(SmallRecipe(), base, data, {directory.path(), false}, {}).status());
  int steps = 0;
  ASSERT_OK(
      Train(SmallRecipe(), base, data, {directory.path(), false}, [&](const TrainingProgress&) {
        return ++steps > 0;
      }).status());
  EXPECT_EQ(steps, static_cast<int>(data.held_out.size()));  // Of the calibration.
}

TEST(TrainTest, RefusesWhatAnotherRecipeOrBaseMade) {
  const testing::TemporaryDirectory directory;
  const TrainingData data = SmallData();
  Recipe recipe = SmallRecipe();
  ASSERT_EQ(Train(recipe, testing::TrainableModel(), data, {directory.path(), false}, StopAfter(3))
                .status()
                .code(),
            StatusCode::kCancelled);
  recipe.seed = 1;
  const Status other_recipe =
      Train(recipe, testing::TrainableModel(), data, {directory.path(), true}, {}).status();
  EXPECT_EQ(other_recipe.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(other_recipe.message(), HasSubstr("another recipe"));
  recipe.seed = 42;
  EXPECT_EQ(
      Train(recipe, testing::TrainableModel(8), data, {directory.path(), true}, {}).status().code(),
      StatusCode::kInvalidArgument);
}

TEST(TrainTest, TakesTheTeacherOfAnotherRun) {
  const testing::TemporaryDirectory directory;
  const Model base = testing::TrainableModel();
  const TrainingData data = SmallData();
  const std::filesystem::path first = directory.path() / "first";
  ASSERT_OK(Train(SmallRecipe(), base, data, {first, false}, {}).status());
  Recipe recipe = SmallRecipe();
  recipe.name = "shared";
  recipe.student.distinct_layers = 1;
  bool trained_a_teacher = false;
  const TrainingObserver observer = [&](const TrainingProgress& progress) {
    trained_a_teacher |= progress.stage == "teacher";
    return true;
  };
  const std::filesystem::path second = directory.path() / "second";
  const auto shared = Train(recipe, base, data, {second, false, first}, observer);
  ASSERT_OK(shared.status());
  EXPECT_FALSE(trained_a_teacher);
  EXPECT_EQ(*ReadModelFile(second / "teacher.ebm"), *ReadModelFile(first / "teacher.ebm"));
  EXPECT_EQ(*ReadModelFile(second / "shared.ebm"), *shared);

  const std::filesystem::path third = directory.path() / "third";
  recipe.teacher.schedule.epochs = 5;
  EXPECT_THAT(Train(recipe, base, data, {third, false, first}, {}).status().message(),
              HasSubstr("another recipe"));
  EXPECT_FALSE(std::filesystem::exists(third / "teacher.ebm"));
  EXPECT_THAT(Train(recipe, base, data, {third, false, third}, {}).status().message(),
              HasSubstr("no finished teacher"));
}

TEST(TrainTest, RefusesACheckpointThatIsCutShort) {
  const testing::TemporaryDirectory directory;
  const TrainingData data = SmallData();
  ASSERT_FALSE(
      Train(SmallRecipe(), testing::TrainableModel(), data, {directory.path(), false}, StopAfter(3))
          .ok());
  const std::filesystem::path path = directory.path() / "teacher.checkpoint";
  for (const uintmax_t size : {uintmax_t{0}, uintmax_t{100}, std::filesystem::file_size(path) / 2,
                               std::filesystem::file_size(path) - 1}) {
    const auto copy = ReadFile(path, 1 << 30);
    ASSERT_OK(copy.status());
    std::filesystem::resize_file(path, size);
    const Status status =
        Train(SmallRecipe(), testing::TrainableModel(), data, {directory.path(), true}, {})
            .status();
    EXPECT_EQ(status.code(), StatusCode::kDataLoss) << size;
    EXPECT_THAT(status.message(), HasSubstr("teacher.checkpoint"));
    ASSERT_OK(WriteFileAtomically(path, *copy));
  }
}

TEST(TrainTest, SharesLayersWhereTheRecipeSaysSo) {
  const testing::TemporaryDirectory directory;
  Recipe recipe = SmallRecipe();
  recipe.student.distinct_layers = 1;
  const TrainingData data = SmallData();
  const auto student =
      Train(recipe, testing::TrainableModel(), data, {directory.path(), false}, {});
  ASSERT_OK(student.status());
  EXPECT_EQ(student->config.num_distinct_layers, 1);
  EXPECT_EQ(student->config.layer_map, (std::vector<int>{0, 0, 0}));
  EXPECT_GT(FullDepthAccuracy(*student, data.dev), 0.9);
}

TEST(TrainTest, StudentLearnsFromUnlabelledSentencesToo) {
  const testing::TemporaryDirectory directory;
  TrainingData data = SmallData();
  data.unlabelled = testing::LearnableExamples(160, 4);
  for (LabelledText& sentence : data.unlabelled) {
    sentence.label = kUnlabelled;
  }
  const auto student =
      Train(SmallRecipe(), testing::TrainableModel(), data, {directory.path(), false}, {});
  ASSERT_OK(student.status());
  EXPECT_GT(FullDepthAccuracy(*student, data.dev), 0.95);
  EXPECT_THAT(*ReadTextFile(directory.path() / "student.json", 1 << 20),
              HasSubstr("\"unlabelled_examples\": 160"));
  // The student is another one without them, the teacher is not.
  data.unlabelled.pop_back();
  std::filesystem::remove(directory.path() / "teacher-logits.bin");
  const Status status =
      Train(SmallRecipe(), testing::TrainableModel(), data, {directory.path(), false}, {}).status();
  EXPECT_THAT(status.message(), HasSubstr("student.json: made by another"));
}

TEST(TrainTest, SaysWhenTheLossIsNotFinite) {
  const testing::TemporaryDirectory directory;
  Recipe recipe = SmallRecipe();
  recipe.teacher.schedule.learning_rate = 1;
  recipe.teacher.schedule.gradient_clip = 1e6;
  recipe.teacher.schedule.warmup = 0;
  Model base = testing::TrainableModel();
  for (Tensor& tensor : base.tensors) {
    if (tensor.name == "layer.0.feed_forward.norm.gain") {
      tensor = MakeFloatTensor(tensor.name, tensor.shape, std::vector<float>(48, 3e38F));
    }
  }
  const Status status = Train(recipe, base, SmallData(), {directory.path(), false}, {}).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("learning rate"));
}

}  // namespace
}  // namespace edgebert
