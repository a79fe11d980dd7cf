#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "edgebert/accel/cycle_model.h"
#include "edgebert/accel/sentence_counts.h"
#include "edgebert/data/dataset.h"
#include "edgebert/model/model_file.h"
#include "edgebert/pipeline/classifier.h"
#include "edgebert/testing/testing.h"
#include "edgebert/text/encode_text.h"
#include "edgebert/text/tokenizer.h"
#include "edgebert/tiler/machine_shape.h"
#include "edgebert/tiler/tiler.h"

// What the accelerator is to reach with the shipped models.

namespace edgebert {
namespace {

/// How many sentences of a split have so many tokens.
Result<std::map<int, int>> CountLengths(const Model& model) {
  EDGEBERT_ASSIGN_OR_RETURN(const auto tokenizer, Tokenizer::Create(model.tokenizer));
  EDGEBERT_ASSIGN_OR_RETURN(const std::vector<LabelledText> examples,
                            LoadTask("sst2", testing::SharedDirectory() / "data", Split::kDev));
  std::map<int, int> lengths;
  for (const LabelledText& example : examples) {
    EDGEBERT_ASSIGN_OR_RETURN(const Encoding encoding,
                              EncodeText(*tokenizer, example.text, std::nullopt,
                                         static_cast<size_t>(model.config.max_positions)));
    ++lengths[static_cast<int>(encoding.ids.size())];
  }
  return lengths;
}

/// Cycles of the array if every matrix product's rows filled whole tiles of n.
int64_t PaddedCycles(const ModelConfig& config, int tokens, int n) {
  const int padded = static_cast<int>(RoundUp(tokens, n));
  int64_t macs = 0;
  for (int layer = 1; layer <= config.num_layers; ++layer) {
    for (const Operation& operation : BuildLayerProgram(config, layer, padded).encoder) {
      macs += MultiplyAccumulates(operation);
    }
    for (const Operation& operation : BuildLayerProgram(config, layer, tokens).off_ramp) {
      macs += MultiplyAccumulates(operation) * n;  // One row.
    }
  }
  return CeilDivide(macs, int64_t{n} * n);
}

class AcceleratorGoalsTest : public ::testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(, AcceleratorGoalsTest, ::testing::Values("sst2", "sst2-small"));

TEST_P(AcceleratorGoalsTest, AShippedModelOnSst2KeepsTheArrayOrDramBusy) {
  const std::filesystem::path data = testing::SharedDirectory() / "data" / "sst2" / "dev.tsv";
  EDGEBERT_REQUIRE_SHARED(data);
  const auto model =
      ReadModelFile(std::filesystem::path(EDGEBERT_SOURCE_DIR) / "models" / (GetParam() + ".ebm"));
  ASSERT_OK(model);
  const auto lengths = CountLengths(*model);
  ASSERT_OK(lengths);
  const HardwareDescription hardware = *DefaultHardware();
  const int n = hardware.vector_size.value;
  const auto masks = WeightMasks::FromModel(*model, n);
  ASSERT_OK(masks);
  const DmaTiming dma = DmaTimingAt(hardware, hardware.nominal().frequency);
  const int layers = model->config.num_layers;
  double cycles = 0;
  double ideal_dram_cycles = 0;
  double bound = 0;
  double needed = 0;
  double bytes = 0;
  int sentences = 0;
  for (const auto& [tokens, count] : *lengths) {
    const auto program = BuildTileProgram(model->config, *masks, hardware, tokens);
    ASSERT_OK(program);
    const CycleModel times(*program);
    const std::array segments = {ClockSegment{1, layers, dma}};
    const SentenceCounts sentence = CountSentence(*program, times, segments, layers);
    cycles += count * static_cast<double>(sentence.cycles);
    ideal_dram_cycles +=
        count * static_cast<double>(times.Run(1, layers, IdealDma()).back().decision);
    bound +=
        count * std::max(static_cast<double>(PaddedCycles(model->config, tokens, n)),
                         static_cast<double>(sentence.counts.transfer_bytes) * dma.cycles_per_byte);
    needed += count * static_cast<double>(sentence.ideal_cycles);
    bytes += count * static_cast<double>(sentence.counts.transfer_bytes);
    sentences += count;
  }
  const double utilisation = needed / cycles;
  fmt::print("{}, {} sentences at full depth: {:.0f} cycles and {:.0f} DRAM bytes each\n",
             GetParam(), sentences, cycles / sentences, bytes / sentences);
  fmt::print("  cycles over max(rows padded to n, bytes / bandwidth): {:.4f}\n", cycles / bound);
  fmt::print("  utilisation: {:.2f} %, with ideal DRAM {:.2f} %\n", utilisation * 100,
             needed / ideal_dram_cycles * 100);
  EXPECT_LE(cycles, 1.10 * bound);
  EXPECT_GE(utilisation, 0.70);
}

}  // namespace
}  // namespace edgebert
