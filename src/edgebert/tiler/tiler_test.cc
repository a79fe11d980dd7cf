#include "edgebert/tiler/tiler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>
#include <vector>

#include "edgebert/program/weight_names.h"
#include "edgebert/testing/albert_base.h"
#include "edgebert/testing/random_model.h"
#include "edgebert/testing/testing.h"
#include "edgebert/testing/tile_case.h"
#include "edgebert/tiler/buffer_plan.h"
#include "edgebert/tiler/machine_shape.h"
#include "edgebert/tiler/timing_rules.h"
#include "edgebert/tiler/weight_vectors.h"

namespace edgebert {
namespace {

using testing::AlbertBase;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::Pick;
using testing::RandomTileCase;
using testing::TileCase;

const HardwareDescription& Standard() {
  static const HardwareDescription kHardware = *DefaultHardware();
  return kHardware;
}

/// Calls `check` for every section with its matrix index.
template <typename Check>
void ForEachSection(const TileProgram& program, const Check& check) {
  check(program.embedding, 0);
  for (size_t i = 0; i < program.layers.size(); ++i) {
    check(program.layers[i], static_cast<int>(i));
  }
  for (size_t i = 0; i < program.off_ramps.size(); ++i) {
    check(program.off_ramps[i], static_cast<int>(i));
  }
}

/// Where the columns of a weight product lie in its matrix.
int FirstColumn(const ModelConfig& config, const ArrayOperation& operation) {
  return operation.head < 0 ? 0 : operation.head * config.head_size();
}

/// Every pair of row and column of a product belongs to exactly one job; every block of a job runs
/// once, but those whose streamed weight vectors are all zero.
void CheckProductCoverage(const TileCase& tiles, const TileSection& section, int index,
                          const ArrayOperation& operation) {
  const MatrixMask& mask = tiles.masks.at(operation.matrix, index);
  ASSERT_EQ(mask.blocks(), operation.blocks);
  std::vector<int> covered(static_cast<size_t>(operation.rows * operation.columns));
  for (int j = operation.first_job; j < operation.first_job + operation.jobs; ++j) {
    const Job& job = section.jobs[static_cast<size_t>(j)];
    for (int row = job.first_row; row < job.first_row + job.rows; ++row) {
      for (int column = job.first_column; column < job.first_column + job.columns; ++column) {
        ++covered[static_cast<size_t>(row * operation.columns + column)];
      }
    }
    std::vector<int> runs(static_cast<size_t>(operation.blocks));
    for (int r = job.first_run; r < job.first_run + job.runs; ++r) {
      const BlockRun& run = section.runs[static_cast<size_t>(r)];
      const Panel& panel = section.panels[static_cast<size_t>(run.panel)];
      ASSERT_GE(run.first_block, panel.first_block);
      ASSERT_LE(run.first_block + run.blocks, panel.first_block + panel.blocks);
      ASSERT_GE(job.first_column, panel.first_column);
      ASSERT_LE(job.first_column + job.columns, panel.first_column + panel.columns);
      for (int block = run.first_block; block < run.first_block + run.blocks; ++block) {
        ++runs[static_cast<size_t>(block)];
      }
    }
    for (int block = 0; block < operation.blocks; ++block) {
      int nonzero = 0;
      for (int column = job.first_column; column < job.first_column + job.columns; ++column) {
        nonzero += mask.At(FirstColumn(tiles.config, operation) + column, block) != 0 ? 1 : 0;
      }
      const bool skipped = operation.stationary == Stationary::kRows && nonzero == 0;
      ASSERT_EQ(runs[static_cast<size_t>(block)], skipped ? 0 : 1);
    }
  }
  ASSERT_TRUE(std::all_of(covered.begin(), covered.end(), [](int times) { return times == 1; }));
}

/// Pairs of query and key that jobs multiply hold all that are within the span, each once.
void CheckAttentionCoverage(const TileCase& tiles, const TileSection& section,
                            const ArrayOperation& operation) {
  const int span = section.heads[static_cast<size_t>(operation.head)].span;
  const int n = tiles.program.vector_size;
  std::map<std::pair<int, int>, int> pairs;
  for (int j = operation.first_job; j < operation.first_job + operation.jobs; ++j) {
    const Job& job = section.jobs[static_cast<size_t>(j)];
    for (int r = job.first_run; r < job.first_run + job.runs; ++r) {
      const BlockRun& run = section.runs[static_cast<size_t>(r)];
      const bool scores = operation.kind == ArrayKind::kScores;
      if (!scores && job.first_column > 0) {
        continue;  // The same pairs for every column tile.
      }
      const int first_key = scores ? job.first_column : run.first_block * n;
      const int end_key = scores ? job.first_column + job.columns
                                 : std::min(tiles.tokens, (run.first_block + run.blocks) * n);
      ASSERT_LE(job.first_row, run.first_row);
      ASSERT_LE(run.first_row + run.streamed, job.first_row + job.rows);
      for (int query = run.first_row; query < run.first_row + run.streamed; ++query) {
        for (int key = first_key; key < end_key; ++key) {
          ++pairs[{query, key}];
        }
      }
    }
  }
  for (int query = 0; query < tiles.tokens; ++query) {
    for (int key = 0; key < tiles.tokens; ++key) {
      const auto found = pairs.find({query, key});
      if (std::abs(query - key) < span) {
        ASSERT_TRUE(found != pairs.end()) << query << " " << key << " span " << span;
      }
      ASSERT_TRUE(found == pairs.end() || found->second == 1);
    }
  }
}

TEST(TilerTest, JobsCoverEveryResultOnce) {
  testing::Random random(71);
  for (int trial = 0; trial < 150; ++trial) {
    const TileCase tiles = RandomTileCase(random, 48);
    ForEachSection(tiles.program, [&](const TileSection& section, int index) {
      for (const TileOperation& entry : section.operations) {
        if (entry.unit != TileOperation::Unit::kArray) {
          continue;
        }
        if (entry.array.kind == ArrayKind::kWeights) {
          CheckProductCoverage(tiles, section, index, entry.array);
        } else {
          CheckAttentionCoverage(tiles, section, entry.array);
        }
      }
    });
    ASSERT_FALSE(HasFatalFailure()) << "trial " << trial;
  }
}

TEST(TilerTest, WorkIsThatOfTheLayerProgram) {
  testing::Random random(72);
  for (int trial = 0; trial < 150; ++trial) {
    const TileCase tiles = RandomTileCase(random);
    ASSERT_EQ(tiles.program.embedding.counts.macs,
              MultiplyAccumulates(BuildEmbeddingProgram(tiles.config, tiles.tokens).operations));
    for (int layer = 1; layer <= tiles.config.num_layers; ++layer) {
      const LayerProgram program = BuildLayerProgram(tiles.config, layer, tiles.tokens);
      const TileLayer& entry = tiles.program.sequence[static_cast<size_t>(layer - 1)];
      ASSERT_EQ(tiles.program.layers[static_cast<size_t>(entry.section)].counts.macs,
                MultiplyAccumulates(program.encoder));
      ASSERT_EQ(entry.off_ramp >= 0, !program.off_ramp.empty());
      if (entry.off_ramp >= 0) {
        ASSERT_EQ(tiles.program.off_ramps[static_cast<size_t>(entry.off_ramp)].counts.macs,
                  MultiplyAccumulates(program.off_ramp));
      }
    }
  }
}

/// When the accumulators of a streamed vector are first written, in cycles from the job's start.
/// Vectors are numbered by their place in the group.
void CheckOrder(const TileCase& tiles, const TileSection& section, int index,
                const ArrayOperation& operation, const Job& job) {
  const bool columns_stream = operation.stationary == Stationary::kRows;
  std::map<int, int64_t> first_write;
  int64_t time = 0;
  for (int r = job.first_run; r < job.first_run + job.runs; ++r) {
    const BlockRun& run = section.runs[static_cast<size_t>(r)];
    for (int block = run.first_block; block < run.first_block + run.blocks; ++block) {
      if (!columns_stream) {
        for (int i = 0; i < run.streamed; ++i) {
          first_write.try_emplace(run.first_row - job.first_row + i, time++);
        }
        continue;
      }
      const MatrixMask& mask = tiles.masks.at(operation.matrix, index);
      const int64_t start = time;
      for (int column = 0; column < job.columns; ++column) {
        if (mask.At(FirstColumn(tiles.config, operation) + job.first_column + column, block) > 0) {
          first_write.try_emplace(column, time++);
        }
      }
      ASSERT_EQ(time - start, run.streamed);
    }
  }
  if (job.in_order) {
    for (const auto& [place, cycle] : first_write) {
      ASSERT_GE(cycle, place);
    }
  }
  if (!columns_stream) {
    ASSERT_TRUE(job.in_order);
    ASSERT_EQ(first_write.size(), static_cast<size_t>(job.runs == 0 ? 0 : job.rows));
  }
}

TEST(TilerTest, JobsFitTheArrayAndKeepTheOrderOfAccumulators) {
  testing::Random random(73);
  for (int trial = 0; trial < 200; ++trial) {
    const TileCase tiles = RandomTileCase(random, 64);
    const int n = tiles.program.vector_size;
    const int group = n * tiles.program.accumulator_tiles;
    ForEachSection(tiles.program, [&](const TileSection& section, int index) {
      for (const Job& job : section.jobs) {
        const ArrayOperation& operation =
            section.operations[static_cast<size_t>(job.operation)].array;
        const bool rows_stay = operation.stationary == Stationary::kRows;
        ASSERT_LE(rows_stay ? job.rows : job.columns, n);
        ASSERT_LE(rows_stay ? job.columns : job.rows, group);
        for (int r = job.first_run; r < job.first_run + job.runs; ++r) {
          const BlockRun& run = section.runs[static_cast<size_t>(r)];
          ASSERT_EQ(run.loaded, rows_stay ? job.rows : job.columns);
          ASSERT_GE(run.streamed, 1);
          ASSERT_LE(run.streamed, rows_stay ? job.columns : job.rows);
        }
        // Vectors leave where vectors begin in the region.
        if (operation.matrix == MatrixRole::kValue && operation.kind == ArrayKind::kWeights) {
          ASSERT_EQ(job.first_row % n, 0);
        } else {
          ASSERT_EQ(job.first_column % n, 0);
        }
        CheckOrder(tiles, section, index, operation, job);
      }
    });
    ASSERT_FALSE(HasFatalFailure()) << "trial " << trial;
  }
}

/// The vectors that jobs emit are those of the result, each once.
TEST(TilerTest, EmittedVectorsFillTheResult) {
  testing::Random random(74);
  for (int trial = 0; trial < 150; ++trial) {
    const TileCase tiles = RandomTileCase(random);
    const int n = tiles.program.vector_size;
    ForEachSection(tiles.program, [&](const TileSection& section, int) {
      for (const TileOperation& entry : section.operations) {
        if (entry.unit != TileOperation::Unit::kArray) {
          continue;
        }
        const ArrayOperation& operation = entry.array;
        int64_t emitted = 0;
        for (int j = operation.first_job; j < operation.first_job + operation.jobs; ++j) {
          emitted += section.jobs[static_cast<size_t>(j)].emitted;
        }
        if (operation.kind == ArrayKind::kScores) {
          continue;  // Only what is within spans.
        }
        const bool transposed =
            operation.kind == ArrayKind::kWeights && operation.matrix == MatrixRole::kValue;
        ASSERT_EQ(emitted, transposed ? operation.columns * CeilDivide(operation.rows, n)
                                      : operation.rows * CeilDivide(operation.columns, n));
      }
    });
  }
}

TEST(TilerTest, PanelsHoldEveryWeightVectorAndAreFreedOnce) {
  testing::Random random(75);
  int cut = 0;
  for (int trial = 0; trial < 200; ++trial) {
    const TileCase tiles = RandomTileCase(random);
    const int n = tiles.program.vector_size;
    const int64_t port = tiles.hardware.dram_port.value;
    ForEachSection(tiles.program, [&](const TileSection& section, int index) {
      std::vector<int> freed(section.panels.size());
      for (const BlockRun& run : section.runs) {
        if (run.frees_panel) {
          ++freed[static_cast<size_t>(run.panel)];
        }
      }
      for (size_t p = 0; p < freed.size(); ++p) {
        freed[p] += section.panels[p].unused ? 1 : 0;
      }
      int64_t transferred = 0;
      for (size_t o = 0; o < section.operations.size(); ++o) {
        const TileOperation& entry = section.operations[o];
        if (entry.unit == TileOperation::Unit::kSpecial) {
          if (entry.special.panel >= 0) {
            const Panel& panel = section.panels[static_cast<size_t>(entry.special.panel)];
            ++freed[static_cast<size_t>(entry.special.panel)];
            ASSERT_EQ(panel.operation, static_cast<int>(o));
            ASSERT_EQ(panel.transfer_bytes, RoundUp(8 * entry.special.width, port));
            ASSERT_EQ(panel.ring_bytes, RoundUp(8 * entry.special.width, n));
            ASSERT_LE(panel.ring_bytes, tiles.program.buffers.ring_bytes);
            transferred += panel.transfer_bytes;
          }
          continue;
        }
        const ArrayOperation& operation = entry.array;
        if (operation.kind != ArrayKind::kWeights) {
          ASSERT_EQ(operation.panels, 0);
          continue;
        }
        cut += operation.panels > operation.jobs ? 1 : 0;
        const MatrixMask& mask = tiles.masks.at(operation.matrix, index);
        std::vector<int> held(static_cast<size_t>(operation.columns * operation.blocks));
        std::vector<int> biases(static_cast<size_t>(operation.columns));
        for (int p = operation.first_panel; p < operation.first_panel + operation.panels; ++p) {
          const Panel& panel = section.panels[static_cast<size_t>(p)];
          ASSERT_EQ(panel.operation, static_cast<int>(o));
          int64_t codes = 0;
          for (int c = panel.first_column; c < panel.first_column + panel.columns; ++c) {
            biases[static_cast<size_t>(c)] += panel.has_bias ? 1 : 0;
            for (int b = panel.first_block; b < panel.first_block + panel.blocks; ++b) {
              ++held[static_cast<size_t>(c * operation.blocks + b)];
              codes += mask.At(FirstColumn(tiles.config, operation) + c, b);
            }
          }
          const int64_t elements = int64_t{panel.columns} * panel.blocks * n;
          ASSERT_EQ(panel.nonzero_codes, codes);
          ASSERT_EQ(panel.ring_bytes, elements);
          ASSERT_EQ(panel.transfer_bytes, RoundUp(CeilDivide(elements, 8) + codes +
                                                      (panel.has_bias ? 4 * panel.columns : 0),
                                                  port));
          ASSERT_LE(2 * panel.ring_bytes, tiles.program.buffers.ring_bytes);
          transferred += panel.transfer_bytes;
        }
        const auto once = [](int times) { return times == 1; };
        ASSERT_TRUE(std::all_of(held.begin(), held.end(), once));
        ASSERT_TRUE(std::all_of(biases.begin(), biases.end(), once));
      }
      ASSERT_EQ(section.counts.transfer_bytes, transferred);
      ASSERT_TRUE(std::all_of(freed.begin(), freed.end(), [](int times) { return times == 1; }));
    });
    ASSERT_FALSE(HasFatalFailure()) << "trial " << trial;
  }
  EXPECT_GT(cut, 20);
}

TEST(TilerTest, OperationsDependOnEarlierOnes) {
  testing::Random random(76);
  for (int trial = 0; trial < 100; ++trial) {
    const TileCase tiles = RandomTileCase(random);
    ForEachSection(tiles.program, [&](const TileSection& section, int) {
      for (size_t o = 0; o < section.operations.size(); ++o) {
        ASSERT_LT(section.operations[o].input_after, static_cast<int>(o));
        ASSERT_LT(section.operations[o].operand_after, static_cast<int>(o));
      }
    });
  }
}

TEST(TilerTest, RegionsInUseTogetherShareNoBank) {
  using Region = TileRegion;
  const std::vector<std::vector<Region>> phases = {
      {Region::kLayerInput, Region::kEmbedded},
      {Region::kLayerInput, Region::kContext, Region::kQuery, Region::kKey, Region::kScoreHalves,
       Region::kValueEven, Region::kValueOdd},
      {Region::kLayerInput, Region::kContext, Region::kAttentionUpdate},
      {Region::kLayerInput, Region::kHidden, Region::kFeedForwardUpdate},
      {Region::kLayerInput, Region::kPooled, Region::kOffRampHidden, Region::kLogits}};
  testing::Random random(77);
  for (int trial = 0; trial < 300; ++trial) {
    const TileCase tiles = RandomTileCase(random);
    const BufferPlan& plan = tiles.program.buffers;
    ASSERT_EQ(plan.ring_bytes, (plan.banks - plan.ring_first_bank) * plan.bank_bytes);
    for (const auto& phase : phases) {
      std::set<int> banks;
      size_t used = 0;
      for (const Region region : phase) {
        const RegionPlace& place = plan.place(region);
        const int64_t elements =
            int64_t{place.rows} * place.row_vectors * tiles.program.vector_size;
        ASSERT_GE(place.plane_banks * plan.bank_bytes, place.halves ? elements / 2 : elements);
        for (int bank = place.first_bank; bank < place.first_bank + place.banks(); ++bank) {
          banks.insert(bank);
          ASSERT_LT(bank, plan.ring_first_bank);
          ++used;
        }
      }
      ASSERT_EQ(banks.size(), used);
    }
  }
}

/// Array cycles when an orientation is forced, counted block by block.
int64_t ArrayCycles(const TileSection& section, const ArrayOperation& operation) {
  int64_t cycles = 0;
  for (int j = operation.first_job; j < operation.first_job + operation.jobs; ++j) {
    const Job& job = section.jobs[static_cast<size_t>(j)];
    for (int r = job.first_run; r < job.first_run + job.runs; ++r) {
      const BlockRun& run = section.runs[static_cast<size_t>(r)];
      cycles += int64_t{run.blocks} * std::max(run.loaded, run.streamed);
    }
  }
  return cycles;
}

TEST(TilerTest, ZeroVectorsCostNoCycle) {
  ModelConfig config = AlbertBase();
  const auto cycles_with = [&](int share_of_zero_vectors) {
    testing::Random random(78);
    const WeightMasks masks =
        WeightMasks::Generate(config, 16, [&](MatrixRole, int, int, int, int lanes) {
          return Pick(random, 0, 99) < share_of_zero_vectors ? 0 : lanes;
        });
    const auto program = BuildTileProgram(config, masks, Standard(), 16);
    EXPECT_OK(program);
    const TileSection& section = program->layers.front();
    int64_t cycles = 0;
    for (const TileOperation& entry : section.operations) {
      if (entry.unit == TileOperation::Unit::kArray && entry.array.kind == ArrayKind::kWeights) {
        cycles += ArrayCycles(section, entry.array);
      }
    }
    return static_cast<double>(cycles);
  };
  const double dense = cycles_with(0);
  EXPECT_EQ(dense, 7'077'888 / 16);  // Weights over n² times n rows.
  EXPECT_NEAR(cycles_with(50) / dense, 0.5, 0.04);
  // Loading 16 rows sets the pace, but for blocks that 32 zero vectors skip whole.
  EXPECT_NEAR(cycles_with(90) / dense, 0.5 * (1 - std::pow(0.9, 32)), 0.005);
}

TEST(TilerTest, AbsentHeadsAndSpansSaveWork) {
  ModelConfig config = AlbertBase();
  const auto counts = [&] {
    const auto program = BuildTileProgram(config, WeightMasks::Dense(config, 16), Standard(), 128);
    EXPECT_OK(program);
    return program->layers.front().counts;
  };
  const TileCounts all = counts();
  config.attention_spans.assign(12, 0);
  const TileCounts none = counts();
  // Projections and attention of all heads, and the output projection but for its bias.
  EXPECT_EQ(none.array_cycles, 2 * 768 * 3072 / 256 * 128);
  config.attention_spans[3] = 128;
  const TileCounts one = counts();
  EXPECT_EQ(all.array_cycles - none.array_cycles, 12 * (one.array_cycles - none.array_cycles));
  config.attention_spans[3] = 8;
  EXPECT_LT(counts().array_cycles, one.array_cycles);
  EXPECT_EQ(counts().issued_products - none.issued_products,
            one.issued_products - none.issued_products -
                2 * 64 * (128 * 128 - 16 * (8 * 16 + 2 * 7 * 7)));
}

TEST(TilerTest, WhatDoesNotFitIsNamed) {
  const ModelConfig config = AlbertBase();
  const WeightMasks masks = WeightMasks::Dense(config, 16);
  EXPECT_THAT(BuildTileProgram(config, masks, Standard(), 129).status().message(),
              AllOf(HasSubstr("the sentence is too long"), HasSubstr("129 tokens take 37152 bytes"),
                    HasSubstr("4384 more than the auxiliary buffer's 32768")));
  HardwareDescription hardware = Standard();
  hardware.buffers.auxiliary.value = Bytes(1 << 20);
  EXPECT_THAT(BuildTileProgram(config, masks, hardware, 512).status().message(),
              AllOf(HasSubstr("512 tokens do not fit: "), HasSubstr("layer input 393216"),
                    HasSubstr("context 393216"), HasSubstr("more than the 262144")));
  hardware = Standard();
  hardware.buffers.data.value = Bytes(0);
  EXPECT_THAT(BuildTileProgram(config, masks, hardware, 5).status().message(),
              HasSubstr("no section 'buffers'"));
  hardware = Standard();
  hardware.weights.resident = true;
  hardware.weights.capacity.value = Bytes(1e6);
  EXPECT_THAT(BuildTileProgram(config, masks, hardware, 5).status().message(),
              AllOf(HasSubstr("resident weight memory"), HasSubstr("more than the 1000000")));
  hardware.weights.capacity.value = Bytes(static_cast<double>(CodedWeightBytes(config, masks)));
  EXPECT_OK(BuildTileProgram(config, masks, hardware, 5));
  EXPECT_THAT(
      BuildTileProgram(config, WeightMasks::Dense(config, 8), Standard(), 5).status().message(),
      HasSubstr("vectors of 8 elements for an array of 16"));
  EXPECT_FALSE(BuildTileProgram(config, masks, Standard(), 0).ok());
  EXPECT_FALSE(BuildTileProgram(config, masks, Standard(), 513).ok());
}

/// The error's missing bytes are right: with as many more, in banks, it fits.
TEST(TilerTest, MissingBytesMendTheError) {
  testing::Random random(79);
  int mended = 0;
  for (int trial = 0; trial < 300; ++trial) {
    const ModelConfig config = testing::RandomTileConfig(random);
    HardwareDescription hardware = testing::RandomHardware(random);
    const WeightMasks masks = WeightMasks::Dense(config, hardware.vector_size.value);
    const int tokens = Pick(random, 1, 128);
    const auto program = BuildTileProgram(config, masks, hardware, tokens);
    if (program.ok()) {
      continue;
    }
    const std::string message = program.status().message();
    const size_t at = message.find("), ");
    ASSERT_NE(at, std::string::npos) << message;
    const int64_t missing = std::atoll(message.c_str() + at + 3);
    const double bank = hardware.buffers.data.value.value() / hardware.buffers.banks.value;
    const int banks = static_cast<int>(static_cast<double>(missing) / bank);
    ASSERT_GT(banks, 0) << message;
    const auto with = [&](int more) {
      HardwareDescription larger = hardware;
      larger.buffers.banks.value += more;
      larger.buffers.data.value += Bytes(bank * more);
      return BuildTileProgram(config, masks, larger, tokens);
    };
    ASSERT_OK(with(banks));
    ASSERT_FALSE(with(banks - 1).ok());
    ++mended;
  }
  EXPECT_GT(mended, 20);
}

TEST(TilerTest, AlbertBaseTakesAsFewPassesAsItsBuffersAllow) {
  const ModelConfig config = AlbertBase();
  const auto program = BuildTileProgram(config, WeightMasks::Dense(config, 16), Standard(), 128);
  ASSERT_OK(program);
  EXPECT_EQ(program->buffers.ring_bytes, 24 * 1024);
  EXPECT_EQ(RowPasses(128, program->buffers.attention_pass_rows), 7);
  EXPECT_EQ(RowPasses(128, program->buffers.feed_forward_pass_rows), 5);
  EXPECT_EQ(program->layers.front().counts.array_cycles, 227'328 * 16);
}

TEST(WeightMasksTest, CountTheCodesOfAModel) {
  const ModelConfig shape = [] {
    ModelConfig config = testing::RandomModelConfig();
    config.attention_spans = {5, 0, 32, 0, 32, 1};
    return config;
  }();
  const Model model = testing::RandomModel(shape, true, 5);
  const auto masks = WeightMasks::FromModel(model, 4);
  ASSERT_OK(masks);
  // Layer 0's heads 0 and 2 of 8 columns each take part.
  const MatrixMask& query = masks->at(MatrixRole::kQuery, 0);
  EXPECT_EQ(query.columns(), 16);
  EXPECT_EQ(query.blocks(), 6);
  const std::vector<uint8_t> codes = Af8Codes(*model.Find("layer.0.attention.query.weight"));
  const auto nonzero = [](const std::vector<uint8_t>& all, int first, int lanes) {
    int count = 0;
    for (int i = first; i < first + lanes; ++i) {
      count += (all[static_cast<size_t>(i)] & 0x7f) != 0 ? 1 : 0;
    }
    return count;
  };
  EXPECT_EQ(query.At(3, 2), nonzero(codes, 3 * 24 + 8, 4));
  EXPECT_EQ(query.At(9, 5), nonzero(codes, 17 * 24 + 20, 4));
  // The output projection's blocks follow the active heads.
  const std::vector<uint8_t> output = Af8Codes(*model.Find("layer.0.attention.output.weight"));
  const MatrixMask& projection = masks->at(MatrixRole::kAttentionOutput, 0);
  EXPECT_EQ(projection.blocks(), 4);
  EXPECT_EQ(projection.At(7, 3), nonzero(output, 7 * 24 + 20, 4));
  // Two poolings of 24 elements.
  EXPECT_EQ(masks->at(MatrixRole::kOffRampPooler, 1).blocks(), 12);
  int64_t all = 0;
  for (int column = 0; column < 16; ++column) {
    for (int block = 0; block < 6; ++block) {
      all += query.At(column, block);
    }
  }
  EXPECT_EQ(query.Sum(0, 16, 0, 6), all);
  EXPECT_EQ(query.Sum(2, 1, 1, 2), query.At(2, 1) + query.At(2, 2));
}

TEST(WeightMasksTest, FloatModelsAreRefused) {
  const Model model = testing::RandomModel(testing::RandomModelConfig(), false, 5);
  EXPECT_THAT(WeightMasks::FromModel(model, 16).status().message(),
              HasSubstr("weights are float32"));
}

TEST(TilerTest, EmbeddingsMustFitTheirMemory) {
  const Model model = testing::RandomModel(testing::RandomModelConfig(), true, 5);
  HardwareDescription hardware = Standard();
  EXPECT_OK(CheckEmbeddingFits(model, hardware));
  hardware.envm.value = Bytes(1000);
  EXPECT_THAT(CheckEmbeddingFits(model, hardware).message(),
              AllOf(HasSubstr("the embedding takes "), HasSubstr("more than the 1000")));
}

}  // namespace
}  // namespace edgebert
