#include "edgebert/power/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <random>
#include <string>

#include "edgebert/power/latency_target.h"
#include "edgebert/power/sentence_cost.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

struct Case {
  PowerModel model;
  SentenceWork work;
  Seconds full_depth;
};

/// A random curve, DRAM and sentence; from compute-bound to memory-bound.
Case RandomCase(testing::Random& random) {
  std::uniform_real_distribution<double> part(0, 1);
  const double low = 0.5 + 0.3 * part(random);
  const std::array<OperatingPoint, 3> curve = {{
      {Volts(low), Hertz(1e8 + 1e8 * part(random))},
      {Volts(low + 0.1), Hertz(3e8 + 1e8 * part(random))},
      {Volts(low + 0.3), Hertz(5e8 + 1e8 * part(random))},
  }};
  Case c{{*OperatingPointTable::Create(curve, Volts(0.02 + 0.05 * part(random))),
          Picojoules(100 + 100 * part(random)), Picojoules(64), BytesPerSecond(8e9)},
         {},
         {}};
  const int layers = std::uniform_int_distribution<int>(1, 12)(random);
  const double bytes = part(random) < 0.5 ? 0 : 1e7 * part(random);
  for (int i = 0; i < layers; ++i) {
    c.work.layers.push_back({Cycles(1e5 + 4e5 * part(random)), Bytes(bytes * part(random))});
  }
  c.full_depth = FullDepthTime(c.model, c.work);
  return c;
}

void ForRandomCases(int count, uint64_t seed,
                    const std::function<void(const Case&, testing::Random&)>& check) {
  testing::Random random(seed);
  for (int i = 0; i < count && !::testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE("case " + std::to_string(i));
    check(RandomCase(random), random);
  }
}

/// From exactly the full-depth time, the tightest feasible target, to four times as much.
Seconds RandomTarget(const Case& c, testing::Random& random) {
  std::uniform_real_distribution<double> factor(0.8, 4);
  return std::max(1.0, factor(random)) * c.full_depth;
}

std::vector<OperatingPoint> Schedule(const Scheduler& scheduler, int layers) {
  std::vector<OperatingPoint> points;
  for (int layer = 1; layer <= layers; ++layer) {
    points.push_back(scheduler.PointFor(layer));
  }
  return points;
}

/// The point below `point` on the grid, or nothing when it is the lowest.
std::optional<OperatingPoint> PointBelow(const PowerModel& model, const OperatingPoint& point) {
  const std::vector<OperatingPoint>& points = model.points.points();
  const auto at = std::find(points.begin(), points.end(), point);
  EXPECT_NE(at, points.end()) << point.voltage.value() << " V is not on the grid";
  return at == points.begin() || at == points.end() ? std::nullopt : std::optional(*(at - 1));
}

TEST(SchedulerTest, StaticMeetsEveryFeasibleTargetAtTheLowestVoltage) {
  ForRandomCases(100'000, 1, [](const Case& c, testing::Random& random) {
    const Seconds target = RandomTarget(c, random);
    const auto scheduler = Scheduler::Create(c.model, c.work, Policy::kEarlyExitStatic, target);
    ASSERT_OK(scheduler);
    const int layers = static_cast<int>(c.work.layers.size());
    std::vector<OperatingPoint> points = Schedule(*scheduler, layers);
    EXPECT_EQ(points, std::vector<OperatingPoint>(points.size(), points[0]));
    EXPECT_LE(CostOf(c.model, c.work, points).latency, target);
    if (const auto below = PointBelow(c.model, points[0])) {
      points.assign(points.size(), *below);
      EXPECT_GT(CostOf(c.model, c.work, points).latency, target);
    }
  });
}

TEST(SchedulerTest, PredictedFinishesThePredictedLayerInTimeAtTheLowestVoltage) {
  ForRandomCases(100'000, 2, [](const Case& c, testing::Random& random) {
    const Seconds target = RandomTarget(c, random);
    auto scheduler = Scheduler::Create(c.model, c.work, Policy::kPredicted, target);
    ASSERT_OK(scheduler);
    const int layers = static_cast<int>(c.work.layers.size());
    const OperatingPoint nominal = c.model.points.nominal();
    EXPECT_EQ(scheduler->PointFor(1), nominal);
    const int predicted = std::uniform_int_distribution<int>(1, layers)(random);
    scheduler->SetPredictedExitLayer(predicted);
    std::vector<OperatingPoint> points = Schedule(*scheduler, predicted);
    EXPECT_EQ(points[0], nominal);
    EXPECT_LE(CostOf(c.model, c.work, points).latency, target);
    for (int layer = predicted + 1; layer <= layers; ++layer) {
      EXPECT_EQ(scheduler->PointFor(layer), nominal);
    }
    if (predicted == 1) {
      return;
    }
    EXPECT_TRUE(std::equal(points.begin() + 2, points.end(), points.begin() + 1));
    if (const auto below = PointBelow(c.model, points[1])) {
      std::fill(points.begin() + 1, points.end(), *below);
      EXPECT_GT(CostOf(c.model, c.work, points).latency, target);
    }
  });
}

TEST(SchedulerTest, LowerVoltageNeverCostsMoreOnChip) {
  ForRandomCases(20'000, 3, [](const Case& c, testing::Random&) {
    Joules previous;
    for (const OperatingPoint& point : c.model.points.points()) {
      const std::vector<OperatingPoint> points(c.work.layers.size(), point);
      const SentenceCost cost = CostOf(c.model, c.work, points);
      EXPECT_GE(cost.account.on_chip_load(), previous);
      EXPECT_EQ(cost.account.dram, ConventionalCost(c.model, c.work).account.dram);
      previous = cost.account.on_chip_load();
    }
    EXPECT_EQ(previous, ConventionalCost(c.model, c.work).account.on_chip_load());
  });
}

TEST(SchedulerTest, InfeasibleNamesTheShortestFeasibleTarget) {
  ForRandomCases(100'000, 4, [](const Case& c, testing::Random& random) {
    std::uniform_real_distribution<double> factor(0.01, 1);
    const Seconds target = factor(random) * c.full_depth;
    if (target >= c.full_depth) {
      return;
    }
    const Policy policy = static_cast<Policy>(random() % 4);
    const Status status = Scheduler::Create(c.model, c.work, policy, target).status();
    ASSERT_EQ(status.code(), StatusCode::kInfeasible);
    const std::string before = "shortest feasible target is ";
    const size_t at = status.message().find(before);
    ASSERT_NE(at, std::string::npos) << status.message();
    std::string shortest = status.message().substr(at + before.size());
    shortest.erase(shortest.find(' '), 1);  // "8.1 ms" is written "8.1ms" on a command line.
    const auto parsed = LatencyTarget::Parse(shortest);
    ASSERT_OK(parsed);
    const Seconds resolved = parsed->Resolve(c.full_depth);
    EXPECT_OK(Scheduler::Create(c.model, c.work, policy, resolved));
    EXPECT_LE(resolved / c.full_depth, 1 + 2e-5);
  });
}

TEST(SchedulerTest, InfeasibleMessageStatesBothTargets) {
  testing::Random random(5);
  Case c = RandomCase(random);
  c.work.layers = {{Cycles(c.model.points.nominal().frequency.value() * 0.0123456789), {}}};
  const Status status =
      Scheduler::Create(c.model, c.work, Policy::kEarlyExit, Seconds(0.01)).status();
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("target of 10 ms"), HasSubstr("target is 12.3457 ms")));
}

TEST(SchedulerTest, PoliciesWithoutScalingStayAtTheNominalPoint) {
  ForRandomCases(1'000, 6, [](const Case& c, testing::Random&) {
    for (const Policy policy : {Policy::kConventional, Policy::kEarlyExit}) {
      auto scheduler = Scheduler::Create(c.model, c.work, policy, 4 * c.full_depth);
      ASSERT_OK(scheduler);
      scheduler->SetPredictedExitLayer(2);
      const int layers = static_cast<int>(c.work.layers.size());
      EXPECT_EQ(Schedule(*scheduler, layers), ConventionalCost(c.model, c.work).points);
    }
  });
}

TEST(SchedulerTest, APredictionBeyondTheLastLayerIsFullDepth) {
  ForRandomCases(1'000, 7, [](const Case& c, testing::Random& random) {
    const Seconds target = RandomTarget(c, random);
    const int layers = static_cast<int>(c.work.layers.size());
    auto last = Scheduler::Create(c.model, c.work, Policy::kPredicted, target);
    auto beyond = Scheduler::Create(c.model, c.work, Policy::kPredicted, target);
    ASSERT_OK(last);
    ASSERT_OK(beyond);
    last->SetPredictedExitLayer(layers);
    beyond->SetPredictedExitLayer(layers + 5);
    EXPECT_EQ(Schedule(*last, layers), Schedule(*beyond, layers));
  });
}

TEST(SchedulerTest, RefusesWhatIsNoTarget) {
  testing::Random random(8);
  Case c = RandomCase(random);
  for (const double target : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(),
                              std::numeric_limits<double>::infinity(), 1e-13}) {
    EXPECT_EQ(
        Scheduler::Create(c.model, c.work, Policy::kEarlyExit, Seconds(target)).status().code(),
        StatusCode::kInvalidArgument)
        << target;
  }
  c.work.layers.clear();
  EXPECT_EQ(Scheduler::Create(c.model, c.work, Policy::kEarlyExit, Seconds(1)).status().code(),
            StatusCode::kInvalidArgument);
  c.work.layers.assign(2, {Cycles(1e308), Bytes(1e308)});
  c.model.dram_bandwidth = BytesPerSecond(1e-10);
  EXPECT_EQ(Scheduler::Create(c.model, c.work, Policy::kEarlyExit, Seconds(1)).status().code(),
            StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace edgebert
