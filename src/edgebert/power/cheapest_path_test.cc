#include "edgebert/power/cheapest_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "edgebert/testing/schedule_cases.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using testing::RandomProblem;
using testing::RandomSurvival;

/// The least weighted energy over all schedules that end by the deadline, one by one; infinite when
/// there is none.
double BruteForce(const ScheduleProblem& problem, const ScheduleState& state, double energy,
                  std::span<const double> survival) {
  if (state.layers_done == static_cast<int>(survival.size())) {
    return state.elapsed <= problem.deadline ? energy : std::numeric_limits<double>::infinity();
  }
  double least = std::numeric_limits<double>::infinity();
  for (int point = 0; point < problem.num_points; ++point) {
    const double own = problem.change_energy[problem.ChangeIndex(state.point, point)].value() +
                       problem.energy[problem.LayerIndex(state.layers_done, point)].value();
    least =
        std::min(least, BruteForce(problem, After(problem, state, point),
                                   energy + survival[static_cast<size_t>(state.layers_done)] * own,
                                   survival));
  }
  return least;
}

double WeightedEnergy(const ScheduleProblem& problem, ScheduleState state,
                      const std::vector<int>& points, std::span<const double> survival) {
  double energy = 0;
  for (const int point : points) {
    energy += survival[static_cast<size_t>(state.layers_done)] *
              (problem.change_energy[problem.ChangeIndex(state.point, point)].value() +
               problem.energy[problem.LayerIndex(state.layers_done, point)].value());
    state = After(problem, state, point);
  }
  EXPECT_LE(state.elapsed, problem.deadline);
  return energy;
}

TEST(CheapestPathTest, EqualsBruteForce) {
  testing::Random random(1);
  for (int i = 0; i < 20'000 && !HasFailure(); ++i) {
    SCOPED_TRACE(i);
    const ScheduleProblem problem = RandomProblem(random, 5, 5);
    const std::vector<double> survival = RandomSurvival(random, problem.num_layers);
    ScheduleState state = InitialState(problem);
    const int done = testing::UniformInt(random, 0, problem.num_layers - 1);
    for (int layer = 0; layer < done; ++layer) {
      state = After(problem, state, testing::UniformInt(random, 0, problem.num_points - 1));
    }
    const double least = BruteForce(problem, state, 0, survival);
    const auto found = FindCheapestPath(problem, state, survival);
    const double bound = LowerBound(problem, state, survival).value();
    if (!found.ok()) {
      EXPECT_EQ(found.status().code(), StatusCode::kInfeasible);
      EXPECT_EQ(least, std::numeric_limits<double>::infinity());
      EXPECT_EQ(bound, std::numeric_limits<double>::infinity());
      continue;
    }
    const double scale = std::max(least, 1e-6);
    EXPECT_NEAR(found->expected_energy.value(), least, 1e-11 * scale);
    EXPECT_LE(found->gap.value(), 1e-10 * scale);
    EXPECT_LE(bound, least + 1e-11 * scale);
    EXPECT_LE(found->end, problem.deadline);
    EXPECT_NEAR(WeightedEnergy(problem, state, found->points, survival), least, 1e-11 * scale);
  }
}

TEST(CheapestPathTest, PlansOnlyTheLayersAskedFor) {
  testing::Random random(2);
  for (int i = 0; i < 5'000 && !HasFailure(); ++i) {
    const ScheduleProblem problem = RandomProblem(random, 5, 4);
    const std::vector<double> certain(
        static_cast<size_t>(testing::UniformInt(random, 1, problem.num_layers)), 1.0);
    const auto found = FindCheapestPath(problem, InitialState(problem), certain);
    ASSERT_OK(found);
    EXPECT_EQ(found->points.size(), certain.size());
    EXPECT_NEAR(CostOf(problem, found->points).energy.value(),
                BruteForce(problem, InitialState(problem), 0, certain), 1e-10);
  }
}

TEST(CheapestPathTest, MeetsADeadlineToTheLastBit) {
  testing::Random random(3);
  for (int i = 0; i < 20'000 && !HasFailure(); ++i) {
    ScheduleProblem problem = RandomProblem(random, 8, 6);
    const std::vector<int> fastest =
        FastestPath(problem, InitialState(problem), problem.num_layers);
    problem.deadline = CostOf(problem, fastest).time;
    const std::vector<double> survival = RandomSurvival(random, problem.num_layers);
    const auto found = FindCheapestPath(problem, InitialState(problem), survival);
    ASSERT_OK(found);
    EXPECT_EQ(CostOf(problem, found->points).time, problem.deadline);
    problem.deadline = Seconds(std::nextafter(problem.deadline.value(), 0));
    EXPECT_EQ(FindCheapestPath(problem, InitialState(problem), survival).status().code(),
              StatusCode::kInfeasible);
  }
}

/// A schedule that would end one rounding too late is none.
TEST(CheapestPathTest, IsNotLateByARounding) {
  testing::Random random(4);
  for (int i = 0; i < 20'000 && !HasFailure(); ++i) {
    ScheduleProblem problem = RandomProblem(random, 6, 5);
    const std::vector<double> survival = RandomSurvival(random, problem.num_layers);
    const auto found = FindCheapestPath(problem, InitialState(problem), survival);
    ASSERT_OK(found);
    problem.deadline = Seconds(std::nextafter(found->end.value(), 0));
    const auto tighter = FindCheapestPath(problem, InitialState(problem), survival);
    if (tighter.ok()) {
      EXPECT_LE(CostOf(problem, tighter->points).time, problem.deadline);
    }
  }
}

/// Twelve equal layers on a fine grid: as many ways as there are, none may take long.
TEST(CheapestPathTest, StaysSmallAtFullSize) {
  ScheduleProblem problem;
  problem.num_layers = 12;
  problem.num_points = 39;
  problem.nominal_point = 38;
  for (int layer = 0; layer < 12; ++layer) {
    for (int point = 0; point < 39; ++point) {
      const double voltage = 0.62 + 0.01 * point;
      problem.time.emplace_back(1 / (voltage - 0.45));
      problem.energy.emplace_back(voltage * voltage);
    }
  }
  for (int from = 0; from < 40; ++from) {
    for (int to = 0; to < 39; ++to) {
      const double distance = std::abs(std::min(from, 38) - to);
      problem.change_time.emplace_back(1e-3 * distance);
      problem.change_energy.emplace_back(1e-4 * distance);
    }
  }
  std::vector<double> survival;
  for (int layer = 0; layer < 12; ++layer) {
    survival.push_back(std::pow(0.75, layer));
  }
  const double full = 12 * problem.time[38].value();
  for (const double factor : {1.0, 1.02, 1.15, 1.5, 2.0, 3.0}) {
    problem.deadline = Seconds(factor * full + 1e-9);
    for (const bool known : {false, true}) {
      const std::vector<double> weights = known ? std::vector<double>(7, 1.0) : survival;
      const auto found = FindCheapestPath(problem, InitialState(problem), weights);
      ASSERT_OK(found);
      EXPECT_LT(found->labels, 100'000) << factor;
      EXPECT_LE(found->gap / found->expected_energy, 1e-10);
    }
  }
}

}  // namespace
}  // namespace edgebert
