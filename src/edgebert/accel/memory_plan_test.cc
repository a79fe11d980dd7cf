#include "edgebert/accel/memory_plan.h"

#include <gtest/gtest.h>

#include <cmath>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

const DramInterface kDram{Picojoules(64), BytesPerSecond(8.5e9), Nanoseconds(100)};

EnvmTechnology Technology() { return LoadEnvmTechnology(std::nullopt).value(); }

/// 64 rows of 128 with every second value zero.
EnvmTable Table(const EnvmLayout& layout = {}) {
  std::vector<uint8_t> codes(64 * 128);
  for (size_t i = 0; i < codes.size(); i += 2) {
    codes[i] = 0x21;
  }
  return EnvmTable::Store(codes, 64, 128, layout).value();
}

TEST(MemoryPlanTest, BreakEvenIsWhereTheLinesCross) {
  testing::Random random(11);
  std::uniform_real_distribution<double> power(0, 1e-2);
  std::uniform_real_distribution<double> energy(0, 1e-3);
  int crossings = 0;
  for (int i = 0; i < 2000; ++i) {
    const MemoryPlan a{"a", 0, Watts(power(random)), Joules(energy(random)), {}};
    const MemoryPlan b{"b", 0, Watts(power(random)), Joules(energy(random)), {}};
    const auto difference = [&](double rate) {
      return (a.EnergyPerHour(rate) - b.EnergyPerHour(rate)).value();
    };
    // Bisection, knowing nothing of the closed form.
    double low = 0;
    double high = 1e12;
    const bool crosses = (difference(low) < 0) != (difference(high) < 0);
    const std::optional<double> rate = BreakEven(a, b);
    ASSERT_EQ(rate.has_value(), crosses);
    if (!crosses) {
      continue;
    }
    ++crossings;
    for (int step = 0; step < 200; ++step) {
      const double middle = (low + high) / 2;
      ((difference(middle) < 0) == (difference(low) < 0) ? low : high) = middle;
    }
    EXPECT_NEAR(*rate / low, 1, 1e-6);
    const MemoryPlan& less_idle = a.idle < b.idle ? a : b;
    const MemoryPlan& more_idle = a.idle < b.idle ? b : a;
    EXPECT_LT(less_idle.EnergyPerHour(*rate / 2), more_idle.EnergyPerHour(*rate / 2));
    EXPECT_GT(less_idle.EnergyPerHour(*rate * 2), more_idle.EnergyPerHour(*rate * 2));
  }
  EXPECT_GT(crossings, 500);
  const MemoryPlan a{"a", 0, Watts(1), Joules(1), {}};
  EXPECT_FALSE(BreakEven(a, a));
}

TEST(MemoryPlanTest, CountsWholeWordsAndBursts) {
  // A row: 128 mask bits, 64 values of 8 bits, all aligned; 13 index bits at 13 · row.
  const RowReads reads = MeanRowReads(Table(), Technology());
  EXPECT_EQ(reads.mask_words, 2);
  EXPECT_EQ(reads.value_words, 8);
  // 64 entries of 13 bits in 13 words of 64: twelve entries straddle.
  EXPECT_EQ(reads.index_words, 1 + 12.0 / 64);
  // 128-bit words: 1 of mask, 4 of values, and 6 entries straddle. 256-bit bursts: 1, 2, and 3.
  EXPECT_EQ(reads.sram_words, 5 + 1 + 6.0 / 64);
  EXPECT_EQ(reads.dram_bursts, 3 + 1 + 3.0 / 64);

  // Rows that share an entry read the masks before theirs.
  EnvmLayout shared;
  shared.index_stride = 4;
  EXPECT_EQ(MeanRowReads(Table(shared), Technology()).mask_words, 2 * 2.5);
}

TEST(MemoryPlanTest, EmbeddingPlansAddUp) {
  const EnvmTechnology technology = Technology();
  const EnvmTable table = Table({.value_cells = CellKind::kMlc3});
  const auto plans = EmbeddingPlans(table, 10, technology, kDram, Bound::kValue);
  ASSERT_EQ(plans.size(), 5u);
  const double mb = static_cast<double>(table.bits()) / 8 / (1 << 20);
  // reram-on: words at 6.5 pJ (mask and index) and 7.0 (values).
  const RowReads reads = MeanRowReads(table, technology);
  EXPECT_NEAR(plans[1].per_sentence.value(), 10 * ((2 + reads.index_words) * 6.5e-12 + 8 * 7.0e-12),
              1e-18);
  EXPECT_NEAR(plans[1].idle.value(), mb * 1024 * 5.81e-6, 1e-12);
  EXPECT_NEAR(plans[1].latency.value(), 10 * ((2 + reads.index_words) * 1.21e-9 + 8 * 2.96e-9),
              1e-15);
  // Gated, it pays its leakage while it wakes and reads.
  EXPECT_EQ(plans[0].idle, Watts(0));
  EXPECT_NEAR(
      plans[0].per_sentence.value(),
      plans[1].per_sentence.value() + plans[1].idle.value() * (1e-6 + plans[1].latency.value()),
      1e-20);
  // Three cells of MLC3 hold 8 of 9 bits: the values take 9/8 of their data's area.
  const double mask_mb = static_cast<double>(table.size(EnvmRegion::kMask).bits() +
                                             table.size(EnvmRegion::kIndex).bits()) /
                         8 / (1 << 20);
  EXPECT_NEAR(plans[0].area_mm2, mask_mb * 0.28 + 4096.0 * 9 / 8 / (1 << 20) * 0.04, 1e-12);
  // Loading moves the whole table.
  EXPECT_GT(plans[3].per_sentence.value(), mb * (1 << 20) * 64e-12);
  // Rows from DRAM: whole bursts of 32 bytes.
  EXPECT_NEAR(plans[4].per_sentence.value(), 10 * reads.dram_bursts * 32 * 64e-12, 1e-18);
  // The index first, then masks and values.
  EXPECT_NEAR(plans[4].latency.value(), 2 * 100e-9 + 10 * reads.dram_bursts * 32 / 8.5e9, 1e-15);
  EXPECT_EQ(plans[4].area_mm2, 0);
}

TEST(MemoryPlanTest, DramIsThatOfTheAccelerator) {
  const HardwareDescription hardware = DefaultHardware().value();
  const DramInterface value = DramInterfaceOf(hardware, Bound::kValue);
  EXPECT_EQ(value.energy_per_byte.value(), hardware.dram_joules_per_byte.value);
  EXPECT_EQ(value.bandwidth, hardware.dram_bandwidth.value);
  EXPECT_EQ(value.latency, hardware.dram_latency.value);
  EXPECT_EQ(DramInterfaceOf(hardware, Bound::kHigh).latency, hardware.dram_latency.high());
}

TEST(MemoryPlanTest, RangesEncloseTheirValues) {
  const EnvmTechnology technology = Technology();
  const auto plans = [&](Bound bound) {
    return EmbeddingPlans(Table(), 25, technology, kDram, bound);
  };
  const auto low = plans(Bound::kLow);
  const auto value = plans(Bound::kValue);
  const auto high = plans(Bound::kHigh);
  for (size_t i = 0; i < value.size(); ++i) {
    EXPECT_LE(low[i].per_sentence, value[i].per_sentence) << value[i].name;
    EXPECT_LE(value[i].per_sentence, high[i].per_sentence) << value[i].name;
    EXPECT_LE(low[i].idle, value[i].idle);
    EXPECT_LE(value[i].idle, high[i].idle);
    EXPECT_LE(low[i].latency, value[i].latency);
    EXPECT_LE(value[i].latency, high[i].latency);
  }
}

TEST(WeightPlanTest, EveryPlaceHasItsOwnCosts) {
  const EnvmTechnology technology = Technology();
  const Bytes stored(2 << 20);
  const Bytes streamed(4 * (2 << 20));
  const auto plan = [&](WeightLocation location, Seconds compute) {
    const WeightMemory memory =
        WeightMemoryOf(location, CellKind::kMlc2, technology, kDram, Bound::kValue);
    return WeightPlan("w", memory, {stored, Bytes(1 << 20), streamed, 4, compute});
  };
  const MemoryPlan dram = plan(WeightLocation::kDram, Seconds(0));
  EXPECT_NEAR(dram.per_sentence.value(), streamed.value() * 64e-12, 1e-15);
  EXPECT_NEAR(dram.latency.value(), 4 * 100e-9 + streamed.value() / 8.5e9, 1e-12);
  EXPECT_EQ(dram.area_mm2, 0);
  const MemoryPlan sram = plan(WeightLocation::kSram, Seconds(0));
  EXPECT_NEAR(sram.per_sentence.value(), streamed.value() * 1.111e-12, 1e-15);
  EXPECT_NEAR(sram.idle.value(), 2 * 1024 * 5.1e-6, 1e-12);
  EXPECT_NEAR(sram.area_mm2, 2 * 0.655, 1e-12);
  const MemoryPlan reram = plan(WeightLocation::kReram, Seconds(1e-3));
  EXPECT_EQ(reram.idle, Watts(0));
  // 4 banks of 8 bytes each 1.54 ns stream 8 MB in 0.4 ms: computing takes longer. Of 2 MB, 1 is
  // on at a time, and wakes four times.
  const double first = 4 * (1e-6 + 1.54e-9);
  EXPECT_NEAR(reram.per_sentence.value(),
              streamed.value() * 0.8e-12 + 1024 * 5.81e-6 * (1e-3 + first), 1e-12);
  EXPECT_NEAR(reram.latency.value(), first + streamed.value() / (32 / 1.54e-9), 1e-12);
}

TEST(WeightPlanTest, WeightsLoadedIntoSramCrossDramOnce) {
  const WeightUse use{Bytes(2 << 20), Bytes(1 << 20), Bytes(4 << 20), 4, Seconds(1e-3)};
  const MemoryPlan plan = LoadedWeightPlan(Technology(), kDram, Bound::kValue, use, Bytes(1 << 20),
                                           Bytes(1.5 * (1 << 20)));
  const double mb = 1 << 20;
  const double load = mb / 8.5e9;
  EXPECT_NEAR(plan.per_sentence.value(),
              mb * (64e-12 + 0.955e-12) + 4 * mb * 1.111e-12 + 1.5 * 1024 * 5.1e-6 * (load + 1e-3),
              1e-12);
  EXPECT_NEAR(plan.area_mm2, 1.5 * 0.655, 1e-12);
  EXPECT_NEAR(plan.idle.value(), 2 * 1024 * 0.0022e-6, 1e-15);
}

TEST(WeightPlanTest, LocationsParse) {
  for (const WeightLocation location :
       {WeightLocation::kDram, WeightLocation::kSram, WeightLocation::kReram}) {
    EXPECT_EQ(ParseWeightLocation(WeightLocationName(location)).value(), location);
  }
  EXPECT_NE(ParseWeightLocation("flash").status().message().find("dram, sram or reram"),
            std::string::npos);
}

}  // namespace
}  // namespace edgebert
