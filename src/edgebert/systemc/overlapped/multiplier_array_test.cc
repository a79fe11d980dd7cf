#include "edgebert/systemc/overlapped/multiplier_array.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "edgebert/numeric/adaptivfloat.h"
#include "edgebert/systemc/bench_testing.h"
#include "edgebert/testing/testing.h"

namespace edgebert::systemc::overlapped {
namespace {

using testing::Sink;
using testing::Source;

Lanes RandomLanes(testing::Random& random, size_t lanes) {
  Lanes codes = {};
  for (size_t lane = 0; lane < lanes; ++lane) {
    codes[lane] = static_cast<uint8_t>(random() % 3 == 0 ? random() % 2 * 0x80 : random());
  }
  return codes;
}

/// One set is loaded while the vectors before stream past the other.
TEST(MultiplierArrayTest, MultipliesWithTheSetThatAVectorNames) {
  testing::Random random(1);
  for (const int n : {2, 4, 8, 16, 32}) {
    const int loaded[2] = {n, std::max(1, n - 3)};
    std::vector<StationaryVector> stationary;
    // What the second set held before, of which nothing is left.
    std::vector<StationaryVector> before;
    for (int row = 0; row < n; ++row) {
      before.push_back({RandomLanes(random, static_cast<size_t>(n)), 1, row});
    }
    std::vector<StreamedVector> streamed;
    for (int set = 0; set < 2; ++set) {
      for (int row = 0; row < loaded[set]; ++row) {
        stationary.push_back({RandomLanes(random, static_cast<size_t>(n)), set, row});
      }
    }
    for (int i = 0; i < 20; ++i) {
      StreamedVector vector;
      vector.codes = RandomLanes(random, static_cast<size_t>(n));
      vector.set = i % 2;
      vector.row = i;
      vector.valid_lanes = n;
      vector.job = static_cast<uint32_t>(7 + i);
      vector.ends_job = i % 3 == 0;
      streamed.push_back(vector);
    }
    EventLog events(1);
    EXPECT_OK(InSimulation([&] {
      Clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
      Channel<StationaryVector> stationary_channel("stationary");
      Channel<StreamedVector> streamed_channel("streamed");
      Channel<SumRow> sums("sums");
      MultiplierArray array(
          "array", clock,
          {.stationary = stationary_channel, .streamed = streamed_channel, .sums = sums}, n,
          events);
      const uint64_t loads = before.size() + stationary.size();
      Source<StationaryVector> loader("loader", clock, stationary_channel, before);
      for (const StationaryVector& vector : stationary) {
        loader.Add(vector);
      }
      Source<StreamedVector> streamer("streamer", clock, streamed_channel, streamed,
                                      [&](uint64_t cycle) { return cycle >= loads; });
      Sink<SumRow> sink("sink", clock, sums);
      EDGEBERT_RETURN_IF_ERROR(
          RunUntil(clock, [&] { return sink.items().size() == streamed.size(); }));
      int64_t products = 0;
      int64_t gated = 0;
      for (size_t i = 0; i < streamed.size(); ++i) {
        const SumRow& row = sink.items()[i];
        // Two registers behind the streamer, a row a cycle.
        EXPECT_EQ(sink.cycles()[i], loads + i + 2);
        EXPECT_EQ(row.row, streamed[i].row);
        EXPECT_EQ(row.job, streamed[i].job);
        EXPECT_EQ(row.ends_job, streamed[i].ends_job);
        std::array<int32_t, kMaxLanes> expected = {};
        for (const StationaryVector& vector : stationary) {
          if (vector.set != streamed[i].set) {
            continue;
          }
          for (size_t lane = 0; lane < static_cast<size_t>(n); ++lane) {
            const int64_t product = DecodeInteger(kAf8, vector.codes[lane]) *
                                    DecodeInteger(kAf8, streamed[i].codes[lane]);
            expected[static_cast<size_t>(vector.row)] += static_cast<int32_t>(product);
            ++products;
            gated += product == 0 ? 1 : 0;
          }
        }
        EXPECT_EQ(row.sums, expected);
      }
      EXPECT_EQ(events.at(0).counts.issued_products, products);
      EXPECT_EQ(events.at(0).gated_products, gated);
      EXPECT_EQ(events.at(0).counts.array_cycles, static_cast<int64_t>(streamed.size()));
      return OkStatus();
    }));
  }
}

}  // namespace
}  // namespace edgebert::systemc::overlapped
