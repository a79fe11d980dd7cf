// Compares whole encoders in float32 with logits and hidden states that transformers computed.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "edgebert/base/file.h"
#include "edgebert/engine/encoder.h"
#include "edgebert/model/huggingface.h"
#include "edgebert/testing/layer_recorder.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using testing::LargestDifference;
using testing::LayerRecorder;

constexpr double kTolerance = 1e-4;

nlohmann::json ReadJson(const std::filesystem::path& path) {
  const Result<std::string> text = ReadTextFile(path, 64 << 20);
  return nlohmann::json::parse(text.ok() ? *text : "", nullptr, false);
}

void AppendNumbers(const nlohmann::json& nested, std::vector<double>& flat) {
  if (nested.is_number()) {
    flat.push_back(nested.get<double>());
  }
  if (nested.is_array()) {
    for (const nlohmann::json& entry : nested) {
      AppendNumbers(entry, flat);
    }
  }
}

std::vector<double> Numbers(const nlohmann::json& nested) {
  std::vector<double> flat;
  AppendNumbers(nested, flat);
  return flat;
}

class SmallModelTest : public ::testing::TestWithParam<const char*> {};

TEST_P(SmallModelTest, EqualsTransformers) {
  const std::filesystem::path directory =
      std::filesystem::path(EDGEBERT_SOURCE_DIR) / "tests/golden/huggingface" / GetParam();
  const nlohmann::json expected = ReadJson(directory / "expected.json");
  ASSERT_TRUE(expected.contains("examples"));
  Result<Model> model = ImportHuggingFace(directory);
  ASSERT_OK(model);
  const Result<std::shared_ptr<const Encoder>> encoder =
      Encoder::Create(std::move(model).value(), Arithmetic::kFloat32);
  ASSERT_OK(encoder);
  EncoderSession session(*encoder);
  for (const nlohmann::json& example : expected["examples"]) {
    LayerRecorder recorder;
    EntropyExitRule never(0.0);
    ASSERT_OK(session.Run(example["input_ids"].get<std::vector<int32_t>>(),
                          example["segment_ids"].get<std::vector<int32_t>>(), never, &recorder));
    ASSERT_EQ(recorder.logits.size(), example["logits"].size());
    for (size_t i = 0; i < recorder.logits.size(); ++i) {
      EXPECT_LT(LargestDifference(recorder.logits[i], Numbers(example["logits"][i])), kTolerance);
    }
    if (example.contains("hidden_states")) {
      ASSERT_EQ(recorder.states.size(), example["hidden_states"].size());
      for (size_t i = 0; i < recorder.states.size(); ++i) {
        EXPECT_LT(LargestDifference(recorder.states[i], Numbers(example["hidden_states"][i])),
                  kTolerance)
            << "layer " << i;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, SmallModelTest,
                         ::testing::Values("albert-fp16", "albert-groups", "albert-shared",
                                           "bert-3class-pairs", "bert-bf16", "bert-gelu",
                                           "bert-model", "bert-off-ramps", "bert-tokenizer-json"),
                         [](const auto& parameter) {
                           std::string name = parameter.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

class CheckpointTest : public ::testing::TestWithParam<const char*> {};

TEST_P(CheckpointTest, EqualsItsGoldenOutputs) {
  const std::filesystem::path directory = testing::SharedDirectory() / "models" / GetParam();
  EDGEBERT_REQUIRE_SHARED(directory);
  const nlohmann::json golden = ReadJson(directory / "golden.json");
  ASSERT_TRUE(golden.is_array());
  Result<Model> model = ImportHuggingFace(directory);
  ASSERT_OK(model);
  const Result<std::shared_ptr<const Encoder>> encoder =
      Encoder::Create(std::move(model).value(), Arithmetic::kFloat32);
  ASSERT_OK(encoder);
  EncoderSession session(*encoder);
  for (const nlohmann::json& example : golden) {
    const auto ids = example["input_ids"].get<std::vector<int32_t>>();
    LayerRecorder recorder;
    EntropyExitRule never(0.0);
    ASSERT_OK(session.Run(ids, std::vector<int32_t>(ids.size()), never, &recorder));
    ASSERT_EQ(recorder.logits.size(), 12u);
    for (size_t i = 0; i < recorder.logits.size(); ++i) {
      EXPECT_LT(LargestDifference(recorder.logits[i], Numbers(example["logits_by_layer"][i])),
                kTolerance);
    }
    if (!example.contains("cls_by_layer")) {
      continue;  // Only the first sentences have it.
    }
    const nlohmann::json& cls = example["cls_by_layer"];
    ASSERT_EQ(cls.size(), recorder.states.size());
    for (size_t i = 0; i < cls.size(); ++i) {
      std::vector<float> first_token = recorder.states[i];
      first_token.resize(cls[i].size());
      EXPECT_LT(LargestDifference(first_token, Numbers(cls[i])), kTolerance) << "layer " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, CheckpointTest,
                         ::testing::Values("sst2-12x384", "sst2-12x384-shared4"),
                         [](const auto& parameter) {
                           std::string name = parameter.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace edgebert
