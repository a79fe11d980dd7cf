#include "edgebert/accel/cost_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "edgebert/testing/albert_base.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using testing::AlbertBase;

HardwareDescription Hardware(int vector_size = 16, double sfu_vectors_per_cycle = 1) {
  static const HardwareDescription kDefault = *DefaultHardware();
  HardwareDescription hardware = kDefault;
  hardware.vector_size.value = vector_size;
  hardware.sfu_vectors_per_cycle.value = sfu_vectors_per_cycle;
  return hardware;
}

Linear Product(int rows, int inputs, int outputs) {
  return {MatrixRole::kQuery,    Slot::kLayerInput, Slot::kQuery, rows, inputs, outputs,
          ElementFunction::kNone};
}

TEST(CostModelTest, AlbertBaseLayerAt128TokensFillsEveryTile) {
  const WorkEstimate layer =
      EstimateWork(BuildLayerProgram(AlbertBase(), 1, 128).encoder, Hardware());
  EXPECT_EQ(layer.macs, 931'135'488);
  EXPECT_EQ(layer.matmul_cycles, 227'328 * 16);  // Blocks of 16 × 16 × 16.
  // Softmax of 12 heads × 128 rows, two AddNorms, the activation; one vector a cycle.
  EXPECT_EQ(layer.sfu_cycles, 3 * 12 * 128 * 8 + 2 * 4 * 128 * 48 + 128 * 192);
  EXPECT_EQ(layer.cycles(), layer.matmul_cycles + layer.sfu_cycles);
}

TEST(CostModelTest, ProductsArePaddedToTiles) {
  // 2 × 1 × 3 tiles of 16.
  EXPECT_EQ(EstimateWork(Product(17, 5, 33), Hardware()),
            (WorkEstimate{17 * 5 * 33, 2 * 1 * 3 * 16, 0}));
  EXPECT_EQ(EstimateWork(Product(1, 1, 1), Hardware()).matmul_cycles, 16);
  EXPECT_EQ(EstimateWork(Product(128, 0, 768), Hardware()).matmul_cycles, 0);
  EXPECT_EQ(EstimateWork(Product(17, 5, 33), Hardware(8)).matmul_cycles, 3 * 1 * 5 * 8);
}

TEST(CostModelTest, ElementFunctionsTakeOnePass) {
  Linear up = Product(5, 64, 40);
  up.function = ElementFunction::kActivation;
  EXPECT_EQ(EstimateWork(up, Hardware()).sfu_cycles, 5 * 3);
}

TEST(CostModelTest, OtherOperationsByHand) {
  const HardwareDescription hardware = Hardware();
  const Slot slot = Slot::kLayerOutput;
  EXPECT_EQ(EstimateWork(EmbeddingLookup{7, 128, slot}, hardware), (WorkEstimate{0, 0, 5 * 7 * 8}));
  EXPECT_EQ(EstimateWork(AddNorm{NormRole::kAttention, slot, slot, slot, 7, 100}, hardware),
            (WorkEstimate{0, 0, 4 * 7 * 7}));
  EXPECT_EQ(EstimateWork(Pool{7, 768, {Pooling::kCls, Pooling::kMean}}, hardware),
            (WorkEstimate{0, 0, 48 + 8 * 48}));
  EXPECT_EQ(EstimateWork(EntropyCheck{3}, hardware), (WorkEstimate{0, 0, 2}));
}

TEST(CostModelTest, AttentionSkipsTilesOutsideTheSpan) {
  // 40 tokens are 3 × 3 tiles. Span 1 needs the diagonal; span 2 crosses into neighbours (tokens 15
  // and 16); distance 17, between tokens 15 and 32, needs span 18.
  const auto tiles = [](int span) {
    return EstimateWork(Attention{40, 16, {{0, span}}}, Hardware()).matmul_cycles / 2 / 16;
  };
  EXPECT_EQ(tiles(1), 3);
  EXPECT_EQ(tiles(2), 7);
  EXPECT_EQ(tiles(17), 7);
  EXPECT_EQ(tiles(18), 9);
  // Rows of the last tile row that are not there are not soft-maxed: 40 rows, not 48.
  EXPECT_EQ(EstimateWork(Attention{40, 16, {{0, 40}}}, Hardware()).sfu_cycles, 3 * 40 * 3);
  EXPECT_EQ(EstimateWork(Attention{40, 16, {{0, 1}}}, Hardware()).sfu_cycles, 3 * 40);
  // Heads add up; a head of 20 elements takes two tiles.
  EXPECT_EQ(EstimateWork(Attention{16, 20, {{0, 16}, {3, 16}}}, Hardware()).matmul_cycles,
            2 * 2 * 2 * 16);
}

TEST(CostModelTest, TilesAndSoftmaxVectorsEqualCounting) {
  testing::Random random(21);
  for (int trial = 0; trial < 2'000; ++trial) {
    const int n = 1 + static_cast<int>(random() % 9);
    const int tokens = 1 + static_cast<int>(random() % 60);
    const int span = static_cast<int>(random() % 64);
    const int side = (tokens + n - 1) / n;
    int64_t tiles = 0;
    int64_t vectors = 0;
    for (int row = 0; row < side; ++row) {
      for (int column = 0; column < side; ++column) {
        bool attended = false;
        for (int query = row * n; query < std::min(tokens, (row + 1) * n); ++query) {
          for (int key = column * n; key < std::min(tokens, (column + 1) * n); ++key) {
            attended |= std::abs(query - key) < span;
          }
        }
        tiles += attended;
        vectors += attended ? std::min(tokens, (row + 1) * n) - row * n : 0;
      }
    }
    const WorkEstimate work = EstimateWork(Attention{tokens, 3 * n, {{0, span}}}, Hardware(n));
    ASSERT_EQ(work.matmul_cycles, 2 * tiles * 3 * n)
        << "n " << n << ", " << tokens << " tokens, span " << span;
    ASSERT_EQ(work.sfu_cycles, 3 * vectors);
  }
}

TEST(CostModelTest, ASlowerSpecialFunctionUnitRoundsUpPerOperation) {
  const Operation entropy = EntropyCheck{17};  // 2 passes over 2 vectors.
  EXPECT_EQ(EstimateWork(entropy, Hardware(16, 0.5)).sfu_cycles, 8);
  EXPECT_EQ(EstimateWork(entropy, Hardware(16, 3)).sfu_cycles, 2);
  EXPECT_EQ(EstimateWork(std::vector<Operation>{entropy, entropy}, Hardware(16, 3)).sfu_cycles, 4);
}

/// A random encoder; spans in half of them.
ModelConfig RandomConfig(testing::Random& random) {
  const auto pick = [&](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  ModelConfig config = AlbertBase();
  config.num_heads = pick(1, 8);
  config.hidden_size = config.num_heads * pick(1, 40);
  config.intermediate_size = pick(1, 500);
  config.pooler_size = pick(1, 100);
  if (pick(0, 1) == 0) {
    for (int head = 0; head < config.num_heads; ++head) {
      config.attention_spans.push_back(pick(0, 100));
    }
  }
  return config;
}

WorkEstimate LayerWork(const ModelConfig& config, int tokens, const HardwareDescription& hardware) {
  const LayerProgram program = BuildLayerProgram(config, 12, tokens);
  WorkEstimate work = EstimateWork(program.encoder, hardware);
  work += EstimateWork(program.off_ramp, hardware);
  return work;
}

TEST(CostModelTest, RandomLayersNeverBeatTheArrayAndGrowWithTokens) {
  testing::Random random(22);
  for (int trial = 0; trial < 2'000; ++trial) {
    const ModelConfig config = RandomConfig(random);
    const HardwareDescription hardware = Hardware(1 << (random() % 6));
    const int64_t n = hardware.vector_size.value;
    WorkEstimate previous;
    for (int tokens = 1; tokens <= 128; tokens += 1 + static_cast<int>(random() % 16)) {
      const WorkEstimate work = LayerWork(config, tokens, hardware);
      ASSERT_GE(work.matmul_cycles * n * n, work.macs);
      ASSERT_GE(work.macs, previous.macs);
      ASSERT_GE(work.matmul_cycles, previous.matmul_cycles);
      ASSERT_GE(work.sfu_cycles, previous.sfu_cycles);
      previous = work;
    }
  }
}

TEST(CostModelTest, SpansNeverAddWork) {
  testing::Random random(23);
  for (int trial = 0; trial < 2'000; ++trial) {
    ModelConfig config = RandomConfig(random);
    const int tokens = 1 + static_cast<int>(random() % 128);
    const WorkEstimate narrowed = LayerWork(config, tokens, Hardware());
    config.attention_spans.clear();
    const WorkEstimate dense = LayerWork(config, tokens, Hardware());
    ASSERT_LE(narrowed.macs, dense.macs);
    ASSERT_LE(narrowed.matmul_cycles, dense.matmul_cycles);
    ASSERT_LE(narrowed.sfu_cycles, dense.sfu_cycles);
  }
}

}  // namespace
}  // namespace edgebert
