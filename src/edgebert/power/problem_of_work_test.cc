#include "edgebert/power/problem_of_work.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "edgebert/power/sentence_cost.h"
#include "edgebert/testing/schedule_cases.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

PowerModel ModelWithEverything() {
  const std::array<OperatingPoint, 3> points = {
      {{Volts(0.6), Hertz(1e8)}, {Volts(0.8), Hertz(3e8)}, {Volts(1.0), Hertz(4e8)}}};
  PowerModel model{*OperatingPointTable::Create(points, Volts(0.05)),
                   Picojoules(100),
                   {Picojoules(64), BytesPerSecond(1e9)}};
  model.idle_share = 0.4;
  model.leakage_at_nominal = Watts(1e-3);
  model.leakage_voltage = Volts(0.3);
  model.weights.standing = Watts(2e-3);
  model.regulators.voltage.kind = RegulatorKind::kLdo;
  model.regulators.voltage.input = Volts(1.1);
  model.regulators.voltage.efficiency = 0.99;
  model.regulators.voltage.response_per_volt = Seconds(1e-6);
  model.regulators.clock = {Seconds(2e-6), Watts(3e-3)};
  return model;
}

/// The tables say what a sentence costs by sentence_cost.h, whatever is asked for.
TEST(ProblemOfWorkTest, CostsWhatTheSentenceCosts) {
  const PowerModel model = ModelWithEverything();
  const SentenceWork work{{{Cycles(4e6), Bytes(1e5), Cycles(1e6), Bytes(1e3)},
                           {Cycles(8e6), Bytes(9e7)},
                           {Cycles(2e6), Bytes(1e5)},
                           {Cycles(2e6), Bytes(0)}}};
  testing::Random random(1);
  for (const Boundary boundary : {Boundary::kOnChip, Boundary::kSystem}) {
    for (const EnergySide side : {EnergySide::kLoad, EnergySide::kSupply}) {
      const auto problem = ProblemOfWork(model, work, Seconds(1), {boundary, side});
      ASSERT_OK(problem);
      ASSERT_OK(Validate(*problem));
      EXPECT_EQ(problem->num_points, static_cast<int>(model.points.points().size()));
      for (int i = 0; i < 200; ++i) {
        std::vector<int> path;
        std::vector<OperatingPoint> points;
        for (int layer = testing::UniformInt(random, 1, 4); layer > 0; --layer) {
          path.push_back(testing::UniformInt(random, 0, problem->num_points - 1));
          points.push_back(model.points.points()[static_cast<size_t>(path.back())]);
        }
        const SentenceCost expected = CostOf(model, work, points);
        const ScheduleCost cost = CostOf(*problem, path);
        EXPECT_EQ(cost.time, expected.latency);
        EXPECT_NEAR(cost.energy / expected.account.At(boundary, side), 1, 1e-12);
      }
      const std::vector<int> nominal(4, problem->nominal_point);
      EXPECT_EQ(CostOf(*problem, nominal).time, FullDepthTime(model, work));
    }
  }
}

}  // namespace
}  // namespace edgebert
