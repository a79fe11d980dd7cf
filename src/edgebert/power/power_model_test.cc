#include "edgebert/power/power_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <limits>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::HasSubstr;

PowerModel TwoPointModel() {
  const std::array<OperatingPoint, 2> points = {
      {{Volts(0.5), Hertz(1e8)}, {Volts(1.0), Hertz(4e8)}}};
  return {*OperatingPointTable::Create(points, Volts(0.25)), Picojoules(100), Picojoules(64),
          BytesPerSecond(1e9)};
}

TEST(PowerModelTest, TimeIsTheLongerOfComputingAndStreaming) {
  const PowerModel model = TwoPointModel();
  const LayerWork work{Cycles(4e6), Bytes(2e7)};  // 10 ms at 400 MHz, 20 ms of DRAM.
  EXPECT_DOUBLE_EQ(model.TimeOf(work, model.points.nominal()).value(), 0.020);
  EXPECT_DOUBLE_EQ(model.TimeOf(work, model.points.lowest()).value(), 0.040);
}

TEST(PowerModelTest, OnChipEnergyGoesWithTheSquareOfTheVoltage) {
  const PowerModel model = TwoPointModel();
  const LayerWork work{Cycles(4e6), Bytes(2e7)};
  EXPECT_DOUBLE_EQ(model.OnChipEnergy(work, model.points.nominal()).value(), 400e-6);
  EXPECT_DOUBLE_EQ(model.OnChipEnergy(work, model.points.lowest()).value(), 100e-6);
  EXPECT_DOUBLE_EQ(model.DramEnergy(work).value(), 1280e-6);
}

TEST(PowerModelTest, ValidateNamesWhatIsWrong) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  PowerModel model = TwoPointModel();
  EXPECT_OK(Validate(model));
  model.dram_bandwidth = BytesPerSecond(0);
  EXPECT_THAT(Validate(model).message(), HasSubstr("bandwidth"));
  model = TwoPointModel();
  model.energy_per_cycle_at_nominal = Joules(nan);
  EXPECT_THAT(Validate(model).message(), HasSubstr("energy per cycle"));
  model = TwoPointModel();
  model.dram_energy_per_byte = Joules(-1);
  EXPECT_THAT(Validate(model).message(), HasSubstr("DRAM energy"));

  EXPECT_OK(Validate(SentenceWork{{{Cycles(0), Bytes(0)}}}));
  EXPECT_THAT(Validate(SentenceWork{}).message(), HasSubstr("no layers"));
  EXPECT_THAT(Validate(SentenceWork{{{Cycles(1), {}}, {Cycles(-1), {}}}}).message(),
              HasSubstr("layer 2"));
  EXPECT_THAT(Validate(SentenceWork{{{Cycles(1), Bytes(nan)}}}).message(), HasSubstr("layer 1"));
}

}  // namespace
}  // namespace edgebert
