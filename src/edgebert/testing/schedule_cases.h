#ifndef EDGEBERT_TESTING_SCHEDULE_CASES_H_
#define EDGEBERT_TESTING_SCHEDULE_CASES_H_

// Random problems and sentences for tests of schedules.

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "edgebert/power/exit_statistics.h"
#include "edgebert/power/schedule_problem.h"
#include "edgebert/testing/testing.h"

namespace edgebert::testing {

inline double Uniform(Random& random, double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(random);
}
inline int UniformInt(Random& random, int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(random);
}

/// Random tables: mostly like hardware (faster and dearer from point to point), some arbitrary;
/// with free, cheap and dear changes. The deadline lies from exactly the shortest time of full
/// depth to four times as much.
inline ScheduleProblem RandomProblem(Random& random, int most_layers, int most_points) {
  ScheduleProblem problem;
  problem.num_layers = UniformInt(random, 1, most_layers);
  problem.num_points = UniformInt(random, 1, most_points);
  problem.nominal_point = problem.num_points - 1;
  const bool arbitrary = Uniform(random, 0, 1) < 0.2;
  std::vector<double> speed;
  std::vector<double> price;
  for (int i = 0; i < problem.num_points; ++i) {
    speed.push_back((i == 0 ? 1 : speed.back()) + Uniform(random, 0, 0.5));
    price.push_back((i == 0 ? 1 : price.back()) + Uniform(random, 0, 0.5));
  }
  for (int layer = 0; layer < problem.num_layers; ++layer) {
    const double work = Uniform(random, 0.5, 1.5);
    const double floor = Uniform(random, 0, 1) < 0.3 ? Uniform(random, 0, 1) : 0;
    for (int point = 0; point < problem.num_points; ++point) {
      const auto at = static_cast<size_t>(point);
      problem.time.emplace_back(arbitrary ? Uniform(random, 0, 1)
                                          : std::max(floor, work / speed[at]));
      problem.energy.emplace_back(arbitrary ? Uniform(random, 0, 1) : work * price[at]);
    }
  }
  const double change = UniformInt(random, 0, 2) * Uniform(random, 0, 0.3);
  for (int from = 0; from <= problem.num_points; ++from) {
    for (int to = 0; to < problem.num_points; ++to) {
      const int distance =
          std::abs((from == problem.num_points ? problem.nominal_point : from) - to);
      problem.change_time.emplace_back(arbitrary ? change * Uniform(random, 0, 1)
                                                 : change * (distance > 0 ? 1 + distance : 0));
      problem.change_energy.emplace_back(change * Uniform(random, 0, 1) * distance);
    }
  }
  problem.deadline = Seconds(1e9);
  const std::vector<int> fastest = FastestPath(problem, InitialState(problem), problem.num_layers);
  problem.deadline = std::max(
      Seconds(1e-9), CostOf(problem, fastest).time * std::max(1.0, Uniform(random, 0.7, 4)));
  return problem;
}

/// Weights from 1 down, some of them zero at the end.
inline std::vector<double> RandomSurvival(Random& random, int layers) {
  std::vector<double> survival = {1};
  while (static_cast<int>(survival.size()) < layers) {
    survival.push_back(survival.back() * std::clamp(Uniform(random, -0.1, 1.1), 0.0, 1.0));
  }
  return survival;
}

inline std::vector<ObservedSentence> RandomSentences(Random& random, int layers, int count) {
  std::vector<ObservedSentence> sentences;
  for (int i = 0; i < count; ++i) {
    ObservedSentence sentence;
    sentence.exit_layer = UniformInt(random, 1, layers);
    sentence.predicted_layer = sentence.exit_layer == 1 ? 0 : UniformInt(random, 1, layers);
    for (int layer = 0; layer < layers; ++layer) {
      sentence.entropies.push_back(UniformInt(random, 0, 9) == 0 ? std::nan("")
                                                                 : Uniform(random, 0, 0.7));
    }
    sentences.push_back(sentence);
  }
  return sentences;
}

}  // namespace edgebert::testing

#endif  // EDGEBERT_TESTING_SCHEDULE_CASES_H_
