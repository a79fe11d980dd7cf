#include "edgebert/systemc/overlapped/word_planes.h"

#include <gtest/gtest.h>

#include <functional>

#include "edgebert/systemc/bench_testing.h"
#include "edgebert/systemc/overlapped/vector_coding.h"
#include "edgebert/testing/testing.h"

namespace edgebert::systemc::overlapped {
namespace {

constexpr int kLanes = 16;

WordLanes RandomWords(testing::Random& random, int bits) {
  WordLanes words = {};
  for (size_t lane = 0; lane < kLanes; ++lane) {
    words[lane] = SignExtended(static_cast<uint32_t>(random()), bits);
  }
  return words;
}

class Worker : public Unit {
 public:
  Worker(sc_core::sc_module_name name, const Clock& clock, std::function<void(uint64_t)> act)
      : Unit(name, clock), act_(std::move(act)) {}

 protected:
  void Step() override { act_(clock().cycle()); }

 private:
  std::function<void(uint64_t)> act_;
};

/// 8 banks of 64 bytes and an auxiliary buffer of 256.
void Use(uint64_t cycles, const std::function<void(Buffers, uint64_t)>& act) {
  EXPECT_OK(InSimulation([&] {
    Clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
    BufferPool pool("pool", clock, 8, 64);
    BufferPool auxiliary("auxiliary", clock, 1, 256);
    Worker worker("worker", clock, [&](uint64_t cycle) { act({pool, auxiliary}, cycle); });
    return RunUntil(clock, [&] { return clock.cycle() == cycles; });
  }));
}

/// Rows of two vectors.
RegionAccess Region(int64_t base, int64_t vector_bytes) {
  return {.base = base,
          .row_bytes = 2 * vector_bytes,
          .vector_bytes = vector_bytes,
          .plane_bytes = 128};
}

TEST(WordPlanesTest, UpdatesScoresAndLogitsComeBackAsTheyWere) {
  testing::Random random(1);
  const WordLanes updates = RandomWords(random, 20);
  const WordLanes scores = RandomWords(random, 20);
  const WordLanes logits = RandomWords(random, 24);
  // A cycle writes a vector of each kind, the next one reads it: no port is asked twice.
  Use(4, [&](Buffers buffers, uint64_t cycle) {
    switch (cycle) {
      case 0:
        WriteUpdates(buffers, Region(0, kLanes), Region(64, kLanes / 2), 1, 1, kLanes, updates);
        break;
      case 1:
        EXPECT_EQ(ReadUpdates(buffers, Region(0, kLanes), Region(64, kLanes / 2), 1, 1, kLanes),
                  updates);
        WriteScores(buffers, Region(0, 2 * kLanes), Region(320, kLanes / 2), 1, 0, kLanes, scores);
        break;
      case 2:
        EXPECT_EQ(ReadScores(buffers, Region(0, 2 * kLanes), Region(320, kLanes / 2), 1, 0, kLanes),
                  scores);
        WriteLogits(buffers.pool, Region(64, kLanes), 1, kLanes, logits);
        break;
      default:
        EXPECT_EQ(ReadLogits(buffers.pool, Region(64, kLanes), 1, kLanes), logits);
    }
  });
}

TEST(VectorCodingTest, ZerosOfEitherSignAreLeftOut) {
  testing::Random random(2);
  for (int trial = 0; trial < 200; ++trial) {
    Lanes lanes = {};
    Lanes expected = {};
    uint32_t mask = 0;
    for (size_t lane = 0; lane < kLanes; ++lane) {
      lanes[lane] = static_cast<uint8_t>(random() % 3 == 0 ? random() % 2 * 0x80 : random());
      if ((lanes[lane] & 0x7f) != 0) {
        expected[lane] = lanes[lane];
        mask |= uint32_t{1} << lane;
      }
    }
    Lanes values = {};
    EXPECT_EQ(PackLanes(lanes, values), mask);
    EXPECT_EQ(ExpandLanes(mask, values), expected);
    Use(2, [&](Buffers buffers, uint64_t cycle) {
      if (cycle == 0) {
        WriteVector(buffers.pool, 32, kLanes, lanes);
      } else {
        EXPECT_EQ(ReadVector(buffers.pool, 32, kLanes), expected);
      }
    });
  }
}

}  // namespace
}  // namespace edgebert::systemc::overlapped
