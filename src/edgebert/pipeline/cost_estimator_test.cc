#include "edgebert/pipeline/cost_estimator.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "edgebert/accel/hardware.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

/// The operating point of that frequency on the chip's measured curve.
OperatingPoint PointAt(const HardwareDescription& hardware, Hertz frequency) {
  const std::vector<VoltageFrequency>& curve = hardware.operating_points;
  size_t above = 1;
  while (above + 1 < curve.size() && curve[above].frequency < frequency) {
    ++above;
  }
  const VoltageFrequency& low = curve[above - 1];
  const VoltageFrequency& high = curve[above];
  const double part = (frequency - low.frequency) / (high.frequency - low.frequency);
  return {low.voltage + part * (high.voltage - low.voltage), frequency};
}

TEST(CostEstimatorTest, LeakageIsPartOfTheMeasuredEnergyPerCycle) {
  const HardwareDescription hardware = *DefaultHardware();
  const auto power = MakePowerModel(hardware);
  ASSERT_OK(power);
  const OperatingPoint& nominal = power->points.nominal();
  const EnergyAccount energy = power->EnergyOf({Cycles(1e6), Bytes(0)}, nominal);
  EXPECT_NEAR(energy.on_chip_load().value(), 168.96e-6, 1e-12);
  EXPECT_NEAR(energy.leakage.value(), (1e-3 + 5.6e-6 * 320) * 1e6 / 717e6, 1e-12);
  EXPECT_NEAR(energy.on_chip_supply() / energy.on_chip_load(), 1.05 / 0.992, 1e-9);
}

TEST(CostEstimatorTest, AnLdoExplainsWhyTheChipGainedLittleFromVoltageScaling) {
  // ISSCC 2023 22.9, slides 38-39: 77 mJ in 682 ms at 1.0 V became 65 mJ in 1155 ms, of 3.9 layers
  // on average. The first layer runs at 1.0 V; the others then take 371 MHz.
  const HardwareDescription hardware = *DefaultHardware();
  const auto power = MakePowerModel(hardware);
  ASSERT_OK(power);
  const double layers = 3.9;
  const double slower = (1155.0 / 682.0 * layers - 1) / (layers - 1);
  const OperatingPoint& nominal = power->points.nominal();
  const OperatingPoint scaled = PointAt(hardware, nominal.frequency / slower);
  EXPECT_NEAR(scaled.voltage.value(), 0.709, 0.001);
  const LayerWork layer{Cycles(1e6), Bytes(0)};
  const auto millijoules = [&](EnergySide side) {
    const Joules first = power->EnergyOf(layer, nominal).At(Boundary::kOnChip, side);
    const Joules other = power->EnergyOf(layer, scaled).At(Boundary::kOnChip, side);
    return 77 * ((first + (layers - 1) * other) / (layers * first));
  };
  const double load = millijoules(EnergySide::kLoad);
  const double supply = millijoules(EnergySide::kSupply);
  EXPECT_NEAR(load, 49, 1);
  EXPECT_NEAR(supply, 60.5, 1);
  // The measured gain lies on the LDO's side.
  EXPECT_LT(std::abs(supply - 65), std::abs(load - 65) / 3);
}

TEST(CostEstimatorTest, ASwitchingRegulatorKeepsTheGainOfTheLoad) {
  HardwareDescription hardware = *DefaultHardware();
  ASSERT_OK(SetRegulator("switching", hardware));
  const auto power = MakePowerModel(hardware);
  ASSERT_OK(power);
  const LayerWork layer{Cycles(1e6), Bytes(0)};
  const EnergyAccount high = power->EnergyOf(layer, power->points.nominal());
  const EnergyAccount low = power->EnergyOf(layer, power->points.lowest());
  EXPECT_NEAR(high.on_chip_supply() / low.on_chip_supply(),
              high.on_chip_load() / low.on_chip_load(), 1e-9);
  EXPECT_FALSE(SetRegulator("steam", hardware).ok());
}

}  // namespace
}  // namespace edgebert
