#include "edgebert/systemc/overlapped/dram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "edgebert/testing/testing.h"

namespace edgebert::systemc::overlapped {
namespace {

TEST(DramTest, TransfersTakeWhatTheTilersDmaTimingSays) {
  testing::Random random(1);
  for (int trial = 0; trial < 200; ++trial) {
    DmaTiming timing;
    timing.latency_cycles = static_cast<int64_t>(random() % 30);
    timing.port_bytes = int64_t{1} << (random() % 7);
    timing.cycles_per_byte = trial % 4 == 0 ? 0 : static_cast<double>(random() % 1000) / 300;
    Dram dram;
    dram.SetTiming(timing);
    std::vector<std::vector<uint8_t>> contents;
    std::vector<uint64_t> requests;
    uint64_t cycle = 0;
    for (int i = 0; i < 10; ++i) {
      std::vector<uint8_t> bytes(1 + random() % 300);
      std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<uint8_t>(random()); });
      contents.push_back(bytes);
      cycle += random() % 40;
      requests.push_back(cycle);
    }
    size_t requested = 0;
    size_t transfer = 0;
    std::vector<uint8_t> come;
    int64_t free = 0;
    for (cycle = 0; transfer < contents.size(); ++cycle) {
      for (; requested < requests.size() && requests[requested] == cycle; ++requested) {
        dram.Request(contents[requested], cycle);
      }
      const auto bytes = dram.Deliver(cycle);
      ASSERT_LE(static_cast<int64_t>(bytes.size()), timing.port_bytes);
      come.insert(come.end(), bytes.begin(), bytes.end());
      if (come.size() < contents[transfer].size()) {
        continue;
      }
      ASSERT_EQ(come, contents[transfer]);
      const int64_t begin =
          std::max(static_cast<int64_t>(requests[transfer]) + timing.latency_cycles, free);
      free = begin + timing.TransferCycles(static_cast<int64_t>(come.size()));
      ASSERT_EQ(static_cast<int64_t>(cycle) + 1, free) << "transfer " << transfer;
      ASSERT_EQ(dram.begun(), ++transfer);
      come.clear();
    }
    ASSERT_TRUE(dram.idle());
  }
}

}  // namespace
}  // namespace edgebert::systemc::overlapped
