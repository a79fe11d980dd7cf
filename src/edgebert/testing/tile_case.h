#ifndef EDGEBERT_TESTING_TILE_CASE_H_
#define EDGEBERT_TESTING_TILE_CASE_H_

// Random models, accelerators and sentence lengths that fit each other, for tests of whatever takes
// a tile program.

#include <algorithm>
#include <random>
#include <utility>

#include "edgebert/hardware/hardware.h"
#include "edgebert/model/config.h"
#include "edgebert/testing/testing.h"
#include "edgebert/tiler/tiler.h"

namespace edgebert::testing {

struct TileCase {
  ModelConfig config;
  HardwareDescription hardware;
  WeightMasks masks;
  int tokens;
  TileProgram program;
};

inline int Pick(Random& random, int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(random);
}

/// Up to 3 layers of up to 4 heads; spans, absent heads, off-ramps and projections in some.
inline ModelConfig RandomTileConfig(Random& random, int max_tokens = 128) {
  ModelConfig config;
  config.family = Pick(random, 0, 1) == 0 ? Family::kBert : Family::kAlbert;
  config.num_heads = Pick(random, 1, 4);
  config.hidden_size = config.num_heads * Pick(random, 1, 24);
  config.intermediate_size = Pick(random, 1, 120);
  config.embedding_size = Pick(random, 0, 1) == 0 ? config.hidden_size : Pick(random, 1, 50);
  config.vocabulary_size = 40;
  config.num_layers = Pick(random, 1, 3);
  config.num_distinct_layers = Pick(random, 1, config.num_layers);
  for (int layer = 0; layer < config.num_layers; ++layer) {
    config.layer_map.push_back(std::min(layer, config.num_distinct_layers - 1));
  }
  config.max_positions = max_tokens;
  config.num_segments = 2;
  config.labels.assign(static_cast<size_t>(Pick(random, 2, 20)), "label");
  for (int layer = 1; layer <= config.num_layers; ++layer) {
    if (layer == config.num_layers || Pick(random, 0, 2) > 0) {
      config.off_ramp_layers.push_back(layer);
    }
  }
  config.pooling = {Pooling::kCls};
  if (Pick(random, 0, 1) == 0) {
    config.pooling.push_back(Pooling::kMean);
  }
  config.pooler_size = Pick(random, 1, 60);
  config.shared_off_ramp = Pick(random, 0, 1) == 0;
  if (Pick(random, 0, 2) > 0) {
    const int reach = Pick(random, 1, max_tokens);
    for (int head = 0; head < config.num_distinct_layers * config.num_heads; ++head) {
      config.attention_spans.push_back(std::max(0, Pick(random, -reach / 3, reach)));
    }
  }
  return config;
}

/// Weights of which a share of vectors is all zero, and a share of the codes of the others.
inline WeightMasks RandomMasks(const ModelConfig& config, int vector_size, Random& random) {
  const double zero_vectors = Pick(random, 0, 2) * 0.4;
  const double zero_codes = Pick(random, 0, 3) * 0.25;
  std::bernoulli_distribution vector_is_zero(zero_vectors);
  std::bernoulli_distribution code_is_zero(zero_codes);
  return WeightMasks::Generate(config, vector_size, [&](MatrixRole, int, int, int, int lanes) {
    int count = 0;
    for (int lane = 0; lane < lanes; ++lane) {
      count += code_is_zero(random) ? 0 : 1;
    }
    return vector_is_zero(random) ? 0 : count;
  });
}

/// The default accelerator with another array, other memories and another pace of DRAM.
inline HardwareDescription RandomHardware(Random& random, int max_tokens = 128) {
  static const HardwareDescription kDefault = *DefaultHardware();
  HardwareDescription hardware = kDefault;
  const int n = 2 << Pick(random, 0, 4);
  hardware.vector_size.value = n;
  hardware.accumulator_tiles.value = Pick(random, 1, 8);
  hardware.buffers.banks.value = Pick(random, 8, 48);
  const double bank = n * (1 << Pick(random, 3, 8));
  hardware.buffers.data.value = Bytes(bank * hardware.buffers.banks.value);
  hardware.buffers.auxiliary.value = Bytes(2.0 * max_tokens * (max_tokens + n));
  hardware.dram_port.value = 1 << Pick(random, 2, 6);
  hardware.dram_bandwidth.value = BytesPerSecond(1e8 * Pick(random, 1, 300));
  hardware.dram_latency.value = Seconds(1e-9 * Pick(random, 0, 500));
  hardware.sfu_vectors_per_cycle.value = Pick(random, 0, 3) == 0 ? 0.5 : 1;
  if (Pick(random, 0, 4) == 0) {
    hardware.weights.resident = true;
    hardware.weights.capacity.value = Bytes(1e9);
  }
  return hardware;
}

/// Draws until a sentence fits.
inline TileCase RandomTileCase(Random& random, int max_tokens = 128) {
  for (;;) {
    ModelConfig config = RandomTileConfig(random, max_tokens);
    HardwareDescription hardware = RandomHardware(random, max_tokens);
    WeightMasks masks = RandomMasks(config, hardware.vector_size.value, random);
    const int tokens = Pick(random, 1, max_tokens);
    Result<TileProgram> program = BuildTileProgram(config, masks, hardware, tokens);
    if (program.ok()) {
      return {std::move(config), std::move(hardware), std::move(masks), tokens,
              std::move(*program)};
    }
  }
}

}  // namespace edgebert::testing

#endif  // EDGEBERT_TESTING_TILE_CASE_H_
