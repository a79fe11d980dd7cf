#include "edgebert/power/sentence_cost.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace edgebert {
namespace {

PowerModel TwoPointModel() {
  const std::array<OperatingPoint, 2> points = {
      {{Volts(0.5), Hertz(1e8)}, {Volts(1.0), Hertz(4e8)}}};
  return {*OperatingPointTable::Create(points, Volts(0.25)), Picojoules(100), {Picojoules(64), BytesPerSecond(1e9)}};
}

TEST(SentenceCostTest, SumsTheLayersThatRan) {
  const PowerModel model = TwoPointModel();
  const SentenceWork work{{{Cycles(4e6), Bytes(0)}, {Cycles(8e6), Bytes(1e6)}, {Cycles(1), {}}}};
  const std::array<OperatingPoint, 2> points = {model.points.nominal(), model.points.lowest()};
  const SentenceCost cost = CostOf(model, work, points);
  EXPECT_THAT(cost.points, ::testing::ElementsAreArray(points));
  EXPECT_DOUBLE_EQ(cost.latency.value(), 0.010 + 0.080);
  EXPECT_DOUBLE_EQ(cost.account.on_chip_load().value(), 400e-6 + 200e-6);
  EXPECT_DOUBLE_EQ(cost.account.dram.value(), 64e-6);
  EXPECT_DOUBLE_EQ(cost.energy().value(), 664e-6);
  EXPECT_EQ(CostOf(model, work, {}).energy(), Joules(0));
}

TEST(SentenceCostTest, ChangesOfThePointTakeTheirTimeAndEnergy) {
  PowerModel model = TwoPointModel();
  model.regulators.clock = {Nanoseconds(100), Watts(1e-3)};
  model.regulators.voltage.response_per_volt = Nanoseconds(200);
  const SentenceWork work{{{Cycles(4e6), {}}, {Cycles(4e6), {}}, {Cycles(4e6), {}}}};
  const OperatingPoint high = model.points.nominal();
  const OperatingPoint low = model.points.lowest();
  const std::array<OperatingPoint, 3> mixed = {low, low, high};
  const SentenceCost cost = CostOf(model, work, mixed);
  EXPECT_DOUBLE_EQ(cost.latency.value(), 0.04 + 0.04 + 0.01 + 200e-9);
  EXPECT_DOUBLE_EQ(cost.account.transition.value(), 1e-3 * 100e-9);
  const std::array<OperatingPoint, 3> constant = {low, low, low};
  EXPECT_EQ(CostOf(model, work, constant).account.transition, Joules(0));
}

TEST(SentenceCostTest, ConventionalRunsEveryLayerAtTheNominalPoint) {
  const PowerModel model = TwoPointModel();
  const SentenceWork work{{{Cycles(4e6), Bytes(0)}, {Cycles(8e6), Bytes(1e6)}}};
  const SentenceCost cost = ConventionalCost(model, work);
  EXPECT_EQ(cost.points, std::vector<OperatingPoint>(2, model.points.nominal()));
  EXPECT_DOUBLE_EQ(cost.latency.value(), 0.030);
  EXPECT_EQ(cost.latency, FullDepthTime(model, work));
}

}  // namespace
}  // namespace edgebert
