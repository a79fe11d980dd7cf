// How near the accelerator's arithmetic comes to `host` on real sentences and real weights.

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <vector>

#include "edgebert/data/dataset.h"
#include "edgebert/pipeline/classifier.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

constexpr size_t kSentences = 300;

struct Answers {
  std::vector<int> labels;
  int correct = 0;
  double mean_exit_layer = 0;
};

Answers Classify(const std::vector<LabelledText>& examples, Arithmetic arithmetic) {
  ClassifierModelOptions options;
  options.arithmetic = arithmetic;
  Result<Classifier> classifier = Classifier::Create(
      ClassifierModel::Load(std::filesystem::path(EDGEBERT_SOURCE_DIR) / "models" / "sst2.ebm",
                            options)
          .value());
  Answers answers;
  for (size_t i = 0; i < kSentences; ++i) {
    const Result<Classification> answer = classifier->Classify(examples[i].text);
    EXPECT_OK(answer);
    answers.labels.push_back(answer->label_index);
    answers.correct += answer->label_index == examples[i].label;
    answers.mean_exit_layer += static_cast<double>(answer->exit_layer) / kSentences;
  }
  return answers;
}

TEST(DeviceAgreementTest, LabelsAccuracyAndExitsOfTheShippedModel) {
  const std::filesystem::path data = testing::SharedDirectory() / "data";
  EDGEBERT_REQUIRE_SHARED(data / "sst2");
  const Result<std::vector<LabelledText>> examples = LoadTask("sst2", data, Split::kDev);
  ASSERT_OK(examples);
  const Answers host = Classify(*examples, Arithmetic::kHost);
  const Answers device = Classify(*examples, Arithmetic::kDevice);
  size_t unlike = 0;
  for (size_t i = 0; i < kSentences; ++i) {
    unlike += host.labels[i] != device.labels[i];
  }
  // As far apart as two runs of `host` with LayerNorm epsilons of 1e-12 and 1e-6 may be
  // (docs/device-arithmetic.md): 1 % of labels, of which a few more or less here are chance.
  EXPECT_LE(unlike, kSentences / 50);
  EXPECT_LE(std::abs(host.correct - device.correct), 4);
  EXPECT_NEAR(host.mean_exit_layer, device.mean_exit_layer, 0.15);
}

}  // namespace
}  // namespace edgebert
