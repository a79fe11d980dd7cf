#include "edgebert/pipeline/host_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include "edgebert/testing/sysfs_tree.h"
#include "edgebert/testing/text_model.h"

namespace edgebert {
namespace {

using ::testing::HasSubstr;
using testing::RandomSentences;
using testing::SysfsTree;

/// Three layers, an off-ramp and a predictor after layer 1.
std::shared_ptr<const ClassifierModel> TestModel() {
  ModelConfig config = testing::RandomModelConfig();
  config.off_ramp_layers = {1, 2, 3};
  Model model = testing::TextModel(true, 3);
  const Model weights = testing::RandomModel(config, true, 3);
  model.config = config;
  model.tensors = weights.tensors;
  model.activation_biases = weights.activation_biases;
  model.exits.predictor = PredictorTable{{0.0f}, {0.4f, 0.3f}, 2};
  return ClassifierModel::Create(std::move(model)).value();
}

/// The CPU that this test may run on, for a tree that has CPU 0 only.
bool MayRunOnCpuZero() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return ::sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_ISSET(0, &set);
}

TEST(HostRunnerTest, SetsEachLayersShareOfTheHighestFrequency) {
  if (!MayRunOnCpuZero()) {
    GTEST_SKIP() << "this test may not run on CPU 0";
  }
  const SysfsTree tree;
  tree.AddLimits();
  const std::shared_ptr<const ClassifierModel> model = TestModel();
  const double nominal = model->costs().power().points.nominal().frequency.value();
  for (const Policy policy :
       {Policy::kConventional, Policy::kEarlyExitStatic, Policy::kPredicted}) {
    for (const double threshold : {0.0, 0.35, 0.6, 100.0}) {
      Result<Classifier> classifier =
          Classifier::Create(model, {.policy = policy,
                                     .latency_target = LatencyTarget::Parse("2x").value(),
                                     .threshold_nats = threshold});
      ASSERT_OK(classifier);
      HostRunner runner({tree.root(), 0});
      EXPECT_OK(runner.frequency_status());
      for (const std::string& sentence : RandomSentences(10, 12)) {
        const Result<MeasuredClassification> result = runner.Classify(*classifier, sentence);
        ASSERT_OK(result);
        const std::vector<Hertz>& set = result->measured.frequencies;
        ASSERT_EQ(set.size(), static_cast<size_t>(result->answer.exit_layer));
        for (size_t i = 0; i < set.size(); ++i) {
          const double share = result->answer.layers[i].frequency.value() / nominal;
          // Rounded up to whole kilohertz, within the limits.
          const double expected = std::max(800e6, share * 2400e6);
          EXPECT_GE(set[i].value(), expected * (1 - 1e-6));
          EXPECT_LE(set[i].value(), expected + 1e3);
        }
        EXPECT_EQ(tree.Read(SysfsTree::Cpu("scaling_min_freq")),
                  std::to_string(static_cast<int>(set.back().value() / 1e3)));
        EXPECT_GT(result->measured.time.value(), 0);
      }
    }
  }
  EXPECT_EQ(tree.Read(SysfsTree::Cpu("scaling_min_freq")), "800000");
  EXPECT_EQ(tree.Read(SysfsTree::Cpu("scaling_max_freq")), "2400000");
}

TEST(HostRunnerTest, RunsOnWithoutAnything) {
  const SysfsTree tree;
  const std::shared_ptr<const ClassifierModel> model = TestModel();
  Result<Classifier> classifier = Classifier::Create(model);
  HostRunner runner({tree.root(), 0});
  EXPECT_THAT(runner.frequency_status().message(), HasSubstr("there is no CPU 0"));
  EXPECT_THAT(runner.energy_status().message(), HasSubstr("RAPL"));
  const Result<MeasuredClassification> result = runner.Classify(*classifier, "good film");
  ASSERT_OK(result);
  EXPECT_TRUE(result->measured.frequencies.empty());
  EXPECT_FALSE(result->measured.energy);
  EXPECT_EQ(result->answer.energy, classifier->Classify("good film")->energy);
}

TEST(HostRunnerTest, GivesUpTheClockWhenItCannotBeSetAndRunsOn) {
  const SysfsTree tree;
  tree.AddUserspaceCpu();
  tree.Remove(SysfsTree::Cpu("scaling_setspeed"));
  std::filesystem::create_directories(tree.root() / SysfsTree::Cpu("scaling_setspeed"));
  Result<Classifier> classifier = Classifier::Create(TestModel());
  HostRunner runner({tree.root(), 0});
  const Result<MeasuredClassification> result = runner.Classify(*classifier, "good film");
  ASSERT_OK(result);
  EXPECT_FALSE(runner.frequency_status().ok());
  EXPECT_EQ(runner.frequencies(), nullptr);
  EXPECT_TRUE(result->measured.frequencies.empty());
  EXPECT_EQ(tree.Read(SysfsTree::Cpu("scaling_governor")), "schedutil");
}

TEST(HostRunnerTest, KeepsTheThreadOnTheCpuForAsLongAsItIsDriven) {
  if (!MayRunOnCpuZero()) {
    GTEST_SKIP() << "this test may not run on CPU 0";
  }
  const SysfsTree tree;
  tree.AddUserspaceCpu();
  cpu_set_t before;
  cpu_set_t during;
  cpu_set_t after;
  ASSERT_EQ(::sched_getaffinity(0, sizeof(before), &before), 0);
  {
    const HostRunner runner({tree.root(), 0});
    ASSERT_EQ(::sched_getaffinity(0, sizeof(during), &during), 0);
  }
  ASSERT_EQ(::sched_getaffinity(0, sizeof(after), &after), 0);
  EXPECT_EQ(CPU_COUNT(&during), 1);
  EXPECT_TRUE(CPU_ISSET(0, &during));
  EXPECT_TRUE(CPU_EQUAL(&before, &after));
}

TEST(HostRunnerTest, MeasuresEnergyAndEvaluates) {
  const SysfsTree tree;
  tree.AddUserspaceCpu();
  tree.AddZone("intel-rapl:0", "package-0", "1000");
  Result<Classifier> classifier =
      Classifier::Create(TestModel(), {.policy = Policy::kConventional});
  ASSERT_OK(classifier);
  HostRunner runner({tree.root(), 0});
  EXPECT_OK(runner.energy_status());
  std::vector<LabelledText> examples;
  for (const std::string& sentence : RandomSentences(8, 13)) {
    examples.push_back({sentence, std::nullopt, 0});
  }
  const Result<HostEvaluation> evaluation = runner.Evaluate(*classifier, examples);
  ASSERT_OK(evaluation);
  EXPECT_EQ(evaluation->energy, Joules(0));  // The counter stands still.
  EXPECT_GT(evaluation->time_p50.value(), 0);
  EXPECT_LE(evaluation->time_p50, evaluation->time_p99);
  if (MayRunOnCpuZero()) {
    EXPECT_EQ(evaluation->mean_frequency, Hertz(2400e6));
  }
  tree.Write("class/powercap/intel-rapl:0/energy_uj", "lost\n");
  const Result<MeasuredClassification> result = runner.Classify(*classifier, "good film");
  ASSERT_OK(result);
  EXPECT_FALSE(result->measured.energy);
  EXPECT_THAT(runner.energy_status().message(), HasSubstr("'lost'"));

  examples.push_back({"", std::nullopt, 0});
  EXPECT_THAT(runner.Evaluate(*classifier, examples).status().message(), HasSubstr("example 9"));
}

}  // namespace
}  // namespace edgebert
