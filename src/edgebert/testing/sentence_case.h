#ifndef EDGEBERT_TESTING_SENTENCE_CASE_H_
#define EDGEBERT_TESTING_SENTENCE_CASE_H_

// Sentences for the accelerator, and what engine and cycle model say of them.

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "edgebert/accel/cycle_model.h"
#include "edgebert/accel/sentence_counts.h"
#include "edgebert/engine/encoder.h"
#include "edgebert/numeric/adaptivfloat.h"
#include "edgebert/numeric/fixed_softmax.h"
#include "edgebert/systemc/overlapped/sentence_simulation.h"
#include "edgebert/testing/random_model.h"
#include "edgebert/testing/testing.h"
#include "edgebert/testing/tile_case.h"
#include "edgebert/tiler/tiler.h"

namespace edgebert::testing {

using systemc::overlapped::BindProgram;
using systemc::overlapped::BoundProgram;
using systemc::overlapped::SentenceInput;
using systemc::overlapped::SentenceSimulation;
using systemc::overlapped::SimulateSentence;
using systemc::overlapped::SimulationSettings;

/// A model, a machine, and a sentence that fits it.
struct SentenceCase {
  Model model;
  HardwareDescription hardware;
  TileProgram program;
  SentenceInput sentence;
  DmaTiming dma;

  /// No off-ramp is left.
  SimulationSettings Settings() const {
    SimulationSettings settings;
    settings.hardware = hardware;
    settings.dma = dma;
    settings.thresholds.assign(static_cast<size_t>(model.config.num_layers), 0);
    return settings;
  }
};

/// A share of a model's weight codes becomes zero, alone or in runs of 16.
inline void Prune(Model& model, Random& random) {
  const auto tenths = static_cast<size_t>(2 * Pick(random, 0, 3));
  const bool runs = Pick(random, 0, 1) == 0;
  for (Tensor& tensor : model.tensors) {
    if (!tensor.is_af8() || tensor.name == "embedding.word") {
      continue;
    }
    std::vector<uint8_t> codes = Af8Codes(tensor);
    bool drop = false;
    for (size_t i = 0; i < codes.size(); ++i) {
      drop = runs && i % 16 != 0 ? drop : random() % 10 < tenths;
      codes[i] = drop ? 0 : codes[i];
    }
    tensor = MakeAf8Tensor(tensor.name, tensor.shape, tensor.exponent_bias, codes);
  }
}

inline SentenceCase RandomSentenceCase(Random& random, int max_tokens) {
  for (;;) {
    ModelConfig config = RandomTileConfig(random, max_tokens);
    config.activation = static_cast<Activation>(Pick(random, 0, 2));
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
    const size_t point = static_cast<size_t>(Pick(random, 0, static_cast<int>(points.size()) - 1));
    const DmaTiming dma = DmaTimingAt(hardware, points[point].frequency);
    return {std::move(model), std::move(hardware), std::move(*program), std::move(sentence), dma};
  }
}

/// What device arithmetic makes of each layer. [num_layers + 1], the embedding first.
class DeviceLayers : public LayerObserver {
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

inline DeviceLayers RunDevice(const SentenceCase& test) {
  DeviceLayers layers;
  const auto encoder = Encoder::Create(test.model, Arithmetic::kDevice);
  EXPECT_OK(encoder);
  EntropyExitRule never{ExitThresholds(0)};
  EncoderSession session(*encoder);
  EXPECT_OK(session.Run(test.sentence.ids, test.sentence.segment_ids, never, &layers));
  return layers;
}

inline std::vector<float> LogitValues(const SentenceSimulation& simulated) {
  std::vector<float> logits;
  for (const int32_t word : simulated.logits) {
    logits.push_back(std::ldexp(static_cast<float>(word), -kLogitFractionBits));
  }
  return logits;
}

/// Every bit of the layers that ran and of the exit layer's output.
inline void ExpectDeviceBits(const SentenceCase& test, const SentenceSimulation& simulated,
                             const DeviceLayers& device) {
  for (size_t i = 0; i < simulated.layers.size(); ++i) {
    const auto& entropy = simulated.layers[i].entropy;
    ASSERT_EQ(entropy.has_value(), device.entropies[i + 1].has_value()) << "layer " << i + 1;
    if (entropy) {
      EXPECT_EQ(std::ldexp(*entropy, -kEntropyFractionBits), *device.entropies[i + 1])
          << "layer " << i + 1;
    }
  }
  const auto exit = static_cast<size_t>(simulated.exit_layer);
  EXPECT_EQ(LogitValues(simulated), device.logits[exit]);
  const int bias =
      test.model.activation_biases->at(simulated.exit_layer, ActivationSite::kLayerOutput);
  std::vector<float> output;
  for (const uint8_t code : simulated.layer_output) {
    output.push_back(static_cast<float>(Decode(kAf8, code, bias)));
  }
  EXPECT_EQ(output, device.outputs[exit]);
}

/// Every cycle, and the events that follow from the program.
inline void ExpectModelCycles(const SentenceCase& test, const SentenceSimulation& simulated) {
  const CycleModel model(test.program);
  const auto cycles = model.Run(1, test.model.config.num_layers, test.dma);
  for (size_t i = 0; i < simulated.layers.size(); ++i) {
    EXPECT_EQ(simulated.layers[i].encoder_complete, cycles[i].encoder_complete)
        << "layer " << i + 1;
    EXPECT_EQ(simulated.layers[i].decision, cycles[i].decision) << "layer " << i + 1;
  }
  const int exit = simulated.exit_layer;
  EXPECT_EQ(simulated.bytes_discarded, cycles[static_cast<size_t>(exit - 1)].bytes_discarded);
  EXPECT_EQ(simulated.counts, CountLayers(test.program, 1, exit));
}

}  // namespace edgebert::testing

#endif  // EDGEBERT_TESTING_SENTENCE_CASE_H_
