#include "edgebert/power/sentence_cost.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace edgebert {
namespace {

PowerModel TwoPointModel() {
  const std::array<OperatingPoint, 2> points = {
      {{Volts(0.5), Hertz(1e8)}, {Volts(1.0), Hertz(4e8)}}};
  return {*OperatingPointTable::Create(points, Volts(0.25)), Picojoules(100), Picojoules(64),
          BytesPerSecond(1e9)};
}

TEST(SentenceCostTest, SumsTheLayersThatRan) {
  const PowerModel model = TwoPointModel();
  const SentenceWork work{{{Cycles(4e6), Bytes(0)}, {Cycles(8e6), Bytes(1e6)}, {Cycles(1), {}}}};
  const std::array<OperatingPoint, 2> points = {model.points.nominal(), model.points.lowest()};
  const SentenceCost cost = CostOf(model, work, points);
  EXPECT_THAT(cost.points, ::testing::ElementsAreArray(points));
  EXPECT_DOUBLE_EQ(cost.latency.value(), 0.010 + 0.080);
  EXPECT_DOUBLE_EQ(cost.on_chip_energy.value(), 400e-6 + 200e-6);
  EXPECT_DOUBLE_EQ(cost.dram_energy.value(), 64e-6);
  EXPECT_DOUBLE_EQ(cost.energy().value(), 664e-6);
  EXPECT_EQ(CostOf(model, work, {}).energy(), Joules(0));
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
