#include "edgebert/accel/cycle_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "edgebert/accel/sentence_counts.h"
#include "edgebert/testing/albert_base.h"
#include "edgebert/testing/testing.h"
#include "edgebert/testing/tile_case.h"

namespace edgebert {
namespace {

using testing::Pick;
using testing::RandomTileCase;
using testing::TileCase;

/// The rules of docs/accelerator.md as they stand, event by event: every block, job, panel and
/// special operation has its times, and each is the latest of what it waits for.
class PlainMachine {
 public:
  PlainMachine(const TileProgram& program, const DmaTiming& dma) : program_(program), dma_(dma) {}

  std::vector<LayerCycles> Run(int first_layer, int last_layer) {
    std::vector<LayerCycles> layers;
    std::vector<size_t> own_panels;
    double time = first_layer == 1 ? RunSection(program_.embedding, 0) : 0;
    for (int layer = first_layer; layer <= last_layer; ++layer) {
      const TileLayer& entry = program_.sequence[static_cast<size_t>(layer - 1)];
      LayerCycles cycles;
      time = RunSection(program_.layers[static_cast<size_t>(entry.section)], time);
      cycles.encoder_complete = static_cast<int64_t>(time);
      if (entry.off_ramp >= 0) {
        time = RunSection(program_.off_ramps[static_cast<size_t>(entry.off_ramp)], time) + 4;
      }
      cycles.decision = static_cast<int64_t>(time);
      layers.push_back(cycles);
      own_panels.push_back(panels_.size());
    }
    for (size_t i = 0; i < layers.size(); ++i) {
      for (size_t p = own_panels[i]; p < panels_.size(); ++p) {
        layers[i].bytes_discarded +=
            panels_[p].begin < static_cast<double>(layers[i].decision) ? panels_[p].bytes : 0;
      }
    }
    return layers;
  }

 private:
  struct PanelTimes {
    int64_t room;
    int64_t bytes;
    double begin;
    double ready;
    double freed;
  };
  struct BlockTimes {
    double load_end;
    double compute_end;
    int streamed_place = -1;
  };
  struct JobTimes {
    double emission;
    double emission_end;
    bool next_waits;
  };

  /// The last but `back` of a list, or something from before the start.
  template <typename T>
  static T Back(const std::vector<T>& list, size_t back) {
    return list.size() > back ? list[list.size() - 1 - back] : T{};
  }

  /// A panel is asked for when the older ones that it finds no room beside are gone.
  void Fetch(const Panel& panel) {
    double request = 0;
    int64_t held = panel.ring_bytes;
    for (size_t older = panels_.size(); older-- > 0;) {
      held += panels_[older].room;
      if (held > program_.buffers.ring_bytes) {
        request = std::max(request, panels_[older].freed);
      }
    }
    double cycles = 0;
    const auto bytes = static_cast<double>(panel.transfer_bytes);
    if (dma_.port_bytes > 0) {
      cycles = std::ceil(bytes / static_cast<double>(dma_.port_bytes));
    }
    cycles = std::max(cycles, std::ceil(bytes * dma_.cycles_per_byte));
    const double begin = std::max(request + static_cast<double>(dma_.latency_cycles),
                                  panels_.empty() ? 0 : panels_.back().ready);
    panels_.push_back({panel.ring_bytes, panel.transfer_bytes, begin, begin + cycles,
                       panel.unused ? begin + cycles : -1});
  }

  /// Fetches panels up to one, in order.
  PanelTimes& At(const TileSection& section, size_t base, int panel) {
    while (panels_.size() <= base + static_cast<size_t>(panel)) {
      Fetch(section.panels[panels_.size() - base]);
    }
    return panels_[base + static_cast<size_t>(panel)];
  }

  double RunArray(const TileSection& section, const TileOperation& entry, size_t base, double input,
                  double operand) {
    const ArrayOperation& operation = entry.array;
    const bool weights = operation.kind == ArrayKind::kWeights;
    const bool rows_stay = operation.stationary == Stationary::kRows;
    for (int j = operation.first_job; j < operation.first_job + operation.jobs; ++j) {
      const Job& job = section.jobs[static_cast<size_t>(j)];
      const JobTimes previous = Back(jobs_, 0);
      double accumulators =
          previous.next_waits || !job.in_order ? previous.emission_end : previous.emission - 2;
      double no_block_start = 0;
      for (int r = job.first_run; r < job.first_run + job.runs; ++r) {
        const BlockRun& run = section.runs[static_cast<size_t>(r)];
        const double operand_ready = weights ? At(section, base, run.panel).ready : operand;
        for (int block = 0; block < run.blocks; ++block) {
          // One register set is free, and so is the read port.
          const bool same_port = Back(blocks_, 0).streamed_place == StationaryPlace(operation);
          const double load_end =
              std::max({Back(blocks_, 0).load_end, Back(blocks_, same_port ? 0 : 1).compute_end,
                        rows_stay ? input : operand_ready}) +
              run.loaded;
          const double compute_end = std::max({Back(blocks_, 0).compute_end, load_end,
                                               rows_stay ? operand_ready : input, accumulators}) +
                                     run.streamed;
          accumulators = 0;
          blocks_.push_back({load_end, compute_end, StreamedPlace(operation)});
        }
        if (weights && run.frees_panel) {
          At(section, base, run.panel).freed =
              rows_stay ? blocks_.back().compute_end : blocks_.back().load_end;
        }
      }
      if (job.runs == 0) {
        no_block_start = std::max(input, At(section, base, job.panel).ready);
      }
      const double emission =
          std::max({Back(blocks_, 0).compute_end + 2, previous.emission_end, no_block_start});
      jobs_.push_back({emission, emission + job.emitted,
                       operation.emission == Emission::kTransposed || job.runs == 0});
    }
    return jobs_.back().emission_end + 4;
  }

  double RunSpecial(const TileSection& section, const TileOperation& entry, size_t base,
                    double input) {
    double start = std::max(input, special_free_);
    if (entry.special.panel >= 0) {
      start = std::max(start, At(section, base, entry.special.panel).ready);
    }
    special_free_ = start + static_cast<double>(entry.special.cycles);
    if (entry.special.panel >= 0) {
      At(section, base, entry.special.panel).freed = special_free_ + 4;
    }
    return special_free_ + 4;
  }

  double RunSection(const TileSection& section, double start) {
    const size_t base = panels_.size();
    std::vector<double> complete;
    for (const TileOperation& entry : section.operations) {
      const auto ready = [&](int after) {
        return after < 0 ? start : complete[static_cast<size_t>(after)];
      };
      complete.push_back(
          entry.unit == TileOperation::Unit::kArray
              ? RunArray(section, entry, base, ready(entry.input_after), ready(entry.operand_after))
              : RunSpecial(section, entry, base, ready(entry.input_after)));
    }
    // Those of which nothing is multiplied come too, behind the last that is waited for.
    if (!section.panels.empty()) {
      At(section, base, static_cast<int>(section.panels.size()) - 1);
    }
    EXPECT_EQ(panels_.size() - base, section.panels.size());
    return complete.back();
  }

  const TileProgram& program_;
  const DmaTiming& dma_;
  std::vector<PanelTimes> panels_;
  std::vector<BlockTimes> blocks_;
  std::vector<JobTimes> jobs_;
  double special_free_ = 0;
};

DmaTiming RandomTiming(const HardwareDescription& hardware, testing::Random& random) {
  if (Pick(random, 0, 5) == 0) {
    return IdealDma();
  }
  const auto& points = hardware.operating_points;
  return DmaTimingAt(
      hardware,
      points[static_cast<size_t>(Pick(random, 0, static_cast<int>(points.size()) - 1))].frequency);
}

TEST(CycleModelTest, EqualsThePlainMachineOnRandomPrograms) {
  testing::Random random(61);
  int sparse_rows = 0;
  int cut = 0;
  int passes = 0;
  int waits = 0;
  for (int trial = 0; trial < 600; ++trial) {
    const TileCase tiles = RandomTileCase(random);
    const DmaTiming dma = RandomTiming(tiles.hardware, random);
    const int layers = tiles.config.num_layers;
    const int first = Pick(random, 1, layers);
    const int last = Pick(random, first, layers);
    const auto expected = PlainMachine(tiles.program, dma).Run(first, last);
    const CycleModel model(tiles.program);
    const auto cycles = model.Run(first, last, dma);
    ASSERT_EQ(cycles.size(), expected.size());
    for (size_t i = 0; i < cycles.size(); ++i) {
      ASSERT_EQ(cycles[i].encoder_complete, expected[i].encoder_complete)
          << "trial " << trial << ", layer " << i;
      ASSERT_EQ(cycles[i].decision, expected[i].decision) << "trial " << trial << ", layer " << i;
      ASSERT_EQ(cycles[i].bytes_discarded, expected[i].bytes_discarded)
          << "trial " << trial << ", layer " << i;
    }
    const TileSection& section = tiles.program.layers.front();
    passes += tiles.program.buffers.feed_forward_pass_rows < tiles.tokens ? 1 : 0;
    waits += cycles.back().decision > model.Run(first, last, IdealDma()).back().decision ? 1 : 0;
    for (const TileOperation& operation : section.operations) {
      sparse_rows += operation.array.stationary == Stationary::kRows ? 1 : 0;
      cut += operation.array.panels > operation.array.jobs ? 1 : 0;
    }
  }
  // The cases have all that the rules speak of.
  EXPECT_GT(sparse_rows, 50);
  EXPECT_GT(cut, 20);
  EXPECT_GT(passes, 40);
  EXPECT_GT(waits, 100);
}

TEST(CycleModelTest, AnAlbertBaseLayerKeepsItsArrayBusy) {
  const HardwareDescription hardware = *DefaultHardware();
  const ModelConfig config = testing::AlbertBase();
  const auto program = BuildTileProgram(config, WeightMasks::Dense(config, 16), hardware, 128);
  ASSERT_OK(program);
  const CycleModel model(*program);
  const auto cycles_of_layer_2 = [&](const DmaTiming& dma) {
    return model.Run(2, 2, dma).front().encoder_complete;
  };
  EXPECT_EQ(cycles_of_layer_2(IdealDma()), 3'675'126);
  EXPECT_EQ(cycles_of_layer_2(DmaTimingAt(hardware, Hertz(717e6))), 3'783'080);
  EXPECT_EQ(program->layers.front().counts.transfer_bytes, 33'358'848);
}

TEST(CycleModelTest, ABlockOfTheArrayTakesNoMoreThanItsProducts) {
  ModelConfig config = testing::AlbertBase();
  config.attention_spans.assign(12, 0);
  const HardwareDescription hardware = *DefaultHardware();
  const auto program = BuildTileProgram(config, WeightMasks::Dense(config, 16), hardware, 16);
  ASSERT_OK(program);
  const int64_t blocks = 2 * 48 * 192;  // Of 16 x 16 x 16, of the feed-forward network.
  const int64_t cycles = CycleModel(*program).Run(2, 2, IdealDma()).front().encoder_complete;
  // Left over: two AddNorms, the output projection's biases, and what fills and drains the
  // pipeline.
  EXPECT_LT(cycles - 16 * blocks, 2 * 16 * (48 + 8 + 48) + 48 * 16 + 100);
}

TEST(CycleModelTest, EarlierLayersDoNotDependOnLaterOnes) {
  testing::Random random(62);
  for (int trial = 0; trial < 100; ++trial) {
    const TileCase tiles = RandomTileCase(random);
    const DmaTiming dma = RandomTiming(tiles.hardware, random);
    const CycleModel model(tiles.program);
    const auto all = model.Run(1, tiles.config.num_layers, dma);
    for (int last = 1; last <= tiles.config.num_layers; ++last) {
      const auto some = model.Run(1, last, dma);
      ASSERT_EQ(some.back().bytes_discarded, 0);
      for (size_t i = 0; i < some.size(); ++i) {
        ASSERT_EQ(some[i].decision, all[i].decision);
      }
    }
  }
}

TEST(CycleModelTest, TimesKeepTheirBounds) {
  testing::Random random(63);
  for (int trial = 0; trial < 200; ++trial) {
    const TileCase tiles = RandomTileCase(random);
    const DmaTiming dma = RandomTiming(tiles.hardware, random);
    const CycleModel model(tiles.program);
    const int layers = tiles.config.num_layers;
    const auto cycles = model.Run(1, layers, dma);
    const TileCounts counts = CountLayers(tiles.program, 1, layers);
    const int64_t lanes = int64_t{tiles.program.vector_size} * tiles.program.vector_size;
    ASSERT_GE(counts.issued_products, 0);
    ASSERT_LE(counts.issued_products, counts.array_cycles * lanes);
    ASSERT_GE(cycles.back().decision, counts.array_cycles);
    ASSERT_GE(static_cast<double>(cycles.back().decision),
              static_cast<double>(counts.transfer_bytes) * dma.cycles_per_byte);
    ASSERT_GE(cycles.back().decision, model.Run(1, layers, IdealDma()).back().decision);
    DmaTiming slower = dma;
    slower.latency_cycles += 100;
    ASSERT_GE(model.Run(1, layers, slower).back().decision, cycles.back().decision);
  }
}

TEST(SentenceCountsTest, AddsUpSegmentsAndWhatAnExitDiscards) {
  testing::Random random(64);
  int discarded = 0;
  for (int trial = 0; trial < 100; ++trial) {
    const TileCase tiles = RandomTileCase(random);
    const CycleModel model(tiles.program);
    const int layers = tiles.config.num_layers;
    const int cut = Pick(random, 1, layers);
    const DmaTiming fast = DmaTimingAt(tiles.hardware, Hertz(717e6));
    const DmaTiming slow = DmaTimingAt(tiles.hardware, Hertz(335e6));
    std::vector<ClockSegment> segments = {{1, cut, fast}};
    if (cut < layers) {
      segments.push_back({cut + 1, layers, slow});
    }
    const int exit_layer = Pick(random, 1, layers);
    const SentenceCounts counts = CountSentence(tiles.program, model, segments, exit_layer);
    int64_t cycles = 0;
    int64_t off_ramps = 0;
    const auto first = model.Run(1, cut, fast);
    for (int layer = 1; layer <= std::min(cut, exit_layer); ++layer) {
      const LayerCycles& times = first[static_cast<size_t>(layer - 1)];
      off_ramps += times.decision - times.encoder_complete;
      cycles = times.decision;
    }
    if (exit_layer <= cut) {
      ASSERT_EQ(counts.bytes_discarded, first[static_cast<size_t>(exit_layer - 1)].bytes_discarded);
      ASSERT_LE(counts.bytes_discarded,
                CountLayers(tiles.program, exit_layer + 1, cut).transfer_bytes);
      discarded += counts.bytes_discarded > 0 ? 1 : 0;
    } else {
      const auto second = model.Run(cut + 1, layers, slow);
      for (int layer = cut + 1; layer <= exit_layer; ++layer) {
        const LayerCycles& times = second[static_cast<size_t>(layer - cut - 1)];
        off_ramps += times.decision - times.encoder_complete;
      }
      cycles += second[static_cast<size_t>(exit_layer - cut - 1)].decision;
    }
    ASSERT_EQ(counts.cycles, cycles);
    ASSERT_EQ(counts.offramp_cycles, off_ramps);
    ASSERT_EQ(counts.counts, CountLayers(tiles.program, 1, exit_layer));
  }
  EXPECT_GT(discarded, 10);
}

}  // namespace
}  // namespace edgebert
