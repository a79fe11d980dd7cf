// The loader of stationary vectors and the streamer, which wait for each other.

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "edgebert/systemc/bench_testing.h"
#include "edgebert/systemc/overlapped/stationary_loader.h"
#include "edgebert/systemc/overlapped/streamer.h"
#include "edgebert/testing/testing.h"

namespace edgebert::systemc::overlapped {
namespace {

using testing::Sink;
using testing::Source;

constexpr int kLanes = 4;
constexpr int kRows = 20;
constexpr int kVectors = 6;

/// Counts a special operation at a given cycle, and ends jobs as soon as they are streamed.
class Others : public Unit {
 public:
  Others(sc_core::sc_module_name name, const Clock& clock, uint64_t completes, Progress& progress)
      : Unit(name, clock), completes_(completes), progress_(progress) {}

 protected:
  void Step() override {
    if (clock().cycle() + 1 == completes_) {
      progress_.special_operations.Increment();
    }
    for (; jobs_ < progress_.jobs_streamed.value(); ++jobs_) {
      progress_.jobs_nearly_emitted.Increment();
      progress_.jobs_emitted.Increment();
    }
  }

 private:
  uint64_t completes_;
  Progress& progress_;
  uint32_t jobs_ = 0;
};

struct RunCase {
  int blocks;
  int loaded;
  int streamed;
  bool waits_for_port;
};

TEST(LoaderAndStreamerTest, BlocksTakeWhatTheRulesSay) {
  testing::Random random(1);
  for (int trial = 0; trial < 100; ++trial) {
    std::vector<RunCase> runs;
    std::vector<LoadBlocks> loads;
    std::vector<StreamBlocks> streams;
    // The first 20 rows stream, from banks of their own; the next 20 are stationary.
    const RegionAccess streamed{0, kVectors * kLanes, kLanes, 0};
    const RegionAccess stationary{512, kVectors * kLanes, kLanes, 0};
    const Dependency ready{Dependency::Event::kSpecialOperation, 1};
    for (uint32_t i = 0; i < 20; ++i) {
      RunCase run{};
      run.blocks = 1 + static_cast<int>(random() % kVectors);
      run.loaded = 1 + static_cast<int>(random() % kLanes);
      run.streamed = 1 + static_cast<int>(random() % 10);
      run.waits_for_port = random() % 4 == 0;
      runs.push_back(run);
      LoadBlocks load;
      load.region = stationary;
      load.blocks = run.blocks;
      load.vectors = run.loaded;
      load.waits_for_port = run.waits_for_port;
      load.ready = i == 3 ? ready : Dependency{};
      loads.push_back(load);
      StreamBlocks stream;
      stream.region = streamed;
      stream.blocks = run.blocks;
      stream.vectors = run.streamed;
      stream.first_row = static_cast<int>(i);
      stream.starts_job = true;
      stream.ends_job = true;
      stream.job = i;
      stream.part_lanes = 3;
      stream.ready = i == 5 ? ready : Dependency{};
      streams.push_back(stream);
    }
    const uint64_t completes = 1 + random() % 300;
    EventLog events(1);
    EXPECT_OK(InSimulation([&] {
      Clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
      BufferPool pool("pool", clock, 2, 512);
      BufferPool auxiliary("auxiliary", clock, 1, 64);
      std::vector<uint8_t> contents(1024);
      for (size_t i = 0; i < contents.size(); ++i) {
        contents[i] = static_cast<uint8_t>(i * 7 % 255);
        for (int bit = 0; bit < 8; ++bit) {
          if ((contents[i] >> bit & 1) != 0) {
            pool.FlipDataBit(static_cast<int64_t>(i), bit);
          }
        }
        pool.FlipMaskBit(static_cast<int64_t>(i));
      }
      PanelTable table;
      Progress progress;
      Channel<LoadBlocks> load_channel("loads", 4);
      Channel<StreamBlocks> stream_channel("streams", 4);
      Channel<StationaryVector> stationary_channel("stationary");
      Channel<StreamedVector> streamed_channel("streamed");
      Channel<uint32_t> freed_by_loader("freed_by_loader");
      Channel<uint32_t> freed_by_streamer("freed_by_streamer");
      const PanelReader reader(pool, table, {0, 1024}, kLanes);
      StationaryLoader loader("loader", clock,
                              {.instructions = load_channel,
                               .vectors = stationary_channel,
                               .freed_panels = freed_by_loader},
                              pool, reader, kLanes, progress, events);
      Streamer streamer("streamer", clock,
                        {.instructions = stream_channel,
                         .vectors = streamed_channel,
                         .freed_panels = freed_by_streamer},
                        {.pool = pool, .auxiliary = auxiliary}, reader, kLanes, progress, events);
      Others others("others", clock, completes, progress);
      Source<LoadBlocks> load_source("load_source", clock, load_channel, loads);
      Source<StreamBlocks> stream_source("stream_source", clock, stream_channel, streams);
      Sink<StationaryVector> stationary_sink("stationary_sink", clock, stationary_channel);
      Sink<StreamedVector> streamed_sink("streamed_sink", clock, streamed_channel);
      size_t num_streamed = 0;
      for (const RunCase& run : runs) {
        num_streamed += static_cast<size_t>(run.blocks * run.streamed);
      }
      EDGEBERT_RETURN_IF_ERROR(
          RunUntil(clock, [&] { return streamed_sink.items().size() == num_streamed; }));
      const auto expect_codes = [&](const Lanes& codes, int64_t address) {
        for (size_t lane = 0; lane < kLanes; ++lane) {
          EXPECT_EQ(codes[lane], contents[static_cast<size_t>(address) + lane]);
        }
      };
      // Instructions reach their units in cycle 1; a vector the sink in the cycle after its read.
      int64_t load_end = 1;
      int64_t compute_end = 1;
      int64_t compute_before = 1;
      size_t next_stationary = 0;
      size_t next_streamed = 0;
      int set = 0;
      for (size_t i = 0; i < runs.size(); ++i) {
        const RunCase& run = runs[i];
        for (int block = 0; block < run.blocks; ++block, set = 1 - set) {
          const bool port = run.waits_for_port && block == 0;
          const auto done = static_cast<int64_t>(completes);
          const int64_t load =
              std::max({load_end, port ? compute_end : compute_before, i == 3 ? done : 0});
          for (int v = 0; v < run.loaded; ++v, ++next_stationary) {
            const StationaryVector& vector = stationary_sink.items()[next_stationary];
            EXPECT_EQ(static_cast<int64_t>(stationary_sink.cycles()[next_stationary]),
                      load + v + 1);
            EXPECT_EQ(vector.set, set);
            EXPECT_EQ(vector.row, v);
            expect_codes(vector.codes, stationary.Address(v, block));
          }
          load_end = load + run.loaded;
          const int64_t compute = std::max({compute_end, load_end, i == 5 ? done : 0});
          for (int v = 0; v < run.streamed; ++v, ++next_streamed) {
            const StreamedVector& vector = streamed_sink.items()[next_streamed];
            EXPECT_EQ(static_cast<int64_t>(streamed_sink.cycles()[next_streamed]), compute + v + 1);
            EXPECT_EQ(vector.set, set);
            EXPECT_EQ(vector.row, static_cast<int>(i) + v);
            EXPECT_EQ(vector.job, i);
            EXPECT_EQ(vector.valid_lanes, 3);
            EXPECT_EQ(vector.ends_job, block + 1 == run.blocks && v + 1 == run.streamed);
            expect_codes(vector.codes, streamed.Address(v, block));
          }
          compute_before = compute_end;
          compute_end = compute + run.streamed;
        }
      }
      EXPECT_EQ(events.at(0).counts.loaded_vectors, static_cast<int64_t>(next_stationary));
      EXPECT_EQ(events.at(0).counts.pool_read_bytes,
                static_cast<int64_t>(kLanes * (next_stationary + next_streamed)));
      return OkStatus();
    }));
  }
}

}  // namespace
}  // namespace edgebert::systemc::overlapped
