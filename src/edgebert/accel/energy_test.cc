#include "edgebert/accel/energy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "edgebert/accel/cycle_model.h"
#include "edgebert/hardware/technology.h"
#include "edgebert/testing/albert_base.h"
#include "edgebert/testing/testing.h"
#include "edgebert/tiler/tiler.h"

namespace edgebert {
namespace {

using testing::AlbertBase;

/// An ALBERT-base layer without embedding and off-ramp, 128 tokens: every tile is full.
const TileProgram& AlbertProgram() {
  static const TileProgram program = *BuildTileProgram(
      AlbertBase(), WeightMasks::Dense(AlbertBase(), 16), *DefaultHardware(), 128);
  return program;
}

EventCounts AlbertLayer() { return CountEvents(AlbertProgram(), 2); }

TEST(EnergyTest, CountsByHand) {
  const EventCounts events = AlbertLayer();
  EXPECT_EQ(events.products, 931'135'488);
  EXPECT_EQ(events.array_cycles, 931'135'488 / 256);
  // Softmax reads 8 vectors of 12 × 128 rows three times, two AddNorms 48 of 128 rows twice; 192
  // vectors a row pass through GELU.
  EXPECT_EQ(events.sfu_elements, 16 * (3 * 12 * 128 * 8 + 2 * 2 * 128 * 48 + 128 * 192));
  // A streamed vector and its mask a cycle at least, and a stationary one at most.
  EXPECT_GT(events.buffer_read_bytes, events.array_cycles * (16 + 2));
  EXPECT_LT(events.buffer_read_bytes, events.array_cycles * 2 * (16 + 2));
  // A unit of half the width takes twice the cycles for the same elements.
  HardwareDescription hardware = *DefaultHardware();
  hardware.sfu_vectors_per_cycle.value = 0.5;
  const auto slower =
      BuildTileProgram(AlbertBase(), WeightMasks::Dense(AlbertBase(), 16), hardware, 128);
  ASSERT_OK(slower);
  EXPECT_EQ(CountEvents(*slower, 2).sfu_elements, events.sfu_elements);
}

TEST(EnergyTest, CyclesOfLayersAddUpToTheSentence) {
  const CycleModel times(AlbertProgram());
  const std::vector<LayerCycles> layers = times.Run(1, 12, IdealDma());
  int64_t sum = 0;
  for (int layer = 1; layer <= 12; ++layer) {
    const EventCounts events = CountEvents(AlbertProgram(), layer);
    EXPECT_GT(events.cycles, events.array_cycles);
    sum += events.cycles;
  }
  EXPECT_EQ(sum, layers.back().decision);
}

TEST(EnergyTest, ArrayEnergyIsMacsTimesTheirEnergyAtTheNominalVoltage) {
  const HardwareDescription hardware = *DefaultHardware();
  const auto energies = EstimateFromComponents(AlbertLayer(), hardware);
  ASSERT_OK(energies);
  const double scale = 1.0 / (0.8 * 0.8);
  EXPECT_NEAR(energies->array.value.value(), 931'135'488 * 46.88e-15 * 0.8 * scale, 1e-12);
  EXPECT_NEAR(energies->array.high.value(), 931'135'488 * 52.21e-15 * 1.0 * scale, 1e-12);
  const EnergyEstimate total = energies->total();
  EXPECT_LT(total.low, total.value);
  EXPECT_LT(total.value, total.high);
}

TEST(EnergyTest, TheWholeIsThePublishedEnergyPerMacAtFullUse) {
  HardwareDescription hardware = *DefaultHardware();
  EventCounts events;
  events.cycles = events.array_cycles = 1000;
  EXPECT_NEAR(EstimateFromWhole(events, hardware).value.value(), 1000 * 256 * 0.66e-12, 1e-18);
  // A waiting cycle takes its share of what is not leakage, and leaks as ever.
  events.array_cycles = 0;
  hardware.idle_share.value = 0;
  const double leakage = 1e-3 + 5.6e-6 * 320;
  EXPECT_NEAR(EstimateFromWhole(events, hardware).value.value(), 1000 / 717e6 * leakage, 1e-18);
}

TEST(EnergyTest, TheTwoEstimatesDisagreeByAFactorThatIsKnown) {
  const HardwareDescription hardware = *DefaultHardware();
  const double below = EstimateFromComponents(AlbertLayer(), hardware)->total().value.value();
  const double above = EstimateFromWhole(AlbertLayer(), hardware).value.value();
  // The chip takes several times what arrays and memories of its kind should: docs/energy.md.
  EXPECT_GT(above / below, 2);
  EXPECT_LT(above / below, 4);
}

TEST(EnergyTest, TheWholeAgreesWithTheChipsEfficiencies) {
  constexpr std::array<std::string_view, 3> kColumns = {"voltage", "fp8", "fp4"};
  const auto table = (*BuiltInTechnology("isscc23-chip"))->Table("efficiency", kColumns);
  ASSERT_OK(table);
  const HardwareDescription hardware = *DefaultHardware();
  for (const std::vector<double>& row : table->rows) {
    if (row[0] < hardware.operating_points.front().voltage.value()) {
      continue;  // Contradicts the chip's power.
    }
    const double measured = 2 / row[1];
    const double modelled = hardware.energy_per_cycle.value.value() / 256 * row[0] * row[0];
    EXPECT_NEAR(modelled / measured, 1, 0.17) << row[0] << " V";
  }
}

TEST(EnergyTest, ADescriptionWithoutComponentsSaysSo) {
  HardwareDescription hardware = *DefaultHardware();
  hardware.components.reset();
  EXPECT_THAT(EstimateFromComponents(AlbertLayer(), hardware).status().message(),
              ::testing::HasSubstr("no section 'components'"));
}

TEST(EnergyTest, AreasAddUp) {
  const HardwareDescription hardware = *DefaultHardware();
  const Constant<SquareMillimetres> total = TotalArea(hardware);
  EXPECT_NEAR(total.value.value(), 0.124 + 0.143 + 0.06 + 0.1 + 0.257 + 0.05, 1e-12);
  EXPECT_LT(total.low(), total.value);
  EXPECT_GT(total.high(), total.value);
  EXPECT_EQ(total.provenance.status, ConstantStatus::kAssumed);
}

}  // namespace
}  // namespace edgebert
