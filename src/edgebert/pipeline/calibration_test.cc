#include "edgebert/pipeline/calibration.h"

#include <gtest/gtest.h>

#include <cmath>

#include "edgebert/numeric/adaptivfloat.h"
#include "edgebert/pipeline/classifier.h"
#include "edgebert/testing/testing.h"
#include "edgebert/testing/text_model.h"

namespace edgebert {
namespace {

using testing::RandomSentences;
using testing::TextModel;

TEST(CalibrateTest, GivesAModelThatAnswersLikeItsOriginal) {
  const std::vector<std::string> sentences = RandomSentences(300, 1);
  const Result<Model> calibrated =
      Calibrate(TextModel(false, 5), sentences,
                {.threshold_nats = 0.4, .bias_sentences = 64, .record_sentences = 200});
  ASSERT_OK(calibrated);
  EXPECT_TRUE(calibrated->is_af8());
  EXPECT_FLOAT_EQ(calibrated->exits.threshold_nats, 0.4f);
  ASSERT_TRUE(calibrated->exits.record);
  EXPECT_EQ(calibrated->exits.record->tokens.size(), 200u);
  ASSERT_TRUE(calibrated->exits.predictor);

  Result<Classifier> original =
      Classifier::Create(ClassifierModel::Create(TextModel(false, 5)).value());
  Result<Classifier> quantised = Classifier::Create(ClassifierModel::Create(*calibrated).value());
  ASSERT_OK(original);
  ASSERT_OK(quantised);
  size_t equal = 0;
  for (const std::string& sentence : RandomSentences(200, 2)) {
    equal += original->Classify(sentence)->label == quantised->Classify(sentence)->label;
  }
  EXPECT_GE(equal, 180u);
}

TEST(CalibrateTest, EverySiteGetsTheBiasOfLeastError) {
  const std::vector<std::string> sentences = RandomSentences(50, 1);
  const Result<Model> calibrated = Calibrate(TextModel(false, 5), sentences, {});
  ASSERT_OK(calibrated);
  for (const auto& layer : calibrated->activation_biases->layers) {
    const auto bias = [&](ActivationSite site) { return layer[static_cast<size_t>(site)]; };
    // A probability is at most 1 and mostly small.
    EXPECT_LE(bias(ActivationSite::kProbability), -7);
    EXPECT_GE(bias(ActivationSite::kProbability), -12);
    // LayerNorm's outputs reach a few units: the top binade is that of 2 or 4, at most 3 below.
    EXPECT_LE(bias(ActivationSite::kLayerOutput), -5);
    EXPECT_GE(bias(ActivationSite::kLayerOutput), -9);
  }
}

TEST(CalibrateTest, Float32KeepsTheWeightsAndStillSetsExits) {
  const Model original = TextModel(false, 5);
  const Result<Model> calibrated =
      Calibrate(original, RandomSentences(50, 1), {.precision = Precision::kFloat32});
  ASSERT_OK(calibrated);
  EXPECT_FALSE(calibrated->is_af8());
  EXPECT_EQ(calibrated->tensors, original.tensors);
  EXPECT_TRUE(calibrated->exits.record);
}

TEST(CalibrateTest, ChoosesTheLargestThresholdWithEnoughAgreement) {
  const std::vector<std::string> sentences = RandomSentences(400, 1);
  const Result<Model> calibrated = Calibrate(TextModel(false, 6), sentences, {});
  ASSERT_OK(calibrated);
  const double threshold = calibrated->exits.threshold_nats;
  const auto agreement = [&](double at) {
    const auto model = ClassifierModel::Create(*calibrated).value();
    Result<Classifier> early = Classifier::Create(model, {.threshold_nats = at});
    Result<Classifier> full = Classifier::Create(model, {.threshold_nats = 0});
    double equal = 0;
    for (const std::string& sentence : sentences) {
      equal += early->Classify(sentence)->label == full->Classify(sentence)->label;
    }
    return equal / static_cast<double>(sentences.size());
  };
  EXPECT_GE(agreement(threshold), 0.99);
  EXPECT_LT(agreement(threshold + 0.011), 0.99);
}

TEST(CalibrateTest, RefusesWhatItCannotUse) {
  EXPECT_FALSE(Calibrate(TextModel(false, 5), {}, {}).ok());
  const std::vector<std::string> blank = {"", "  "};
  EXPECT_FALSE(Calibrate(TextModel(false, 5), blank, {}).ok());
  EXPECT_FALSE(Calibrate(TextModel(true, 5), RandomSentences(5, 1), {}).ok());
  EXPECT_FALSE(Calibrate(TextModel(false, 5), RandomSentences(5, 1), {.threshold_nats = NAN}).ok());
  EXPECT_FALSE(Calibrate(TextModel(false, 5), RandomSentences(5, 1), {}, [](size_t, size_t) {
                 return false;
               }).ok());
  EXPECT_FALSE(ParsePrecision("int8").ok());
}

TEST(BuildPredictorTest, RowsAreMeansOfNearSentences) {
  ModelConfig config = testing::RandomModelConfig();
  config.off_ramp_layers = {1, 2, 3};
  config.labels = {"no", "yes"};
  CalibrationRecord record;
  // Later entropies are a half and a quarter of the first: so are the means.
  for (int i = 0; i < 6900; ++i) {
    const float first = static_cast<float>(i) / 10000.0f;
    record.tokens.push_back(5);
    record.entropies.insert(record.entropies.end(), {first, first / 2, first / 4});
  }
  const PredictorTable table = BuildPredictor(record, config);
  ASSERT_EQ(table.num_columns, 2);
  ASSERT_EQ(table.first_entropy.size(), 71u);
  for (size_t row = 1; row < 69; ++row) {
    EXPECT_NEAR(table.first_entropy[row], static_cast<double>(row) / 100, 1e-6);
    EXPECT_NEAR(table.later_entropy[row * 2], table.first_entropy[row] / 2, 1e-4);
    EXPECT_NEAR(table.later_entropy[row * 2 + 1], table.first_entropy[row] / 4, 1e-4);
  }
}

TEST(BuildPredictorTest, SparseRowsBorrowTheNearestSentences) {
  ModelConfig config = testing::RandomModelConfig();
  CalibrationRecord record;
  record.tokens = {5, 5};
  record.entropies = {0.1f, 0.02f, 0.6f, 0.04f};  // Off-ramps after layers 1 and 3.
  const PredictorTable table = BuildPredictor(record, config);
  EXPECT_EQ(table.num_columns, 2);
  for (const float entropy : table.later_entropy) {
    EXPECT_NEAR(entropy, 0.03, 1e-6);  // All rows see both sentences.
  }
}

}  // namespace
}  // namespace edgebert
