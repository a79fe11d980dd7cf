#include "edgebert/pipeline/classifier.h"

#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "edgebert/numeric/entropy.h"
#include "edgebert/pipeline/evaluation.h"
#include "edgebert/pipeline/full_depth.h"
#include "edgebert/pipeline/schedule.h"
#include "edgebert/testing/testing.h"
#include "edgebert/testing/text_model.h"
#include "edgebert/text/encode_text.h"

namespace edgebert {
namespace {

using testing::RandomSentences;
using testing::TextModel;

std::shared_ptr<const ClassifierModel> Shared(bool af8, uint64_t seed = 1) {
  return ClassifierModel::Create(TextModel(af8, seed)).value();
}

/// A model with an off-ramp after every layer and a predictor table of one row.
std::shared_ptr<const ClassifierModel> WithPredictor() {
  ModelConfig config = testing::RandomModelConfig();
  config.off_ramp_layers = {1, 2, 3};
  Model model = TextModel(true, 3);
  const Model weights = testing::RandomModel(config, true, 3);
  model.config = config;
  model.tensors = weights.tensors;
  model.activation_biases = weights.activation_biases;
  model.exits.predictor = PredictorTable{{0.0f}, {0.4f, 0.3f}, 2};
  return ClassifierModel::Create(std::move(model)).value();
}

TEST(ClassifierTest, AnswersWithConsistentFigures) {
  for (const bool af8 : {false, true}) {
    Result<Classifier> classifier = Classifier::Create(Shared(af8));
    ASSERT_OK(classifier);
    for (const std::string& sentence : RandomSentences(50, 7)) {
      const Result<Classification> answer = classifier->Classify(sentence);
      ASSERT_OK(answer);
      EXPECT_EQ(answer->label,
                classifier->model().labels()[static_cast<size_t>(answer->label_index)]);
      double total = 0;
      for (const double probability : answer->probabilities) {
        total += probability;
        EXPECT_LE(probability, answer->probability);
      }
      EXPECT_NEAR(total, 1, 1e-12);
      ASSERT_EQ(answer->layers.size(), static_cast<size_t>(answer->exit_layer));
      const LayerFigures& last = answer->layers.back();
      EXPECT_EQ(answer->probabilities, Softmax(last.logits));
      EXPECT_NEAR(*last.entropy_nats, Entropy(last.logits), 1e-12);
      EXPECT_TRUE(answer->exit_layer == 3 || *last.entropy_nats < 0.5);
      EXPECT_LE(answer->latency, answer->latency_target);
      EXPECT_GT(answer->latency.value(), 0);
      EXPECT_LE(answer->energy, answer->conventional_energy);
    }
  }
}

TEST(ClassifierTest, ConventionalRunsAllLayersAtTheNominalPoint) {
  ClassifierOptions options;
  options.policy = Policy::kConventional;
  options.threshold_nats = 100;  // Would leave at once.
  Result<Classifier> classifier = Classifier::Create(Shared(true), options);
  ASSERT_OK(classifier);
  const Result<Classification> answer = classifier->Classify("the film was good");
  ASSERT_OK(answer);
  EXPECT_EQ(answer->exit_layer, 3);
  EXPECT_EQ(answer->energy, answer->conventional_energy);
  const OperatingPoint nominal = classifier->model().costs().power().points.nominal();
  for (const LayerFigures& layer : answer->layers) {
    EXPECT_EQ(layer.voltage, nominal.voltage);
    EXPECT_EQ(layer.frequency, nominal.frequency);
  }
}

TEST(ClassifierTest, StaticPolicyLowersTheVoltageWhenThereIsTime) {
  ClassifierOptions options;
  options.threshold_nats = 0;
  options.latency_target = LatencyTarget::Parse("1x").value();
  Result<Classifier> tight = Classifier::Create(Shared(true), options);
  options.latency_target = LatencyTarget::Parse("3x").value();
  Result<Classifier> loose = Classifier::Create(Shared(true), options);
  ASSERT_OK(tight);
  ASSERT_OK(loose);
  const Result<Classification> fast = tight->Classify("good");
  const Result<Classification> slow = loose->Classify("good");
  ASSERT_OK(fast);
  ASSERT_OK(slow);
  EXPECT_EQ(fast->label, slow->label);
  EXPECT_GT(fast->layers[0].voltage, slow->layers[0].voltage);
  EXPECT_GT(fast->energy, slow->energy);
}

TEST(ClassifierTest, PredictedPolicyPlansAfterLayerOne) {
  const std::shared_ptr<const ClassifierModel> model = WithPredictor();
  ClassifierOptions options;
  options.policy = Policy::kPredicted;
  options.threshold_nats = 0.35;  // The table's second column is below it: layer 3.
  options.latency_target = LatencyTarget::Parse("2x").value();
  Result<Classifier> classifier = Classifier::Create(model, options);
  ASSERT_OK(classifier);
  size_t planned = 0;
  for (const std::string& sentence : RandomSentences(50, 8)) {
    const Result<Classification> answer = classifier->Classify(sentence);
    ASSERT_OK(answer);
    const OperatingPoint nominal = model->costs().power().points.nominal();
    EXPECT_EQ(answer->layers[0].voltage, nominal.voltage);
    EXPECT_LE(answer->latency, answer->latency_target);
    if (answer->exit_layer > 1) {
      ++planned;
      EXPECT_EQ(answer->predicted_layer, 3);
      EXPECT_LT(answer->layers[1].voltage, nominal.voltage);
    }
  }
  EXPECT_GT(planned, 0u);
}

TEST(ClassifierTest, PredictedMeetsTheTargetWhereOffRampsAreFew) {
  ModelConfig config = testing::RandomModelConfig();  // Off-ramps after layers 1 and 3 only.
  Model model = TextModel(true, 3);
  model.config = config;
  model.exits.predictor = PredictorTable{{0.0f}, {0.1f, 0.1f}, 2};  // Predicts layer 2.
  ClassifierOptions options;
  options.policy = Policy::kPredicted;
  options.threshold_nats = 0.2;
  options.latency_target = LatencyTarget::Parse("1x").value();
  Result<Classifier> classifier =
      Classifier::Create(ClassifierModel::Create(std::move(model)).value(), options);
  ASSERT_OK(classifier);
  for (const std::string& sentence : RandomSentences(30, 12)) {
    const Result<Classification> answer = classifier->Classify(sentence);
    ASSERT_OK(answer);
    EXPECT_LE(answer->latency, answer->latency_target);
    EXPECT_TRUE(answer->exit_layer == 1 || answer->predicted_layer == 3);
  }
}

TEST(CostEstimatorTest, AbsentHeadsAreNotFetched) {
  Model full = TextModel(true, 4);
  Model absent = full;
  absent.config.attention_spans = {0, 32, 32, 32, 32, 32};
  const auto bytes = [](const Model& model) {
    return CostEstimator::Create(model, DefaultHardware().value())
        ->WorkFor(8)
        ->layers[0]
        .streamed_bytes;
  };
  // 8 columns of query, key and value, two blocks of 16 lanes a column, and one block of each of
  // the 24 columns of the output projection: a byte a weight, a bit a lane, 4 bytes a bias of the
  // former; rounded up to the port of 16 bytes four times.
  const double missing = 3 * (8 * 24 + 8 * 32 / 8 + 8 * 4) + 24 * 8 + 24 * 16 / 8;
  EXPECT_NEAR(bytes(full).value() - bytes(absent).value(), missing, 4 * 16);
}

TEST(ClassifierTest, RefusesTextsThatCannotBeClassified) {
  Result<Classifier> classifier = Classifier::Create(Shared(true));
  ASSERT_OK(classifier);
  const auto message = [&](std::string_view text, std::optional<std::string_view> pair = {}) {
    return classifier->Classify(text, pair).status().message();
  };
  EXPECT_NE(message("").find("empty"), std::string::npos);
  EXPECT_NE(message("good", "").find("second text is empty"), std::string::npos);
  EXPECT_NE(message(" \t ").find("nothing but blanks"), std::string::npos);
  EXPECT_NE(message(std::string_view("a\0b", 3)).find("NUL byte at offset 1"), std::string::npos);
  EXPECT_NE(message("good \xFF").find("UTF-8"), std::string::npos);
}

TEST(ClassifierTest, TruncatesLongTextsAndSaysSo) {
  Result<Classifier> classifier = Classifier::Create(Shared(true));
  ASSERT_OK(classifier);
  std::string text;
  for (int i = 0; i < 1000; ++i) {
    text += "good ";
  }
  const Result<Classification> answer = classifier->Classify(text);
  ASSERT_OK(answer);
  EXPECT_TRUE(answer->truncated);
  EXPECT_EQ(answer->tokens, 32);
}

TEST(ClassifierTest, RefusesOptionsThatMakeNoSense) {
  const auto error = [](ClassifierOptions options) {
    return Classifier::Create(Shared(true), options).status().message();
  };
  EXPECT_NE(error({.threshold_nats = -1}).find("threshold"), std::string::npos);
  EXPECT_NE(error({.threshold_nats = NAN}).find("threshold"), std::string::npos);
  EXPECT_NE(error({.max_tokens = 3}).find("expected 4 to 32"), std::string::npos);
  EXPECT_NE(error({.max_tokens = 33}).find("expected 4 to 32"), std::string::npos);
  EXPECT_NE(error({.policy = Policy::kPredicted}).find("predictor table"), std::string::npos);
}

TEST(ClassifierTest, AnInfeasibleTargetNamesTheShortestFeasibleOne) {
  ClassifierOptions options;
  options.latency_target = LatencyTarget::Parse("0.5x").value();
  Result<Classifier> classifier = Classifier::Create(Shared(true), options);
  ASSERT_OK(classifier);
  const Status status = classifier->Classify("good").status();
  EXPECT_EQ(status.code(), StatusCode::kInfeasible);
  // The message ends "... the shortest feasible target is 1.23 ms"; that one is met.
  const std::string& message = status.message();
  std::string named = message.substr(message.rfind("is ") + 3);
  named.erase(named.find(' '), 1);
  const Result<LatencyTarget> shortest = LatencyTarget::Parse(named);
  ASSERT_OK(shortest);
  options.latency_target = *shortest;
  Result<Classifier> again = Classifier::Create(Shared(true), options);
  ASSERT_OK(again);
  EXPECT_OK(again->Classify("good"));
}

TEST(ClassifierTest, ABadTextInABatchSpoilsOnlyItself) {
  Result<Classifier> classifier = Classifier::Create(Shared(true));
  ASSERT_OK(classifier);
  const std::vector<TextInput> inputs = {{"good", {}}, {"", {}}, {"bad", "film"}};
  const std::vector<Result<Classification>> results = classifier->ClassifyBatch(inputs);
  ASSERT_EQ(results.size(), 3u);
  EXPECT_TRUE(results[0].ok());
  EXPECT_FALSE(results[1].ok());
  EXPECT_TRUE(results[2].ok());
}

TEST(ClassifierTest, ABatchAnswersAsItsTextsDoOneByOne) {
  const std::vector<std::string> sentences = RandomSentences(60, 11);
  for (const int threads : {1, 2}) {
    ClassifierOptions options;
    options.threads = threads;
    Result<Classifier> classifier = Classifier::Create(Shared(true), options);
    ASSERT_OK(classifier);
    std::vector<TextInput> inputs;
    for (const std::string& sentence : sentences) {
      inputs.push_back({sentence, std::nullopt});
    }
    const std::vector<Result<Classification>> batch = classifier->ClassifyBatch(inputs);
    for (size_t i = 0; i < inputs.size(); ++i) {
      const Result<Classification> alone = classifier->Classify(sentences[i]);
      ASSERT_OK(alone);
      ASSERT_OK(batch[i]);
      EXPECT_EQ(batch[i]->probabilities, alone->probabilities);
      EXPECT_EQ(batch[i]->exit_layer, alone->exit_layer);
      EXPECT_EQ(batch[i]->energy.value(), alone->energy.value());
      ASSERT_EQ(batch[i]->layers.size(), alone->layers.size());
      for (size_t layer = 0; layer < alone->layers.size(); ++layer) {
        EXPECT_EQ(batch[i]->layers[layer].logits, alone->layers[layer].logits);
      }
    }
  }
}

TEST(ClassifierTest, ThereIsAtLeastOneThread) {
  ClassifierOptions options;
  options.threads = 0;
  EXPECT_EQ(Classifier::Create(Shared(true), options).status().message(),
            "0 threads, expected 1 or more");
}

TEST(ClassifierTest, ThreadsShareAModel) {
  const std::shared_ptr<const ClassifierModel> model = Shared(true);
  const std::vector<std::string> sentences = RandomSentences(40, 9);
  const auto classify = [&](std::vector<double>& energies) {
    Result<Classifier> classifier = Classifier::Create(model);
    for (const std::string& sentence : sentences) {
      energies.push_back(classifier->Classify(sentence)->energy.value());
    }
  };
  std::vector<double> first;
  std::vector<double> second;
  std::thread thread([&] { classify(first); });
  classify(second);
  thread.join();
  EXPECT_EQ(first, second);
}

TEST(FullDepthTest, ReplayedExitsEqualRealOnes) {
  const std::shared_ptr<const ClassifierModel> model = Shared(true);
  EncoderSession session(model->encoder());
  for (const double threshold : {0.0, 0.3, 0.6, 0.9, 2.0}) {
    Result<Classifier> classifier = Classifier::Create(model, {.threshold_nats = threshold});
    ASSERT_OK(classifier);
    for (const std::string& sentence : RandomSentences(30, 10)) {
      const Result<Classification> answer = classifier->Classify(sentence);
      ASSERT_OK(answer);
      const Result<Encoding> encoding = EncodeText(model->tokenizer(), sentence, std::nullopt, 32);
      ASSERT_OK(encoding);
      const Result<FullDepthRecord> record = RecordFullDepth(session, *encoding);
      ASSERT_OK(record);
      EntropyExitRule rule(threshold);
      const size_t exit = record->ReplayExit(rule);
      EXPECT_EQ(record->layers[exit], answer->exit_layer);
      EXPECT_EQ(record->labels[exit], answer->label_index);
      Result<SentencePlanner> planner = MakePlanner(*model, {.threshold_nats = threshold});
      ASSERT_OK(planner);
      const std::vector<double> entropies(static_cast<size_t>(answer->num_layers), 0.5);
      const Result<ScheduledCost> cost =
          planner->CostOfExit(record->tokens, answer->exit_layer, entropies, std::nullopt);
      ASSERT_OK(cost);
      EXPECT_EQ(cost->cost.energy(), answer->energy);
      EXPECT_EQ(cost->cost.latency, answer->latency);
    }
  }
}

TEST(EvaluateTest, CountsWhatTheClassifierAnswers) {
  const std::shared_ptr<const ClassifierModel> model = Shared(true);
  std::vector<LabelledText> examples;
  for (const std::string& sentence : RandomSentences(60, 11)) {
    examples.push_back({sentence, std::nullopt, static_cast<int>(examples.size() % 3)});
  }
  size_t last_done = 0;
  const Result<Evaluation> evaluation =
      Evaluate(model, {}, examples, [&](size_t done, size_t total) {
        EXPECT_EQ(done, last_done + 1);
        EXPECT_EQ(total, 60u);
        last_done = done;
        return true;
      });
  ASSERT_OK(evaluation);
  Result<Classifier> classifier = Classifier::Create(model);
  size_t correct = 0;
  double exits = 0;
  double energy = 0;
  for (const LabelledText& example : examples) {
    const Result<Classification> answer = classifier->Classify(example.text);
    correct += answer->label_index == example.label;
    exits += answer->exit_layer;
    energy += answer->energy.value();
  }
  EXPECT_EQ(evaluation->correct, correct);
  EXPECT_DOUBLE_EQ(evaluation->mean_exit_layer, exits / 60);
  EXPECT_NEAR(evaluation->energy / Joules(energy / 60), 1, 1e-12);
  EXPECT_EQ(evaluation->missed, 0u);
  EXPECT_EQ(last_done, 60u);
}

TEST(EvaluateTest, StopsWhenAskedAndNamesABadExample) {
  const std::shared_ptr<const ClassifierModel> model = Shared(true);
  const std::vector<LabelledText> examples = {{"good", {}, 0}, {"", {}, 0}};
  EXPECT_NE(Evaluate(model, {}, examples).status().message().find("example 2"), std::string::npos);
  EXPECT_FALSE(
      Evaluate(model, {}, std::span(examples).first(1), [](size_t, size_t) { return false; }).ok());
  EXPECT_FALSE(Evaluate(model, {}, {}).ok());
}

TEST(EvaluateTest, CountsInfeasibleTargetsAndRunsThemAtTheNominalPoint) {
  const std::vector<LabelledText> examples = {{"good", {}, 0}};
  const Result<Evaluation> evaluation = Evaluate(
      Shared(true), {.latency_target = LatencyTarget::Parse("1us").value(), .threshold_nats = 0},
      examples);
  ASSERT_OK(evaluation);
  EXPECT_EQ(evaluation->infeasible, 1u);
  EXPECT_EQ(evaluation->missed, 1u);
  EXPECT_EQ(evaluation->energy, evaluation->conventional_energy);
}

}  // namespace
}  // namespace edgebert
