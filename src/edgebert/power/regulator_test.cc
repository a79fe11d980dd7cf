#include "edgebert/power/regulator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::HasSubstr;

constexpr OperatingPoint kLow = {Volts(0.5), Hertz(1e8)};
constexpr OperatingPoint kHigh = {Volts(1.0), Hertz(4e8)};

TEST(RegulatorTest, NamesRoundTrip) {
  for (const RegulatorKind kind :
       {RegulatorKind::kIdeal, RegulatorKind::kLdo, RegulatorKind::kSwitching}) {
    const auto parsed = ParseRegulatorKind(RegulatorKindName(kind));
    ASSERT_OK(parsed);
    EXPECT_EQ(*parsed, kind);
  }
  EXPECT_THAT(ParseRegulatorKind("switchng").status().message(),
              HasSubstr("did you mean 'switching'?"));
}

TEST(RegulatorTest, SupplyIsAlwaysAtLeastTheLoad) {
  testing::Random random(5);
  std::uniform_real_distribution<double> part(0, 1);
  for (int trial = 0; trial < 1'000; ++trial) {
    const Volts input(0.6 + part(random));
    const Volts voltage(input.value() * (0.3 + 0.7 * part(random)));
    const double efficiency = 0.5 + part(random) / 2;
    const Joules load(part(random));
    for (const RegulatorKind kind : {RegulatorKind::kLdo, RegulatorKind::kSwitching}) {
      const VoltageRegulator regulator{.kind = kind, .input = input, .efficiency = efficiency};
      ASSERT_GE(regulator.SupplyEnergy(load, voltage), load);
    }
  }
  EXPECT_EQ(VoltageRegulator().SupplyEnergy(Joules(3), Volts(0.7)), Joules(3));
}

TEST(RegulatorTest, TimingIsTheStepResponseAndTheLock) {
  Regulators regulators;
  regulators.voltage.response_per_volt = Nanoseconds(76);
  regulators.clock.lock_time = Nanoseconds(50);
  for (const auto& [from, to] : {std::pair(kLow, kHigh), std::pair(kHigh, kLow)}) {
    const TransitionTiming timing = TimingOf(regulators, from, to);
    EXPECT_DOUBLE_EQ(timing.slew.value(), 38e-9);
    EXPECT_DOUBLE_EQ(timing.lock.value(), 50e-9);
  }
  EXPECT_EQ(TimingOf(regulators, kLow, kLow).total(), Seconds(0));
}

TEST(RegulatorTest, AGivenTransitionTimeKeepsTheProportions) {
  Regulators regulators;
  regulators.voltage.response_per_volt = Nanoseconds(60);
  regulators.clock.lock_time = Nanoseconds(10);
  for (const double seconds : {30e-9, 1e-6, 100e-6}) {
    regulators.transition_time = Seconds(seconds);
    const TransitionTiming timing = TimingOf(regulators, kLow, kHigh);
    EXPECT_DOUBLE_EQ(timing.total().value(), seconds);
    EXPECT_NEAR(timing.slew / timing.lock, 3, 1e-9);
    EXPECT_EQ(TimingOf(regulators, kHigh, kHigh).total(), Seconds(0));
  }
  regulators = {};
  regulators.transition_time = Seconds(1e-6);
  EXPECT_EQ(TimingOf(regulators, kLow, kHigh).total(), Seconds(1e-6));
}

TEST(RegulatorTest, ValidateNamesWhatIsWrong) {
  EXPECT_OK(Validate(Regulators(), Volts(1)));
  Regulators regulators;
  regulators.voltage.efficiency = 1.1;
  EXPECT_THAT(Validate(regulators, Volts(1)).message(), HasSubstr("efficiency is 1.1"));
  regulators = {};
  regulators.clock.lock_time = Seconds(-1);
  EXPECT_THAT(Validate(regulators, Volts(1)).message(), HasSubstr("lock time"));
  regulators = {};
  regulators.transition_time = Seconds(-1);
  EXPECT_THAT(Validate(regulators, Volts(1)).message(), HasSubstr("transition time"));
  regulators = {};
  regulators.voltage.kind = RegulatorKind::kLdo;
  EXPECT_THAT(Validate(regulators, Volts(1)).message(), HasSubstr("cannot make 1 V from 0 V"));
}

}  // namespace
}  // namespace edgebert
