#include "edgebert/power/power_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::HasSubstr;

PowerModel TwoPointModel() {
  const std::array<OperatingPoint, 2> points = {
      {{Volts(0.5), Hertz(1e8)}, {Volts(1.0), Hertz(4e8)}}};
  return {*OperatingPointTable::Create(points, Volts(0.25)),
          Picojoules(100),
          {Picojoules(64), BytesPerSecond(1e9)}};
}

TEST(PowerModelTest, TimeIsTheLongerOfComputingAndStreaming) {
  const PowerModel model = TwoPointModel();
  const LayerWork work{Cycles(4e6), Bytes(2e7)};  // 10 ms at 400 MHz, 20 ms of DRAM.
  EXPECT_DOUBLE_EQ(model.TimeOf(work, model.points.nominal()).value(), 0.020);
  EXPECT_DOUBLE_EQ(model.TimeOf(work, model.points.lowest()).value(), 0.040);
}

TEST(PowerModelTest, ExposedBytesDoNotOverlap) {
  const PowerModel model = TwoPointModel();
  // 1 ms before computing starts, then 10 ms of computing over 4 ms of streaming.
  const LayerWork work{Cycles(4e6), Bytes(5e6), Cycles(0), Bytes(1e6)};
  EXPECT_DOUBLE_EQ(model.TimeOf(work, model.points.nominal()).value(), 0.011);
}

TEST(PowerModelTest, OnChipEnergyGoesWithTheSquareOfTheVoltage) {
  const PowerModel model = TwoPointModel();
  const LayerWork work{Cycles(4e6), Bytes(2e7)};
  const EnergyAccount high = model.EnergyOf(work, model.points.nominal());
  const EnergyAccount low = model.EnergyOf(work, model.points.lowest());
  EXPECT_DOUBLE_EQ(high.switching.value(), 400e-6);
  EXPECT_DOUBLE_EQ(low.switching.value(), 100e-6);
  EXPECT_DOUBLE_EQ(high.dram.value(), 1280e-6);
  EXPECT_EQ(low.dram, high.dram);
  EXPECT_EQ(high.on_chip_supply(), high.on_chip_load());
  EXPECT_DOUBLE_EQ(high.At(Boundary::kSystem, EnergySide::kSupply).value(), 1680e-6);
  EXPECT_DOUBLE_EQ(high.At(Boundary::kOnChip, EnergySide::kLoad).value(), 400e-6);
}

TEST(PowerModelTest, WaitingCyclesTakeTheIdleShare) {
  PowerModel model = TwoPointModel();
  model.idle_share = 0.25;
  // 4 million cycles, half of them idle, and 20 ms of streaming: 4 million more are waited.
  const LayerWork work{Cycles(4e6), Bytes(2e7), Cycles(2e6)};
  const EnergyAccount energy = model.EnergyOf(work, model.points.nominal());
  EXPECT_DOUBLE_EQ(energy.switching.value(), 200e-6);
  EXPECT_DOUBLE_EQ(energy.idle.value(), 0.25 * 600e-6);
}

TEST(PowerModelTest, LeakageGoesWithTimeAndVoltage) {
  PowerModel model = TwoPointModel();
  model.leakage_at_nominal = Watts(4e-3);
  model.leakage_voltage = Volts(0.5);
  model.weights.standing = Watts(1e-3);
  EXPECT_DOUBLE_EQ(model.LeakageAt(Volts(1)).value(), 4e-3);
  EXPECT_DOUBLE_EQ(model.LeakageAt(Volts(0.5)).value(), 2e-3 * std::exp(-1));
  const LayerWork work{Cycles(4e6), Bytes(0)};
  const EnergyAccount high = model.EnergyOf(work, model.points.nominal());
  EXPECT_DOUBLE_EQ(high.leakage.value(), 4e-3 * 0.010);
  EXPECT_DOUBLE_EQ(high.dram_background.value(), 1e-3 * 0.010);
  EXPECT_DOUBLE_EQ(model.EnergyOf(work, model.points.lowest()).leakage.value(),
                   2e-3 * std::exp(-1) * 0.040);
}

TEST(PowerModelTest, BehindAnLdoSupplyEnergyGoesWithTheVoltage) {
  PowerModel model = TwoPointModel();
  model.regulators.voltage = {.kind = RegulatorKind::kLdo, .input = Volts(1.1)};
  const LayerWork work{Cycles(4e6), Bytes(0)};
  const EnergyAccount high = model.EnergyOf(work, model.points.nominal());
  const EnergyAccount low = model.EnergyOf(work, model.points.lowest());
  EXPECT_DOUBLE_EQ(high.on_chip_load() / low.on_chip_load(), 4);
  EXPECT_DOUBLE_EQ(high.on_chip_supply() / low.on_chip_supply(), 2);
  EXPECT_DOUBLE_EQ(high.on_chip_supply() / high.on_chip_load(), 1.1);
  model.regulators.voltage = {.kind = RegulatorKind::kSwitching, .efficiency = 0.8};
  EXPECT_DOUBLE_EQ(model.EnergyOf(work, model.points.lowest()).on_chip_supply().value(),
                   low.on_chip_load().value() / 0.8);
}

TEST(PowerModelTest, WeightsOnChipCountWithinBothBoundariesAndPassNoRegulator) {
  PowerModel model = TwoPointModel();
  model.leakage_at_nominal = Watts(2e-3);
  model.leakage_voltage = Volts(0.5);
  model.regulators.voltage = {.kind = RegulatorKind::kLdo, .input = Volts(1.25)};
  model.regulators.clock = {Nanoseconds(100), Watts(0)};
  model.weights = {.energy_per_byte = Picojoules(2),
                   .bandwidth = BytesPerSecond(2e9),
                   .on_chip = true,
                   .standing = Watts(3e-3),
                   .active_per_byte_powered = Watts(1e-9)};
  ASSERT_OK(Validate(model));
  // 1 ms before computing starts, then 10 ms of computing over 9 ms of streaming.
  const LayerWork work{Cycles(4e6), Bytes(2e7), Cycles(0), Bytes(2e6), Bytes(5e6)};
  EXPECT_DOUBLE_EQ(model.TimeOf(work, model.points.nominal()).value(), 0.011);
  const EnergyAccount energy = model.EnergyOf(work, model.points.nominal());
  EXPECT_DOUBLE_EQ(energy.weight_reads.value(), 40e-6);
  EXPECT_DOUBLE_EQ(energy.weight_leakage.value(), (3e-3 + 5e-3) * 0.011);
  EXPECT_EQ(energy.dram_total(), Joules(0));
  const double logic = 400e-6 + 2e-3 * 0.011;
  EXPECT_DOUBLE_EQ(energy.logic_load().value(), logic);
  for (const Boundary boundary : {Boundary::kOnChip, Boundary::kSystem}) {
    EXPECT_DOUBLE_EQ(energy.At(boundary, EnergySide::kLoad).value(), logic + 128e-6);
    EXPECT_DOUBLE_EQ(energy.At(boundary, EnergySide::kSupply).value(), 1.25 * logic + 128e-6);
  }
  // 20 ms of computing over 10 ms of streaming, nothing powered beside what stands.
  const EnergyAccount slow = model.EnergyOf({Cycles(2e6), Bytes(2e7)}, model.points.lowest());
  EXPECT_EQ(slow.weight_reads, energy.weight_reads);
  EXPECT_DOUBLE_EQ(slow.weight_leakage.value(), 3e-3 * 0.020);
  const Transition change = model.TransitionCost(model.points.lowest(), model.points.nominal());
  EXPECT_DOUBLE_EQ(change.energy.weight_leakage.value(), 3e-3 * 100e-9);
  EXPECT_EQ(change.energy.dram_total(), Joules(0));
  EnergyAccount sum = energy;
  sum += slow;
  EXPECT_DOUBLE_EQ((sum / 2).weight_memory().value(),
                   (energy.weight_memory() + slow.weight_memory()).value() / 2);
}

TEST(PowerModelTest, TransitionsCostLeakageClockAndCharge) {
  PowerModel model = TwoPointModel();
  model.idle_share = 0.5;
  model.leakage_at_nominal = Watts(1e-3);
  model.regulators.clock = {Nanoseconds(100), Watts(2e-3)};
  model.regulators.voltage = {.kind = RegulatorKind::kLdo,
                              .input = Volts(1.25),
                              .response_per_volt = Nanoseconds(400),
                              .output_capacitance = Farads(1e-9)};
  const Transition up = model.TransitionCost(model.points.lowest(), model.points.nominal());
  EXPECT_DOUBLE_EQ(up.time().value(), 300e-9);
  const double drawn = 50e-12 * 1e8 * 200e-9 + 1e-3 * 300e-9 + 2e-3 * 100e-9;
  const double stored = 1e-9 * (1 - 0.25) / 2;
  EXPECT_DOUBLE_EQ(up.energy.transition.value(), drawn + stored);
  // The rail's charge C ΔV comes from 1.25 V, whatever the voltage it ends at.
  EXPECT_NEAR(up.energy.on_chip_supply().value(), drawn * 1.25 + 1e-9 * 0.5 * 1.25, 1e-18);
  const Transition down = model.TransitionCost(model.points.nominal(), model.points.lowest());
  EXPECT_DOUBLE_EQ(down.energy.transition.value(), drawn);
  const Transition none = model.TransitionCost(model.points.nominal(), model.points.nominal());
  EXPECT_EQ(none.time(), Seconds(0));
  EXPECT_EQ(none.energy, EnergyAccount());
}

TEST(PowerModelTest, RegulatorsMustCarryTheLoad) {
  PowerModel model = TwoPointModel();
  model.regulators.voltage = {.kind = RegulatorKind::kLdo,
                              .input = Volts(1.05),
                              .dropout = Volts(0.05),
                              .current_limit = Amperes(0.05)};
  EXPECT_OK(Validate(model));  // 100 pJ · 400 MHz = 40 mW at 1 V.
  model.regulators.voltage.current_limit = Amperes(0.03);
  EXPECT_THAT(Validate(model).message(), HasSubstr("40 mA"));
  model.regulators.voltage.current_limit = Amperes(0);
  model.regulators.voltage.dropout = Volts(0.06);
  EXPECT_THAT(Validate(model).message(), HasSubstr("cannot make 1 V from 1.05 V"));
}

TEST(PowerModelTest, ValidateNamesWhatIsWrong) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  PowerModel model = TwoPointModel();
  EXPECT_OK(Validate(model));
  model.weights.bandwidth = BytesPerSecond(0);
  EXPECT_THAT(Validate(model).message(), HasSubstr("bandwidth"));
  model = TwoPointModel();
  model.energy_per_cycle_at_nominal = Joules(nan);
  EXPECT_THAT(Validate(model).message(), HasSubstr("energy per cycle"));
  model = TwoPointModel();
  model.weights.energy_per_byte = Joules(-1);
  EXPECT_THAT(Validate(model).message(), HasSubstr("weight energy"));
  model = TwoPointModel();
  model.idle_share = -0.1;
  EXPECT_THAT(Validate(model).message(), HasSubstr("idle share"));
  model = TwoPointModel();
  model.leakage_voltage = Volts(0);
  EXPECT_THAT(Validate(model).message(), HasSubstr("voltage of leakage"));

  model = TwoPointModel();
  model.weights.standing = Watts(-1);
  EXPECT_THAT(Validate(model).message(), HasSubstr("standing power"));
  model = TwoPointModel();
  model.weights.active_per_byte_powered = Watts(nan);
  EXPECT_THAT(Validate(model).message(), HasSubstr("active power"));

  EXPECT_OK(Validate(SentenceWork{{{Cycles(0), Bytes(0)}}}));
  EXPECT_THAT(Validate(SentenceWork{}).message(), HasSubstr("no layers"));
  EXPECT_THAT(Validate(SentenceWork{{{Cycles(1), {}}, {Cycles(-1), {}}}}).message(),
              HasSubstr("layer 2"));
  EXPECT_THAT(Validate(SentenceWork{{{Cycles(1), Bytes(nan)}}}).message(), HasSubstr("layer 1"));
  EXPECT_THAT(Validate(SentenceWork{{{Cycles(1), Bytes(1), {}, {}, Bytes(-1)}}}).message(),
              HasSubstr("layer 1 powers"));
  EXPECT_THAT(Validate(SentenceWork{{{Cycles(1), Bytes(1), Cycles(2)}}}).message(),
              HasSubstr("larger than its whole"));
  EXPECT_THAT(Validate(SentenceWork{{{Cycles(1), Bytes(1), {}, Bytes(2)}}}).message(),
              HasSubstr("larger than its whole"));
}

}  // namespace
}  // namespace edgebert
