#include "edgebert/report/policy_judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <tuple>
#include <utility>

#include "edgebert/pipeline/schedule.h"
#include "edgebert/power/scheduler.h"
#include "edgebert/program/layer_program.h"

namespace edgebert {
namespace {

/// The plan for sentences of one length; none where their target cannot be met.
Result<std::shared_ptr<const SchedulePlan>> PlanFor(const PowerModel& power,
                                                    const SentenceWork& work, Seconds target,
                                                    const JudgeOptions& options,
                                                    const ExitStatistics* statistics) {
  EDGEBERT_ASSIGN_OR_RETURN(ScheduleProblem problem,
                            ProblemOfWork(power, work, target, options.meter));
  Result<SchedulePlan> plan =
      SchedulePlan::Create(std::move(problem), {.policy = options.policy}, statistics);
  if (plan.status().code() == StatusCode::kInfeasible) {
    return std::shared_ptr<const SchedulePlan>();
  }
  if (!plan.ok()) {
    return plan.status();
  }
  return std::make_shared<const SchedulePlan>(std::move(plan).value());
}

std::vector<OperatingPoint> PointsOf(const PowerModel& power, const SentenceGroup& group,
                                     Scheduler& scheduler) {
  scheduler.Begin();
  scheduler.SetExitLayer(group.exit_layer);
  std::vector<OperatingPoint> points;
  for (int layer = 1; layer <= group.exit_layer; ++layer) {
    const std::optional<int> point = scheduler.NextPoint();
    if (!point) {
      break;
    }
    points.push_back(power.points.points()[static_cast<size_t>(*point)]);
    scheduler.Observe(std::nullopt, group.predicted_layer > 0 ? std::optional(group.predicted_layer)
                                                              : std::nullopt);
  }
  return points;
}

EnergyAccount Scaled(const EnergyAccount& account, double factor) { return account / (1 / factor); }

}  // namespace

std::vector<SentenceGroup> GroupSentences(std::span<const int> tokens, std::span<const int> exits,
                                          std::span<const int> predicted) {
  std::map<std::tuple<int, int, int>, size_t> counts;
  for (size_t i = 0; i < tokens.size(); ++i) {
    ++counts[{tokens[i], exits[i], predicted.empty() ? 0 : predicted[i]}];
  }
  std::vector<SentenceGroup> groups;
  groups.reserve(counts.size());
  for (const auto& [key, count] : counts) {
    groups.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), count});
  }
  return groups;
}

std::vector<int> TokenClasses(std::span<const int> tokens, int classes) {
  std::vector<int> classed(tokens.begin(), tokens.end());
  if (classes < 1) {
    return classed;
  }
  std::vector<size_t> order(tokens.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return tokens[a] < tokens[b]; });
  const auto parts = std::min(static_cast<size_t>(classes), order.size());
  for (size_t part = 0; part < parts; ++part) {
    const size_t first = part * order.size() / parts;
    const size_t end = (part + 1) * order.size() / parts;
    double sum = 0;
    for (size_t i = first; i < end; ++i) {
      sum += tokens[order[i]];
    }
    for (size_t i = first; i < end; ++i) {
      classed[order[i]] = static_cast<int>(std::lround(sum / static_cast<double>(end - first)));
    }
  }
  return classed;
}

StatisticsByTokens BuildStatistics(const ExitSample& sample, std::span<const int> tokens,
                                   int num_layers) {
  StatisticsByTokens statistics;
  for (const int count : tokens) {
    if (!statistics.contains(count)) {
      statistics.emplace(
          count,
          BuildExitStatistics(NearestByTokens(sample, count, kPlanningSentences), num_layers));
    }
  }
  return statistics;
}

Seconds RooflineOf(const HardwareDescription& hardware, const PowerModel& power,
                   const ModelConfig& config, int tokens, int layer, Bytes streamed) {
  const LayerProgram program = BuildLayerProgram(config, layer, tokens);
  int64_t macs = MultiplyAccumulates(program.encoder) + MultiplyAccumulates(program.off_ramp);
  if (layer == 1) {
    macs += MultiplyAccumulates(BuildEmbeddingProgram(config, tokens).operations);
  }
  const double n = hardware.vector_size.value;
  return std::max(
      TimeOf(Cycles(static_cast<double>(macs) / (n * n)), power.points.nominal().frequency),
      TimeOf(streamed, power.weights.bandwidth));
}

Result<CostedDesign> CostedDesign::Of(const CostEstimator& costs, const ModelConfig& config,
                                      std::span<const int> tokens) {
  CostedDesign design{costs.power(), {}, {}, costs.weights().area_mm2, costs.weights().idle};
  for (const NamedArea& area : costs.hardware().areas) {
    design.area_mm2 += area.area.value.value();
  }
  for (const int count : tokens) {
    if (design.work.contains(count)) {
      continue;
    }
    EDGEBERT_ASSIGN_OR_RETURN(SentenceWork work, costs.WorkFor(count));
    for (int layer = 1; layer <= config.num_layers; ++layer) {
      design.roofline[count].push_back(
          RooflineOf(costs.hardware(), costs.power(), config, count, layer,
                     work.layers[static_cast<size_t>(layer - 1)].streamed_bytes));
    }
    design.work.emplace(count, std::move(work));
  }
  return design;
}

Result<CostedDesign> CostedDesign::Of(const Model& shape, const HardwareDescription& hardware,
                                      WeightLocation place, std::span<const int> tokens) {
  EDGEBERT_ASSIGN_OR_RETURN(const CostEstimator costs,
                            CostEstimator::Create(shape, hardware, place));
  return Of(costs, shape.config, tokens);
}

PolicyFigures& PolicyFigures::operator+=(const PolicyFigures& other) {
  const auto total = static_cast<double>(sentences + other.sentences);
  if (other.sentences == 0) {
    return *this;
  }
  const double own = static_cast<double>(sentences) / total;
  const double share = static_cast<double>(other.sentences) / total;
  EnergyAccount sum = Scaled(other.account, share);
  if (sentences > 0) {
    sum += Scaled(account, own);
  }
  account = sum;
  latency = own * latency + share * other.latency;
  longest = std::max(longest, other.longest);
  target = own * target + share * other.target;
  roofline = own * roofline + share * other.roofline;
  mean_exit_layer = own * mean_exit_layer + share * other.mean_exit_layer;
  lowest_share = own * lowest_share + share * other.lowest_share;
  misses += other.misses;
  infeasible += other.infeasible;
  sentences += other.sentences;
  return *this;
}

Result<PolicyFigures> JudgePolicy(const CostedDesign& design,
                                  std::span<const SentenceGroup> sentences,
                                  const JudgeOptions& options,
                                  const StatisticsByTokens* statistics) {
  PolicyFigures figures;
  const OperatingPoint lowest = design.power.points.lowest();
  int tokens = -1;
  std::shared_ptr<const SchedulePlan> plan;
  std::unique_ptr<Scheduler> scheduler;
  Seconds target;
  const SentenceWork* work = nullptr;
  double count = 0;
  for (SentenceGroup group : sentences) {
    if (group.tokens != tokens) {
      tokens = group.tokens;
      const auto found = design.work.find(tokens);
      const ExitStatistics* shares = nullptr;
      if (statistics != nullptr) {
        const auto at = statistics->find(tokens);
        shares = at == statistics->end() ? nullptr : &at->second;
      }
      if (found == design.work.end()) {
        return Internal(fmt::format("no work is known for sentences of {} tokens", tokens));
      }
      work = &found->second;
      target = ResolveTarget(options.target, FullDepthTime(design.power, *work));
      EDGEBERT_ASSIGN_OR_RETURN(plan, PlanFor(design.power, *work, target, options, shares));
      scheduler.reset();
      if (plan) {
        scheduler = std::make_unique<Scheduler>(plan);
      }
    }
    if (!UsesEarlyExit(options.policy)) {
      group.exit_layer = static_cast<int>(work->layers.size());
    }
    const std::vector<OperatingPoint> points =
        scheduler ? PointsOf(design.power, group, *scheduler)
                  : std::vector<OperatingPoint>(static_cast<size_t>(group.exit_layer),
                                                design.power.points.nominal());
    const SentenceCost cost = CostOf(design.power, *work, points);
    const auto weight = static_cast<double>(group.count);
    figures.account += Scaled(cost.account, weight);
    figures.latency += weight * cost.latency;
    figures.longest = std::max(figures.longest, cost.latency);
    figures.target += weight * target;
    const std::vector<Seconds>& roofline = design.roofline.at(tokens);
    for (size_t layer = 0; layer < points.size(); ++layer) {
      figures.roofline += weight * roofline[layer];
    }
    figures.mean_exit_layer += weight * static_cast<double>(points.size());
    const bool at_lowest = std::all_of(points.begin(), points.end(), [&](const OperatingPoint& p) {
      return p.voltage == lowest.voltage;
    });
    figures.lowest_share += at_lowest ? weight : 0;
    figures.misses += plan && cost.latency > target ? group.count : 0;
    figures.infeasible += plan ? 0 : group.count;
    figures.sentences += group.count;
    count += weight;
  }
  figures.account = figures.account / count;
  figures.latency = figures.latency / count;
  figures.target = figures.target / count;
  figures.roofline = figures.roofline / count;
  figures.mean_exit_layer /= count;
  figures.lowest_share /= count;
  return figures;
}

}  // namespace edgebert
