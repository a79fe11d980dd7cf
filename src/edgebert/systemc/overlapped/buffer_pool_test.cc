#include "edgebert/systemc/overlapped/buffer_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "edgebert/systemc/bench_testing.h"
#include "edgebert/testing/testing.h"

namespace edgebert::systemc::overlapped {
namespace {

using ::testing::HasSubstr;

/// Does something to a pool at each edge.
class User : public Unit {
 public:
  User(sc_core::sc_module_name name, const Clock& clock, std::function<void(uint64_t)> act)
      : Unit(name, clock), act_(std::move(act)) {}

 protected:
  void Step() override { act_(clock().cycle()); }

 private:
  std::function<void(uint64_t)> act_;
};

/// A pool of 4 banks of 16 bytes, for some cycles.
Status Use(uint64_t cycles, const std::function<void(BufferPool&, uint64_t)>& act) {
  return InSimulation([&] {
    Clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
    BufferPool pool("pool", clock, 4, 16);
    User user("user", clock, [&](uint64_t cycle) { act(pool, cycle); });
    return RunUntil(clock, [&] { return clock.cycle() == cycles; });
  });
}

std::vector<uint8_t> ReadBytes(BufferPool& pool, int64_t address, size_t count) {
  std::vector<uint8_t> bytes(count);
  pool.Read(address, bytes);
  return bytes;
}

TEST(BufferPoolTest, WhatIsWrittenShowsFromTheNextCycleOn) {
  const std::vector<uint8_t> bytes = {1, 2, 3};
  std::vector<std::vector<uint8_t>> seen;
  std::vector<uint32_t> masks;
  EXPECT_OK(Use(2, [&](BufferPool& pool, uint64_t cycle) {
    if (cycle == 0) {
      pool.Write(15, bytes);  // Into two banks.
      pool.WriteMask(3, 10, std::vector<uint8_t>{0xff, 0x02});
    }
    seen.push_back(ReadBytes(pool, 15, 3));
    masks.push_back(pool.ReadMask(0, 16));
  }));
  EXPECT_EQ(seen, (std::vector<std::vector<uint8_t>>{{0, 0, 0}, {1, 2, 3}}));
  EXPECT_EQ(masks, (std::vector<uint32_t>{0, 0b1011111111000}));
}

TEST(BufferPoolTest, ARingGoesOnAtItsStart) {
  const RingPlace ring{16, 32};
  std::vector<uint8_t> seen(4);
  uint32_t mask_end = 0;
  uint32_t mask_start = 0;
  EXPECT_OK(Use(2, [&](BufferPool& pool, uint64_t cycle) {
    if (cycle == 0) {
      pool.Write(ring, 62, std::vector<uint8_t>{1, 2, 3, 4});
      pool.WriteMask(ring, 29, 6, std::vector<uint8_t>{0b110101});
    } else {
      pool.Read(ring, 30, seen);
      mask_end = pool.ReadMask(45, 3);
      mask_start = pool.ReadMask(16, 3);
    }
  }));
  EXPECT_EQ(seen, (std::vector<uint8_t>{1, 2, 3, 4}));
  EXPECT_EQ(mask_end, 0b101u);
  EXPECT_EQ(mask_start, 0b110u);
}

/// Each of these is fine alone, and in banks of their own.
TEST(BufferPoolTest, ASecondAccessOfAPortIsAnError) {
  const std::vector<uint8_t> bytes = {1, 2};
  const RingPlace one_bank{32, 16};
  struct Case {
    const char* what;
    std::function<void(BufferPool&)> first;
    std::function<void(BufferPool&)> second;
  };
  const std::vector<Case> conflicts = {
      {"second read of bank 1", [](BufferPool& pool) { ReadBytes(pool, 16, 1); },
       [](BufferPool& pool) { ReadBytes(pool, 31, 1); }},
      {"second read of bank 1", [](BufferPool& pool) { ReadBytes(pool, 16, 1); },
       [](BufferPool& pool) { ReadBytes(pool, 15, 2); }},
      {"second write of bank 0", [&](BufferPool& pool) { pool.Write(0, bytes); },
       [&](BufferPool& pool) { pool.Write(4, bytes); }},
      {"second mask read of bank 3", [](BufferPool& pool) { pool.ReadMask(48, 4); },
       [](BufferPool& pool) { pool.ReadMask(60, 4); }},
      {"second mask write of bank 3", [&](BufferPool& pool) { pool.WriteMask(48, 4, bytes); },
       [&](BufferPool& pool) { pool.WriteMask(52, 4, bytes); }},
      {"second write of bank 2", [&](BufferPool& pool) { pool.Write(one_bank, 15, bytes); },
       [&](BufferPool& pool) { pool.Write(36, bytes); }},
  };
  for (const Case& conflict : conflicts) {
    EXPECT_OK(Use(2, [&](BufferPool& pool, uint64_t cycle) {
      (cycle == 0 ? conflict.first : conflict.second)(pool);
    }));
    EXPECT_THAT(Use(2,
                    [&](BufferPool& pool, uint64_t) {
                      conflict.first(pool);
                      conflict.second(pool);
                    })
                    .message(),
                HasSubstr(conflict.what));
  }
  EXPECT_OK(Use(3, [&](BufferPool& pool, uint64_t) {
    ReadBytes(pool, 0, 2);
    pool.Write(2, bytes);
    pool.ReadMask(0, 4);
    pool.WriteMask(4, 4, bytes);
    ReadBytes(pool, 16, 0);
    ReadBytes(pool, 16, 2);
  }));
}

TEST(BufferPoolTest, AnAccessOutsideIsAnError) {
  for (const int64_t address : {-1, 63, 64}) {
    EXPECT_THAT(Use(1, [&](BufferPool& pool, uint64_t) { ReadBytes(pool, address, 2); }).message(),
                HasSubstr("2 bytes from"));
  }
}

TEST(BufferPoolTest, DefectsFlipSingleBits) {
  EXPECT_OK(Use(1, [&](BufferPool& pool, uint64_t) {
    pool.FlipDataBit(5, 3);
    pool.FlipMaskBit(6);
    EXPECT_EQ(ReadBytes(pool, 4, 3), (std::vector<uint8_t>{0, 8, 0}));
    EXPECT_EQ(pool.ReadMask(4, 4), 0b100u);
  }));
}

}  // namespace
}  // namespace edgebert::systemc::overlapped
