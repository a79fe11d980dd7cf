#include <benchmark/benchmark.h>

#include "edgebert/accel/cycle_model.h"
#include "edgebert/accel/sentence_counts.h"
#include "edgebert/hardware/hardware.h"
#include "edgebert/tiler/tiler.h"

namespace edgebert {
namespace {

/// The shape of the shipped model: 12 layers with weights of their own, each with an off-ramp.
ModelConfig ShippedShape() {
  ModelConfig config;
  config.vocabulary_size = 30522;
  config.embedding_size = 384;
  config.hidden_size = 384;
  config.intermediate_size = 1536;
  config.num_heads = 12;
  config.num_layers = 12;
  config.num_distinct_layers = 12;
  for (int layer = 1; layer <= 12; ++layer) {
    config.layer_map.push_back(layer - 1);
    config.off_ramp_layers.push_back(layer);
  }
  config.max_positions = 512;
  config.num_segments = 2;
  config.labels = {"negative", "positive"};
  config.pooling = {Pooling::kCls, Pooling::kMean};
  config.pooler_size = 384;
  return config;
}

TileProgram ProgramFor(int64_t tokens) {
  static const HardwareDescription kHardware = *DefaultHardware();
  static const WeightMasks kMasks = WeightMasks::Dense(ShippedShape(), 16);
  return *BuildTileProgram(ShippedShape(), kMasks, kHardware, static_cast<int>(tokens));
}

/// All 12 layers from a program that is already there.
void AllLayers(benchmark::State& state) {
  const TileProgram program = ProgramFor(state.range(0));
  const CycleModel model(program);
  const DmaTiming dma = DmaTimingAt(*DefaultHardware(), Hertz(717e6));
  int64_t cycles = 0;
  for (auto _ : state) {
    cycles = model.Run(1, 12, dma).back().decision;
    benchmark::DoNotOptimize(cycles);
  }
  state.counters["cycles"] = static_cast<double>(cycles);
}
BENCHMARK(AllLayers)->Arg(8)->Arg(25)->Arg(64)->Arg(128);

/// Tiling, and what the model keeps of it.
void Tiling(benchmark::State& state) {
  ProgramFor(8);
  for (auto _ : state) {
    const TileProgram program = ProgramFor(state.range(0));
    benchmark::DoNotOptimize(CycleModel(program));
  }
}
BENCHMARK(Tiling)->Arg(25);

}  // namespace
}  // namespace edgebert
