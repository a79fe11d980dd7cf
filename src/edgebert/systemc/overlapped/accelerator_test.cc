// Whole sentences of random small models: every code equals device arithmetic's, and every cycle
// the cycle model's.

#include "edgebert/systemc/overlapped/accelerator.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "edgebert/accel/cycle_model.h"
#include "edgebert/accel/sentence_counts.h"
#include "edgebert/engine/encoder.h"
#include "edgebert/numeric/adaptivfloat.h"
#include "edgebert/systemc/overlapped/sentence_simulation.h"
#include "edgebert/testing/random_model.h"
#include "edgebert/testing/testing.h"
#include "edgebert/testing/tile_case.h"
#include "edgebert/tiler/tiler.h"

namespace edgebert::systemc::overlapped {
namespace {

using edgebert::testing::Pick;
using edgebert::testing::RandomHardware;
using edgebert::testing::RandomModel;
using edgebert::testing::RandomTileConfig;

/// A share of a model's weight codes becomes zero, some of them whole vectors.
void Prune(Model& model, testing::Random& random) {
  const int share = Pick(random, 0, 3);
  const bool vectors = Pick(random, 0, 1) == 0;
  for (Tensor& tensor : model.tensors) {
    if (!tensor.is_af8() || tensor.name.starts_with("embedding.word")) {
      continue;
    }
    std::vector<uint8_t> codes = Af8Codes(tensor);
    for (size_t i = 0; i < codes.size(); ++i) {
      const bool drop = vectors ? (i / 16 * 2654435761u >> 8) % 10 < static_cast<size_t>(2 * share)
                                : random() % 10 < static_cast<size_t>(2 * share);
      codes[i] = drop ? 0 : codes[i];
    }
    tensor = MakeAf8Tensor(tensor.name, tensor.shape, tensor.exponent_bias, codes);
  }
}

/// A model, a machine, and a sentence that fits it.
struct Case {
  Model model;
  HardwareDescription hardware;
  TileProgram program;
  SentenceInput sentence;
  DmaTiming dma;
};

Case RandomCase(testing::Random& random, int max_tokens) {
  for (;;) {
    const ModelConfig config = RandomTileConfig(random, max_tokens);
    Model model = RandomModel(config, /*af8=*/true, random());
    Prune(model, random);
    HardwareDescription hardware = RandomHardware(random, max_tokens);
    const auto masks = WeightMasks::FromModel(model, hardware.vector_size.value);
    const int tokens = Pick(random, 1, max_tokens);
    Result<TileProgram> program = BuildTileProgram(config, *masks, hardware, tokens);
    if (!program.ok()) {
      continue;
    }
    SentenceInput sentence;
    for (int i = 0; i < tokens; ++i) {
      sentence.ids.push_back(Pick(random, 0, config.vocabulary_size - 1));
      sentence.segment_ids.push_back(Pick(random, 0, config.num_segments - 1));
    }
    const auto& points = hardware.operating_points;
    const DmaTiming dma = DmaTimingAt(
        hardware, points[static_cast<size_t>(Pick(random, 0, static_cast<int>(points.size()) - 1))]
                      .frequency);
    return {std::move(model), std::move(hardware), std::move(*program), std::move(sentence), dma};
  }
}

/// Keeps what device arithmetic makes of each layer.
class Recorder : public LayerObserver {
 public:
  void OnLayer(const LayerView& view) override {
    logits.emplace_back(view.logits.begin(), view.logits.end());
    entropies.push_back(view.entropy_nats);
    outputs.push_back(
        view.executor.Values(view.layer == 0 ? Slot::kLayerInput : Slot::kLayerOutput));
  }

  std::vector<std::vector<float>> logits;
  std::vector<std::optional<double>> entropies;
  std::vector<std::vector<float>> outputs;
};

class AcceleratorTest : public ::testing::Test {
 protected:
  void Check(const Case& test, const std::string& name, bool leave_early = false) {
    SCOPED_TRACE(name);
    const ModelConfig& config = test.model.config;
    const auto encoder = Encoder::Create(test.model, Arithmetic::kDevice);
    ASSERT_OK(encoder);
    Recorder recorder;
    EntropyExitRule never{ExitThresholds(0)};
    EncoderSession session(*encoder);
    ASSERT_OK(session.Run(test.sentence.ids, test.sentence.segment_ids, never, &recorder));
    const auto bound = BindProgram(test.model, test.program);
    ASSERT_OK(bound);
    SimulationSettings settings;
    settings.hardware = test.hardware;
    settings.dma = test.dma;
    settings.thresholds.assign(static_cast<size_t>(config.num_layers), 0);
    int exit_layer = config.num_layers;
    if (leave_early) {
      // So that the first off-ramp is left.
      settings.thresholds.assign(static_cast<size_t>(config.num_layers),
                                 std::numeric_limits<int32_t>::max());
      exit_layer = config.off_ramp_layers.front();
    }
    const auto simulated = SimulateSentence(*bound, test.sentence, settings);
    ASSERT_OK(simulated);
    ASSERT_EQ(simulated->exit_layer, exit_layer);
    const CycleModel model(test.program);
    const auto cycles = model.Run(1, config.num_layers, test.dma);
    for (size_t i = 0; i < simulated->layers.size(); ++i) {
      EXPECT_EQ(simulated->layers[i].encoder_complete, cycles[i].encoder_complete) << "layer " << i;
      EXPECT_EQ(simulated->layers[i].decision, cycles[i].decision) << "layer " << i;
      const auto expected = recorder.entropies[i + 1];
      ASSERT_EQ(simulated->layers[i].entropy.has_value(), expected.has_value());
      if (expected) {
        EXPECT_EQ(std::ldexp(*simulated->layers[i].entropy, -16), *expected) << "layer " << i;
      }
    }
    const auto last = static_cast<size_t>(exit_layer);
    EXPECT_EQ(simulated->bytes_discarded, cycles[last - 1].bytes_discarded);
    std::vector<float> logits;
    for (const int32_t word : simulated->logits) {
      logits.push_back(std::ldexp(static_cast<float>(word), -16));
    }
    EXPECT_EQ(logits, recorder.logits[last]);
    const int bias = test.model.activation_biases->at(exit_layer, ActivationSite::kLayerOutput);
    std::vector<float> output;
    for (const uint8_t code : simulated->layer_output) {
      output.push_back(static_cast<float>(Decode(kAf8, code, bias)));
    }
    EXPECT_EQ(output, recorder.outputs[last]);
    const TileCounts counts = CountLayers(test.program, 1, exit_layer);
    EXPECT_EQ(simulated->array_busy, static_cast<uint64_t>(counts.array_cycles));
    EXPECT_EQ(simulated->products, static_cast<uint64_t>(counts.issued_products));
    EXPECT_EQ(simulated->dram_bytes - simulated->bytes_discarded, counts.transfer_bytes);
  }
};

TEST_F(AcceleratorTest, EqualsDeviceArithmeticAndCycleModelOnRandomSentences) {
  testing::Random random(71);
  for (int trial = 0; trial < 60 && !HasFailure(); ++trial) {
    Check(RandomCase(random, 48), "trial " + std::to_string(trial));
  }
}

TEST_F(AcceleratorTest, ASentenceThatLeavesDiscardsWhatWasFetched) {
  testing::Random random(72);
  for (int trial = 0; trial < 60 && !HasFailure(); ++trial) {
    Check(RandomCase(random, 48), "trial " + std::to_string(trial), /*leave_early=*/true);
  }
}

}  // namespace
}  // namespace edgebert::systemc::overlapped
