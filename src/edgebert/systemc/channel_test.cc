#include "edgebert/systemc/channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "edgebert/systemc/bench_testing.h"
#include "edgebert/testing/testing.h"

namespace edgebert::systemc {
namespace {

/// The cycles in which eight items arrive through a queue of `capacity`.
std::vector<uint64_t> ArrivalsThrough(size_t capacity, testing::Willing willing) {
  std::vector<uint64_t> cycles;
  EXPECT_OK(InSimulation([&] {
    Clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
    Channel<int> channel("channel", capacity);
    // The sink first and the source first must be the same: only channels order them.
    testing::Sink<int> sink("sink", clock, channel, willing);
    testing::Source<int> source("source", clock, channel, {0, 1, 2, 3, 4, 5, 6, 7});
    EDGEBERT_RETURN_IF_ERROR(RunUntil(clock, [&] { return sink.items().size() == 8; }));
    EXPECT_THAT(sink.items(), ::testing::ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
    EXPECT_EQ(channel.total(), 8u);
    cycles = sink.cycles();
    return OkStatus();
  }));
  return cycles;
}

TEST(ChannelTest, AnItemTakesOneCycle) {
  EXPECT_THAT(ArrivalsThrough(2, testing::Always()),
              ::testing::ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
}

TEST(ChannelTest, ASingleRegisterPassesEveryOtherCycle) {
  EXPECT_THAT(ArrivalsThrough(1, testing::Always()),
              ::testing::ElementsAre(1, 3, 5, 7, 9, 11, 13, 15));
}

TEST(ChannelTest, AFullQueueDrainsAndRefillsWithoutAGap) {
  EXPECT_THAT(ArrivalsThrough(2, [](uint64_t cycle) { return cycle >= 5; }),
              ::testing::ElementsAre(5, 6, 7, 8, 9, 10, 11, 12));
}

TEST(ChannelTest, OrderOfUnitsDoesNotMatter) {
  testing::Random random(1);
  for (int trial = 0; trial < 100; ++trial) {
    const size_t capacity = 1 + random() % 4;
    const uint64_t pattern = random();
    const auto runs = [&](bool source_first) {
      std::vector<uint64_t> cycles;
      EXPECT_OK(InSimulation([&] {
        Clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
        Channel<int> channel("channel", capacity);
        std::unique_ptr<testing::Source<int>> source;
        const auto make_source = [&] {
          source = std::make_unique<testing::Source<int>>(
              "source", clock, channel, std::vector<int>(20, 1),
              [pattern](uint64_t cycle) { return (pattern >> (cycle * 5 % 64)) % 2 == 1; });
        };
        if (source_first) {
          make_source();
        }
        testing::Sink<int> sink("sink", clock, channel, [pattern](uint64_t cycle) {
          return cycle > 1000 || (pattern >> (cycle % 64)) % 2 == 1;
        });
        if (!source_first) {
          make_source();
        }
        EDGEBERT_RETURN_IF_ERROR(RunUntil(clock, [&] { return sink.items().size() == 20; }));
        cycles = sink.cycles();
        return OkStatus();
      }));
      return cycles;
    };
    ASSERT_EQ(runs(true), runs(false));
  }
}

}  // namespace
}  // namespace edgebert::systemc
