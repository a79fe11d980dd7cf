#ifndef EDGEBERT_TESTING_SENTENCE_CASE_H_
#define EDGEBERT_TESTING_SENTENCE_CASE_H_

// Sentences for the accelerator, and what engine and cycle model say of them.

#include <gtest/gtest.h>

#include <algorithm>
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
using systemc::overlapped::LayerSegment;
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
  std::vector<LayerSegment> segments;

  /// No off-ramp is left.
  SimulationSettings Settings() const {
    SimulationSettings settings;
    settings.hardware = hardware;
    settings.segments = segments;
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

/// All layers at one point, or each few at another.
inline std::vector<LayerSegment> RandomSegments(const HardwareDescription& hardware, int layers,
                                                Random& random) {
  const bool split = Pick(random, 0, 1) == 0;
  std::vector<LayerSegment> segments;
  for (int last = 0; last < layers;) {
    last = split ? Pick(random, last + 1, layers) : layers;
    const auto& points = hardware.operating_points;
    const auto& point =
        points[static_cast<size_t>(Pick(random, 0, static_cast<int>(points.size()) - 1))];
    segments.push_back({last, {point.voltage.value(), point.frequency.value()}});
  }
  return segments;
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
    std::vector<LayerSegment> segments = RandomSegments(hardware, config.num_layers, random);
    return {std::move(model), std::move(hardware), std::move(*program), std::move(sentence),
            std::move(segments)};
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
  const int exit = simulated.exit_layer;
  std::vector<ClockSegment> segments;
  int first = 1;
  for (const LayerSegment& segment : test.segments) {
    const DmaTiming dma = DmaTimingAt(test.hardware, Hertz(segment.point.hertz));
    segments.push_back({first, segment.last_layer, dma});
    const auto cycles = model.Run(first, segment.last_layer, dma);
    for (int layer = first; layer <= std::min(exit, segment.last_layer); ++layer) {
      const auto& expected = cycles[static_cast<size_t>(layer - first)];
      const auto& actual = simulated.layers[static_cast<size_t>(layer - 1)];
      EXPECT_EQ(actual.encoder_complete, expected.encoder_complete) << "layer " << layer;
      EXPECT_EQ(actual.decision, expected.decision) << "layer " << layer;
    }
    first = segment.last_layer + 1;
  }
  const SentenceCounts counts = CountSentence(test.program, model, segments, exit);
  EXPECT_EQ(simulated.cycles, counts.cycles);
  EXPECT_EQ(simulated.ideal_cycles, counts.ideal_cycles);
  EXPECT_EQ(simulated.offramp_cycles, counts.offramp_cycles);
  EXPECT_EQ(simulated.bytes_discarded, counts.bytes_discarded);
  EXPECT_EQ(simulated.counts, counts.counts);
  EXPECT_EQ(simulated.dram_bytes, counts.counts.transfer_bytes + counts.bytes_discarded);
}

}  // namespace edgebert::testing

#endif  // EDGEBERT_TESTING_SENTENCE_CASE_H_
