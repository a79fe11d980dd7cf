#include "edgebert/systemc/overlapped/dma.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "edgebert/systemc/bench_testing.h"
#include "edgebert/systemc/overlapped/panel_reader.h"
#include "edgebert/testing/testing.h"

namespace edgebert::systemc::overlapped {
namespace {

using testing::Sink;
using testing::Source;

/// A panel's dense codes and parameters, and what DRAM holds of them.
struct PanelCase {
  FetchPanel fetch;
  std::vector<Lanes> vectors;  ///< [columns × blocks]
  std::vector<uint8_t> parameters;
  std::vector<uint8_t> bytes;
};

PanelCase RandomPanel(testing::Random& random, int n, int port) {
  PanelCase panel;
  panel.fetch.is_norm = random() % 6 == 0;
  panel.fetch.columns = panel.fetch.is_norm ? 0 : 1 + static_cast<int>(random() % 6);
  panel.fetch.blocks = panel.fetch.is_norm ? 0 : 1 + static_cast<int>(random() % 4);
  const auto count = static_cast<size_t>(panel.fetch.columns * panel.fetch.blocks);
  panel.bytes.resize((count * static_cast<size_t>(n) + 7) / 8);
  const size_t zeros = random() % 4;
  for (size_t v = 0; v < count; ++v) {
    Lanes lanes = {};
    const bool empty = random() % 3 == 0;
    for (size_t lane = 0; lane < static_cast<size_t>(n); ++lane) {
      if (!empty && random() % 4 >= zeros) {
        lanes[lane] = static_cast<uint8_t>(1 + random() % 127 + random() % 2 * 128);
        const size_t bit = v * static_cast<size_t>(n) + lane;
        panel.bytes[bit / 8] |= static_cast<uint8_t>(1u << (bit % 8));
        panel.bytes.push_back(lanes[lane]);
        ++panel.fetch.codes;
      }
    }
    panel.vectors.push_back(lanes);
  }
  const size_t parameters =
      panel.fetch.is_norm ? 24 : random() % 2 * 4 * static_cast<size_t>(panel.fetch.columns);
  for (size_t i = 0; i < parameters; ++i) {
    panel.parameters.push_back(static_cast<uint8_t>(random()));
  }
  panel.bytes.insert(panel.bytes.end(), panel.parameters.begin(), panel.parameters.end());
  panel.fetch.parameter_bytes = static_cast<int64_t>(parameters);
  const auto words = static_cast<size_t>(port);
  panel.bytes.resize(std::max<size_t>((panel.bytes.size() + words - 1) / words, 1) * words);
  panel.fetch.ring_bytes = panel.fetch.is_norm
                               ? static_cast<int64_t>(parameters / static_cast<size_t>(n) + 1) * n
                               : static_cast<int64_t>(count) * n;
  panel.fetch.unused = random() % 8 == 0;
  return panel;
}

/// Reads each panel's vectors some cycles after it has arrived, and frees it after that.
class PanelUser : public Unit {
 public:
  PanelUser(sc_core::sc_module_name name, const Clock& clock, const std::vector<PanelCase>& panels,
            PanelReader reader, const ParameterStore& biases, const ParameterStore& norms,
            Channel<uint32_t>& freed, const Progress& progress)
      : Unit(name, clock),
        panels_(panels),
        reader_(std::move(reader)),
        biases_(biases),
        norms_(norms),
        freed_(freed),
        progress_(progress) {}

  bool finished() const { return panel_ == panels_.size(); }
  std::vector<uint64_t> arrived;
  std::vector<uint64_t> freed_at;

 protected:
  void Step() override {
    while (arrived.size() < progress_.panels_arrived.value()) {
      arrived.push_back(clock().cycle());
    }
    if (finished() || arrived.size() <= panel_) {
      return;
    }
    const PanelCase& panel = panels_[panel_];
    const FetchPanel& fetch = panel.fetch;
    const auto number = static_cast<uint32_t>(panel_);
    if (fetch.unused) {
      freed_at.push_back(arrived[panel_]);
      ++panel_;
      return;
    }
    if (vector_ == 0) {
      for (size_t i = 0; i < panel.parameters.size() / 4; ++i) {
        uint32_t word = 0;
        for (size_t byte = 0; byte < 4; ++byte) {
          word |= uint32_t{panel.parameters[4 * i + byte]} << (8 * byte);
        }
        EXPECT_EQ((fetch.is_norm ? norms_ : biases_).Word(number, i), word);
      }
    }
    const int count = fetch.columns * fetch.blocks;
    if (vector_ < count) {
      if (vector_ == 0) {
        reader_.Rewind(number);
      }
      // Block by block, as they are multiplied.
      const int column = vector_ % fetch.columns;
      const int block = vector_ / fetch.columns;
      const Lanes& expected = panel.vectors[static_cast<size_t>(column * fetch.blocks + block)];
      EXPECT_EQ(reader_.IsNonzero(column, block), expected != Lanes{});
      if (expected != Lanes{}) {
        EXPECT_EQ(reader_.Read(column, block), expected) << "panel " << panel_;
      }
    }
    if (++vector_ >= count) {
      freed_.Push(number);
      freed_at.push_back(clock().cycle() + 1);
      vector_ = 0;
      ++panel_;
    }
  }

 private:
  const std::vector<PanelCase>& panels_;
  PanelReader reader_;
  const ParameterStore& biases_;
  const ParameterStore& norms_;
  Channel<uint32_t>& freed_;
  const Progress& progress_;
  size_t panel_ = 0;
  int vector_ = 0;
};

TEST(DmaTest, PanelsComeWhenTheRingHasRoomAndCanBeReadAsTheyWere) {
  testing::Random random(1);
  for (int trial = 0; trial < 120; ++trial) {
    const int n = 2 << (random() % 5);
    const int port = 4 << (random() % 5);
    DmaTiming timing;
    timing.port_bytes = port;
    timing.latency_cycles = static_cast<int64_t>(random() % 3 * 17);
    timing.cycles_per_byte = static_cast<double>(random() % 100) / 80;
    std::vector<PanelCase> panels;
    for (int i = 0; i < 30; ++i) {
      panels.push_back(RandomPanel(random, n, port));
    }
    std::vector<FetchPanel> fetches;
    for (PanelCase& panel : panels) {
      panel.fetch.bytes = panel.bytes;
      fetches.push_back(panel.fetch);
    }
    const int ring_banks = 1 + static_cast<int>(random() % 4);
    const int64_t bank = n * static_cast<int64_t>(24 + random() % 30);
    const RingPlace ring{bank, ring_banks * bank};
    EventLog events(1);
    EXPECT_OK(InSimulation([&] {
      Clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
      BufferPool pool("pool", clock, ring_banks + 1, bank);
      PanelTable table;
      ParameterStore biases;
      ParameterStore norms;
      Progress progress;
      Channel<FetchPanel> fetch_channel("fetches", 4);
      Channel<uint32_t> by_loader("by_loader");
      Channel<uint32_t> by_streamer("by_streamer");
      Channel<uint32_t> by_special("by_special");
      Dma dma("dma", clock,
              {.panels = fetch_channel,
               .freed_by_loader = by_loader,
               .freed_by_streamer = by_streamer,
               .freed_by_special = by_special},
              {.pool = pool, .table = table, .biases = biases, .norms = norms}, ring, n, progress,
              events);
      dma.dram().SetTiming(timing);
      Source<FetchPanel> source("source", clock, fetch_channel, fetches);
      PanelUser user("user", clock, panels, PanelReader(pool, table, ring, n), biases, norms,
                     by_loader, progress);
      EDGEBERT_RETURN_IF_ERROR(RunUntil(clock, [&] { return user.finished() && dma.idle(); }));
      // The rules of docs/accelerator.md; the first fetch reaches DMA in cycle 1.
      int64_t channel_free = 0;
      int64_t held = 0;
      size_t oldest = 0;
      int64_t room = 1;
      int64_t total = 0;
      for (size_t i = 0; i < panels.size(); ++i) {
        for (held += panels[i].fetch.ring_bytes; held > ring.bytes; ++oldest) {
          held -= panels[oldest].fetch.ring_bytes;
          room = std::max(room, static_cast<int64_t>(user.freed_at[oldest]));
        }
        const auto size = static_cast<int64_t>(panels[i].bytes.size());
        channel_free =
            std::max(room + timing.latency_cycles, channel_free) + timing.TransferCycles(size);
        EXPECT_EQ(static_cast<int64_t>(user.arrived[i]), channel_free) << "panel " << i;
        total += size;
      }
      EXPECT_EQ(events.at(0).counts.transfer_bytes, total);
      return OkStatus();
    }));
  }
}

}  // namespace
}  // namespace edgebert::systemc::overlapped
