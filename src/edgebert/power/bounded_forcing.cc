#include "edgebert/power/bounded_forcing.h"

#include <vector>

namespace edgebert {
namespace {

struct Outcome {
  double energy = 0;
  double forced = 0;
};

Outcome Simulate(const ScheduleProblem& problem, const AdaptivePlan& plan, const EntropyBins& bins,
                 std::span<const ObservedSentence> sentences) {
  Outcome outcome;
  std::vector<int> points;
  for (const ObservedSentence& sentence : sentences) {
    ScheduleState state = InitialState(problem);
    points.clear();
    int bin = 0;
    while (state.layers_done < sentence.exit_layer) {
      const int point = plan.PointFor(state, bin);
      if (point < 0) {
        outcome.forced += 1;
        break;
      }
      points.push_back(point);
      bin =
          bins.BinOf(state.layers_done, sentence.entropies[static_cast<size_t>(state.layers_done)]);
      state = After(problem, state, point);
    }
    outcome.energy += CostOf(problem, points).energy.value();
  }
  return outcome;
}

}  // namespace

Result<AdaptivePlan> PlanWithBoundedForcing(const ScheduleProblem& problem,
                                            const ExitStatistics& statistics,
                                            std::span<const ObservedSentence> sentences,
                                            double max_forced) {
  if (sentences.empty()) {
    return InvalidArgument("a share of forced exits can only be bounded on planning sentences");
  }
  const double allowed = max_forced * static_cast<double>(sentences.size());
  // Full depth at the nominal point is dearer than any saving that a forced exit can bring, but for
  // the time it frees for others: the price is sought far beyond it.
  EDGEBERT_ASSIGN_OR_RETURN(AdaptivePlan best, AdaptivePlan::Create(problem, statistics.chain));
  double least = Simulate(problem, best, statistics.bins, sentences).energy;
  double low = 0;
  double high = 0;
  for (int layer = 0; layer < problem.num_layers; ++layer) {
    high += 100 * problem.energy[problem.LayerIndex(layer, problem.nominal_point)].value();
  }
  constexpr int kHalvings = 20;
  for (int i = 0; i < kHalvings; ++i) {
    const double price = (low + high) / 2;
    EDGEBERT_ASSIGN_OR_RETURN(AdaptivePlan plan,
                              AdaptivePlan::Create(problem, statistics.chain, price));
    const Outcome outcome = Simulate(problem, plan, statistics.bins, sentences);
    (outcome.forced <= allowed ? high : low) = price;
    if (outcome.forced <= allowed && outcome.energy < least) {
      least = outcome.energy;
      best = std::move(plan);
    }
  }
  return best;
}

}  // namespace edgebert
