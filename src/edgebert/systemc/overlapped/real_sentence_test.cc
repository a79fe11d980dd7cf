// Sentences of the shipped model.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "edgebert/model/model_file.h"
#include "edgebert/testing/sentence_case.h"
#include "edgebert/text/tokenizer.h"

namespace edgebert::systemc::overlapped {
namespace {

using testing::ExpectDeviceBits;
using testing::ExpectModelCycles;
using testing::RunDevice;
using testing::SentenceCase;

Result<Model> ShippedModel() {
  return ReadModelFile(std::filesystem::path(EDGEBERT_SOURCE_DIR) / "models" / "sst2.ebm");
}

Result<SentenceCase> CaseOf(const Model& model, const WeightMasks& masks, const std::string& text) {
  EDGEBERT_ASSIGN_OR_RETURN(const auto tokenizer, Tokenizer::Create(model.tokenizer));
  EDGEBERT_ASSIGN_OR_RETURN(
      const Encoding encoding,
      tokenizer->Encode(text, std::nullopt, static_cast<size_t>(model.config.max_positions)));
  EDGEBERT_ASSIGN_OR_RETURN(HardwareDescription hardware, DefaultHardware());
  EDGEBERT_ASSIGN_OR_RETURN(
      TileProgram program,
      BuildTileProgram(model.config, masks, hardware, static_cast<int>(encoding.ids.size())));
  const VoltageFrequency& point = hardware.nominal();
  const std::vector<LayerSegment> segments = {
      {model.config.num_layers, {point.voltage.value(), point.frequency.value()}}};
  return SentenceCase{model,
                      std::move(hardware),
                      std::move(program),
                      {encoding.ids, encoding.segment_ids},
                      segments};
}

TEST(RealSentenceTest, EqualsDeviceArithmeticAndCycleModelAtFullDepth) {
  const auto model = ShippedModel();
  ASSERT_OK(model);
  const auto masks = WeightMasks::FromModel(*model, DefaultHardware()->vector_size.value);
  ASSERT_OK(masks);
  for (const char* text : {"a charming and often affecting journey .", "bad"}) {
    SCOPED_TRACE(text);
    const auto test = CaseOf(*model, *masks, text);
    ASSERT_OK(test);
    const auto bound = BindProgram(test->model, test->program);
    ASSERT_OK(bound);
    const auto simulated = SimulateSentence(*bound, test->sentence, test->Settings());
    ASSERT_OK(simulated);
    ASSERT_EQ(simulated->exit_layer, model->config.num_layers);
    ExpectDeviceBits(*test, *simulated, RunDevice(*test));
    ExpectModelCycles(*test, *simulated);
  }
}

TEST(RealSentenceTest, SentencesLeaveWhereDeviceArithmeticLeaves) {
  const std::filesystem::path path = testing::SharedDirectory() / "data" / "sst2" / "dev.tsv";
  EDGEBERT_REQUIRE_SHARED(path);
  const auto model = ShippedModel();
  ASSERT_OK(model);
  const auto masks = WeightMasks::FromModel(*model, DefaultHardware()->vector_size.value);
  ASSERT_OK(masks);
  const auto encoder = Encoder::Create(*model, Arithmetic::kDevice);
  ASSERT_OK(encoder);
  const ExitThresholds thresholds(double{model->exits.threshold_nats}, model->exits, model->config);
  std::ifstream file(path);
  std::string line;
  std::vector<bool> exits(static_cast<size_t>(model->config.num_layers) + 1);
  for (int row = 0; std::getline(file, line); ++row) {
    if (row % 29 != 1) {
      continue;
    }
    SCOPED_TRACE(line);
    const auto test = CaseOf(*model, *masks, line.substr(0, line.find('\t')));
    ASSERT_OK(test);
    testing::DeviceLayers device;
    EntropyExitRule rule(thresholds);
    EncoderSession session(*encoder);
    const auto expected =
        session.Run(test->sentence.ids, test->sentence.segment_ids, rule, &device);
    ASSERT_OK(expected);
    const auto bound = BindProgram(test->model, test->program);
    ASSERT_OK(bound);
    SimulationSettings settings = test->Settings();
    for (int layer = 1; layer <= model->config.num_layers; ++layer) {
      settings.thresholds[static_cast<size_t>(layer - 1)] = ThresholdWord(thresholds.at(layer));
    }
    const auto simulated = SimulateSentence(*bound, test->sentence, settings);
    ASSERT_OK(simulated);
    ASSERT_EQ(simulated->exit_layer, expected->exit_layer);
    ExpectDeviceBits(*test, *simulated, device);
    ExpectModelCycles(*test, *simulated);
    exits[static_cast<size_t>(simulated->exit_layer)] = true;
  }
  EXPECT_GT(std::count(exits.begin(), exits.end(), true), 2);
}

}  // namespace
}  // namespace edgebert::systemc::overlapped
