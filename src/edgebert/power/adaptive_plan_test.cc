#include "edgebert/power/adaptive_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edgebert/power/cheapest_path.h"
#include "edgebert/testing/schedule_cases.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::HasSubstr;

/// One state: nothing is learnt from layer to layer.
ExitChain BlindChain(const std::vector<double>& survival) {
  ExitChain chain{static_cast<int>(survival.size()), 1, {0}, {}};
  if (survival.size() > 1) {
    chain.first = {survival[1]};
  }
  for (size_t layer = 2; layer < survival.size(); ++layer) {
    chain.next.push_back(survival[layer - 1] > 0 ? survival[layer] / survival[layer - 1] : 0);
  }
  return chain;
}

/// Without information the adaptive plan is the exact one, but for the grid of times.
TEST(AdaptivePlanTest, WithoutInformationItIsTheCheapestPath) {
  testing::Random random(1);
  for (int i = 0; i < 500 && !HasFailure(); ++i) {
    SCOPED_TRACE(i);
    const ScheduleProblem problem = testing::RandomProblem(random, 6, 5);
    const std::vector<double> survival = testing::RandomSurvival(random, problem.num_layers);
    const ExitChain chain = BlindChain(survival);
    ASSERT_OK(Validate(chain));
    const auto plan = AdaptivePlan::Create(problem, chain);
    const auto exact = FindCheapestPath(problem, InitialState(problem), survival);
    ASSERT_OK(plan);
    ASSERT_OK(exact);
    std::vector<int> points;
    ScheduleState state = InitialState(problem);
    while (state.layers_done < problem.num_layers) {
      points.push_back(plan->PointFor(state, 0));
      ASSERT_GE(points.back(), 0);
      state = After(problem, state, points.back());
    }
    EXPECT_LE(state.elapsed, problem.deadline);
    const double energy = ExpectedEnergy(problem, points, survival).value();
    EXPECT_GE(energy, exact->expected_energy.value() * (1 - 1e-10));
    EXPECT_LE(energy, exact->expected_energy.value() * 1.1 + 1e-9);
    EXPECT_NEAR(plan->expected_energy().value(), exact->expected_energy.value(),
                0.1 * exact->expected_energy.value() + 1e-9);
  }
}

/// A sentence whose first layer tells that it will leave next may take its time; one that will run
/// to the end may not.
TEST(AdaptivePlanTest, UsesWhatTheLastLayerShowed) {
  ScheduleProblem problem;
  problem.num_layers = 4;
  problem.num_points = 2;
  problem.nominal_point = 1;
  for (int layer = 0; layer < 4; ++layer) {
    problem.time.insert(problem.time.end(), {Seconds(2), Seconds(1)});
    problem.energy.insert(problem.energy.end(), {Joules(1), Joules(3)});
  }
  problem.change_time.assign(6, Seconds(0));
  problem.change_energy.assign(6, Joules(0));
  problem.deadline = Seconds(6);
  // State 0 leaves after layer 2; state 1 runs to the end. Layer 1 at the low point leaves time for
  // one more slow layer: the second for state 0, any one for state 1.
  ExitChain chain{4, 2, {0.5, 0.5}, {0, 0, 0, 1, 0, 0, 0, 1}};
  ASSERT_OK(Validate(chain));
  const auto plan = AdaptivePlan::Create(problem, chain);
  ASSERT_OK(plan);
  ScheduleState state = InitialState(problem);
  EXPECT_EQ(plan->PointFor(state, 0), 0);
  state = After(problem, state, 0);
  EXPECT_EQ(plan->PointFor(state, 0), 0);
  EXPECT_NEAR(plan->expected_energy().value(), 1 + 0.5 * 1 + 0.5 * (1 + 3 + 3), 0.1);
}

TEST(AdaptivePlanTest, ForcedExitsComeAtTheirPrice) {
  testing::Random random(2);
  for (int i = 0; i < 200 && !HasFailure(); ++i) {
    const ScheduleProblem problem = testing::RandomProblem(random, 5, 4);
    const ExitChain chain =
        BlindChain(std::vector<double>(static_cast<size_t>(problem.num_layers), 1.0));
    const auto cheap = AdaptivePlan::Create(problem, chain, 0);
    ASSERT_OK(cheap);
    const int first = cheap->PointFor(InitialState(problem), 0);
    ASSERT_GE(first, 0) << "layer 1 always runs";
    if (problem.num_layers > 1 && problem.energy[problem.LayerIndex(1, 0)].value() > 0) {
      EXPECT_EQ(cheap->PointFor(After(problem, InitialState(problem), first), 0), -1);
    }
  }
}

TEST(AdaptivePlanTest, RefusesTablesThatAreNoChain) {
  EXPECT_THAT(Validate(ExitChain{3, 2, {0.5}, {}}).message(), HasSubstr("3 layers and 2 states"));
  EXPECT_THAT(Validate(ExitChain{2, 2, {0.5, 0.6}, {}}).message(), HasSubstr("row 1"));
  EXPECT_THAT(Validate(ExitChain{3, 1, {0.5}, {-0.1}}).message(), HasSubstr("row 2"));
  EXPECT_OK(Validate(ExitChain{3, 1, {0.5}, {1}}));
}

}  // namespace
}  // namespace edgebert
