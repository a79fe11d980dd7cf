#include "edgebert/train/distillation.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "edgebert/data/labelled_text.h"

namespace edgebert {
namespace {

using Row = std::array<double, 2>;

double LogSoftmax(const Row& logits, double temperature, size_t index) {
  const double a = logits[0] / temperature;
  const double b = logits[1] / temperature;
  return logits[index] / temperature - std::log(std::exp(a) + std::exp(b));
}

/// The formula of the header for one sentence and off-ramp.
double Expected(const Row& student, const Row& teacher, size_t label,
                const DistillationRecipe& recipe) {
  double divergence = 0;
  for (size_t c = 0; c < 2; ++c) {
    const double log_teacher = LogSoftmax(teacher, recipe.temperature, c);
    divergence +=
        std::exp(log_teacher) * (log_teacher - LogSoftmax(student, recipe.temperature, c));
  }
  return -(1 - recipe.weight) * LogSoftmax(student, 1, label) +
         recipe.weight * recipe.temperature * recipe.temperature * divergence;
}

torch::Tensor ToTensor(const std::vector<Row>& rows) {
  std::vector<float> flat;
  for (const Row& row : rows) {
    flat.push_back(static_cast<float>(row[0]));
    flat.push_back(static_cast<float>(row[1]));
  }
  return torch::tensor(flat).view({-1, 2});
}

const std::vector<Row> kStudent = {{0.5, -1.0}, {-2.0, 0.25}};
const std::vector<Row> kDeeper = {{1.5, -0.5}, {-1.0, 3.0}};
const std::vector<Row> kTeacher = {{2.0, -2.0}, {0.5, 1.0}};
const torch::Tensor kLabels = torch::tensor(std::vector<int64_t>{0, 1});

double MeanExpected(const std::vector<Row>& student, const DistillationRecipe& recipe) {
  return (Expected(student[0], kTeacher[0], 0, recipe) +
          Expected(student[1], kTeacher[1], 1, recipe)) /
         2;
}

TEST(OffRampLossTest, FollowsTheFormula) {
  DistillationRecipe recipe;
  recipe.temperature = 3;
  recipe.weight = 0.6;
  const torch::Tensor loss = OffRampLoss({ToTensor(kStudent), ToTensor(kDeeper)}, kLabels,
                                         ToTensor(kTeacher), recipe, {2, 6});
  EXPECT_NEAR(loss.item<double>(),
              (MeanExpected(kStudent, recipe) + MeanExpected(kDeeper, recipe)) / 2, 1e-6);
}

TEST(OffRampLossTest, LinearWeightsGoWithTheLayer) {
  DistillationRecipe recipe;
  recipe.off_ramp_weighting = OffRampWeighting::kLinear;
  const torch::Tensor loss = OffRampLoss({ToTensor(kStudent), ToTensor(kDeeper)}, kLabels,
                                         ToTensor(kTeacher), recipe, {2, 6});
  EXPECT_NEAR(loss.item<double>(),
              (2 * MeanExpected(kStudent, recipe) + 6 * MeanExpected(kDeeper, recipe)) / 8, 1e-6);
}

TEST(OffRampLossTest, UnlabelledSentencesTeachByTheTeacherAlone) {
  const DistillationRecipe recipe;
  DistillationRecipe teacher_only = recipe;
  teacher_only.weight = 1;
  const torch::Tensor labels = torch::tensor(std::vector<int64_t>{kUnlabelled, 1});
  const double unlabelled = recipe.weight * Expected(kStudent[0], kTeacher[0], 0, teacher_only);
  const double labelled = Expected(kStudent[1], kTeacher[1], 1, recipe);
  EXPECT_NEAR(
      OffRampLoss({ToTensor(kStudent)}, labels, ToTensor(kTeacher), recipe, {1}).item<double>(),
      (unlabelled + labelled) / 2, 1e-6);
}

TEST(OffRampLossTest, WithoutTeacherIsTheCrossEntropy) {
  const torch::Tensor loss = OffRampLoss({ToTensor(kStudent)}, kLabels, {}, {}, {1});
  EXPECT_NEAR(loss.item<double>(),
              -(LogSoftmax(kStudent[0], 1, 0) + LogSoftmax(kStudent[1], 1, 1)) / 2, 1e-6);
}

TEST(StateLossTest, IsTheRelativeErrorAfterTheLastUseOfEachDistinctLayer) {
  // One sentence of two tokens and padding, a hidden size of one. Layers 2 and 3 count.
  const auto states = [](float a, float b, float padding) {
    return torch::tensor({a, b, padding}).view({1, 3, 1});
  };
  const torch::Tensor is_token = torch::tensor({1, 1, 0}).to(torch::kBool).view({1, 3});
  const std::vector<torch::Tensor> teacher = {states(9, 9, 9), states(1, 3, 50), states(0, 4, 70)};
  const std::vector<torch::Tensor> student = {states(0, 0, 0), states(2, 3, 0), states(0, 1, 0)};
  // Squared errors 1 and 9 over spreads of 2 and 8.
  EXPECT_NEAR(StateLoss(student, teacher, is_token, {0, 0, 1}).item<double>(),
              (1.0 / 2 + 9.0 / 8) / 2, 1e-6);
  EXPECT_EQ(StateLoss(teacher, teacher, is_token, {0, 0, 1}).item<double>(), 0);
}

}  // namespace
}  // namespace edgebert
