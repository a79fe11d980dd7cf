#include "edgebert/simulate/artifact_simulator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "edgebert/testing/testing.h"
#include "edgebert/testing/text_model.h"

namespace edgebert {
namespace {

using ::testing::HasSubstr;

int64_t Padded(int64_t size) { return (size + 15) / 16 * 16; }

/// What was measured on the authors' model (docs/accelerator.md).
int64_t MatmulFormula(int64_t columns, int64_t rows, int64_t inputs) {
  const int64_t tiles = Padded(columns) / 16 * (Padded(rows) / 16);
  return 33 * tiles * (Padded(inputs) / 16) + 8 * (tiles - 1) + 34;
}

int64_t CyclesOf(const std::vector<ArtifactOperation>& operations, const std::string& name) {
  for (const ArtifactOperation& operation : operations) {
    if (operation.name == name) {
      return operation.total_cycles();
    }
  }
  ADD_FAILURE() << "no " << name;
  return 0;
}

TEST(ArtifactSimulatorTest, OperationsTakeTheMeasuredCycles) {
  const auto model = AcceleratorModel::Create(testing::TextModel(true, 96), *DefaultHardware());
  ASSERT_OK(model);
  const auto sentence = RunDeviceSentence(
      **model, {.policy = Policy::kConventional},
      "a very slow film with a good end and a fun cast for the day but the plot", std::nullopt);
  ASSERT_OK(sentence);
  const auto artifact = SimulateArtifact(**model, *sentence);
  ASSERT_OK(artifact);
  const ModelConfig& config = (*model)->model().config;
  const int64_t tokens = sentence->program.tokens;
  const int64_t hidden = config.hidden_size;
  const int64_t heads = config.num_heads;
  const int64_t row_vectors = Padded(hidden) / 16;
  const int64_t score_vectors = Padded(tokens) / 16;
  ASSERT_GT(score_vectors, 1);
  const auto cycles = [&](const char* name) { return CyclesOf(artifact->encoder, name); };
  EXPECT_EQ(cycles("query, key, value"), 3 * MatmulFormula(hidden, tokens, hidden));
  EXPECT_EQ(cycles("scores"), heads * MatmulFormula(tokens, tokens, config.head_size()));
  EXPECT_EQ(cycles("context"), heads * MatmulFormula(config.head_size(), tokens, tokens));
  EXPECT_EQ(cycles("feed-forward up"), MatmulFormula(config.intermediate_size, tokens, hidden));
  EXPECT_EQ(cycles("softmax"), heads * (tokens * (58 * score_vectors + 1) + 4));
  EXPECT_EQ(cycles("residual addition"), 2 * (tokens * (36 * row_vectors + 1) + 6));
  EXPECT_EQ(cycles("LayerNorm"), 2 * (tokens * (47 * row_vectors + 2) + 5));
  EXPECT_EQ(CyclesOf(artifact->off_ramp, "entropy"), 34 + 2 + 5);
  const int64_t vectors = Padded(hidden) * row_vectors;
  const int64_t words = 2 * vectors;
  EXPECT_EQ(cycles("output projection: weights"),
            words + 9 + 5 * ((words + 255) / 256 - 1) + vectors + 9);
  int64_t sum = 0;
  for (const ArtifactOperation& operation : artifact->encoder) {
    sum += config.num_layers * operation.total_cycles();
  }
  for (const ArtifactOperation& operation : artifact->off_ramp) {
    sum += artifact->off_ramps * operation.total_cycles();
  }
  EXPECT_EQ(artifact->run.cycles, sum);
  EXPECT_EQ(artifact->run.exit_layer, config.num_layers);
  // Even without DRAM the overlapped accelerator is several times faster.
  EXPECT_GT(artifact->run.cycles, 2 * EstimateRun(**model, *sentence).cycles);
}

TEST(ArtifactSimulatorTest, IsBuiltForOneSizeAlone) {
  HardwareDescription hardware = *DefaultHardware();
  hardware.vector_size.value = 8;
  const auto model = AcceleratorModel::Create(testing::TextModel(true, 96), hardware);
  ASSERT_OK(model);
  const auto sentence =
      RunDeviceSentence(**model, {.policy = Policy::kConventional}, "good", std::nullopt);
  ASSERT_OK(sentence);
  EXPECT_THAT(SimulateArtifact(**model, *sentence).status().message(),
              HasSubstr("for n = 16 alone"));
}

}  // namespace
}  // namespace edgebert
