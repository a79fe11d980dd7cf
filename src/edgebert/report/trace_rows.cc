#include <fmt/format.h>

#include <array>
#include <string>
#include <vector>

#include "edgebert/pipeline/shape_model.h"
#include "edgebert/report/policy_study.h"
#include "edgebert/report/study.h"

// Rows about the authors' entropies: exits, policies and the paper's workload.

namespace edgebert {
namespace {

constexpr int kTokens = 128;
constexpr EnergyMeter kOnChipLoad{Boundary::kOnChip, EnergySide::kLoad};
constexpr EnergyMeter kOnChipSupply{Boundary::kOnChip, EnergySide::kSupply};
constexpr EnergyMeter kSystemSupply{Boundary::kSystem, EnergySide::kSupply};
constexpr double kThreshold = 0.28;

double Over(const PolicyFigures& reference, const PolicyFigures& figures,
            const EnergyMeter& meter) {
  return reference.account.At(meter.boundary, meter.side) /
         figures.account.At(meter.boundary, meter.side);
}

void AddExits(const SentenceSet& trace, const PredictorTable* predictor, Measurements& figures) {
  for (const char* text : {"0.09", "0.16", "0.23", "0.28", "0.46"}) {
    const double threshold = std::stod(text);
    EntropyExitRule rule{ExitThresholds(threshold)};
    figures.Add(fmt::format("exits.sst2.early-exit.{}", text),
                MeanOf(ReplayExits(trace.input.entropies, rule)));
    if (predictor == nullptr) {
      continue;
    }
    const std::vector<int> layers = trace.input.entropies.Layers();
    PredictedExitRule predicted(threshold, *predictor, layers);
    const double mean = MeanOf(ReplayExits(trace.input.entropies, predicted));
    figures.Add(fmt::format("exits.sst2.predicted.{}", text), mean);
    PredictedExitRule planned(threshold, *predictor, layers, {.planned_layer = true});
    figures.Add(fmt::format("exits.sst2.planned.{}", text),
                MeanOf(ReplayExits(trace.input.entropies, planned)));
    if (threshold == 0.16) {
      figures.Add("exits.chip.mean", mean);
      figures.Add("chip.early-exit.energy-ratio", trace.num_layers() / mean);
      figures.Add("chip.early-exit.latency-ratio", trace.num_layers() / mean);
    }
  }
  for (const char* text : {"0.01", "0.05", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6"}) {
    EntropyExitRule rule{ExitThresholds(std::stod(text))};
    figures.Add(fmt::format("exits.chip.saving.{}", text),
                100 * (1 - MeanOf(ReplayExits(trace.input.entropies, rule)) / trace.num_layers()));
  }
}

/// Every policy at one target and meter, with the bound checked.
using ByPolicy = std::vector<std::pair<Policy, PolicyFigures>>;

const PolicyFigures& Of(const ByPolicy& figures, Policy policy) {
  for (const auto& [each, found] : figures) {
    if (each == policy) {
      return found;
    }
  }
  return figures.front().second;
}

Result<ByPolicy> JudgeAll(const PolicyStudy& study, const std::string& target,
                          const EnergyMeter& meter, bool predictor, SelfCheck& check) {
  EDGEBERT_ASSIGN_OR_RETURN(const LatencyTarget parsed, LatencyTarget::Parse(target));
  ByPolicy all;
  const std::string row = fmt::format("energy.sst2-trace at {}", target);
  for (const Policy policy : AllPolicies()) {
    if (policy == Policy::kArtifactDvfs || (NeedsPredictedLayer(policy) && !predictor)) {
      continue;
    }
    EDGEBERT_ASSIGN_OR_RETURN(const PolicyFigures figures,
                              study.Judge(policy, parsed, meter, row, check));
    all.emplace_back(policy, figures);
  }
  const Joules bound = Of(all, Policy::kOracle).account.At(meter.boundary, meter.side);
  for (const auto& [policy, figures] : all) {
    if (KeepsAnswers(policy)) {
      check.AboveOracle(fmt::format("{} ({})", row, PolicyName(policy)),
                        figures.account.At(meter.boundary, meter.side), bound);
    }
  }
  return all;
}

void AddTwice(const ByPolicy& load, const ByPolicy& supply, const ByPolicy& system, bool predictor,
              Measurements& figures) {
  const PolicyFigures& plain = Of(load, Policy::kConventional);
  const PolicyFigures& early = Of(load, Policy::kEarlyExit);
  for (const auto& [policy, found] : load) {
    if (policy == Policy::kConventional || policy == Policy::kConventionalStatic ||
        policy == Policy::kPredictedSafe) {
      continue;
    }
    figures.Add(fmt::format("energy.sst2-trace.{}.over-conventional", PolicyName(policy)),
                Over(plain, found, kOnChipLoad));
  }
  figures.Add("energy.sst2-trace.paced.over-early-exit",
              Over(early, Of(load, Policy::kPaced), kOnChipLoad));
  figures.Add("energy.sst2-trace.early-exit.over-conventional.v2",
              Over(plain, Of(load, Policy::kPaced), kOnChipLoad));
  figures.Add("energy.sst2-trace.paced.over-conventional.system.supply.2x",
              Over(Of(system, Policy::kConventional), Of(system, Policy::kPaced), kSystemSupply));
  if (!predictor) {
    return;
  }
  figures.Add("energy.sst2-trace.predicted.over-early-exit",
              Over(early, Of(load, Policy::kPredicted), kOnChipLoad));
  figures.Add(
      "energy.sst2-trace.predicted.over-conventional.on-chip.supply.2x",
      Over(Of(supply, Policy::kConventional), Of(supply, Policy::kPredicted), kOnChipSupply));
  figures.Add(
      "energy.sst2-trace.predicted.over-conventional.system.supply.2x",
      Over(Of(system, Policy::kConventional), Of(system, Policy::kPredicted), kSystemSupply));
}

/// Energy by target for a plot, and rows at T = 1.5x and 2x.
Status AddEnergies(const PolicyStudy& policies, bool predictor, Study& study) {
  Plot plot;
  plot.id = "energy-target-trace";
  plot.title = "Energy by target and policy, authors' entropies";
  plot.caption =
      "Times less energy than conventional inference, by latency target in units of full depth at "
      "the nominal point. Authors' SST-2 entropies at 0.28 nats, ALBERT base, 128 tokens, on-chip, "
      "load. The dashed line is the bound of every policy that keeps each answer of early exit; "
      "only the policy predicted, which forces exits, lies above it.";
  plot.data.columns = {"target", "policy", "factor"};
  size_t bad = 0;
  for (const char* target : {"1.05x", "1.15x", "1.3x", "1.5x", "1.75x", "2x", "2.5x", "3x"}) {
    EDGEBERT_ASSIGN_OR_RETURN(const ByPolicy load,
                              JudgeAll(policies, target, kOnChipLoad, predictor, study.check));
    const PolicyFigures& plain = Of(load, Policy::kConventional);
    for (const auto& [policy, figures] : load) {
      if (policy != Policy::kConventional) {
        plot.data.rows.push_back({std::stod(target), std::string(PolicyName(policy)),
                                  Over(plain, figures, kOnChipLoad)});
      }
    }
    bad += Of(load, Policy::kPaced).misses + policies.ForcedUnder(Policy::kPaced);
    if (std::string_view(target) == "1.5x") {
      study.figures.Add("energy.sst2-trace.paced.over-conventional.on-chip.load.1.5x",
                        Over(plain, Of(load, Policy::kPaced), kOnChipLoad));
      study.figures.Add(
          "energy.sst2-trace.paced.over-early-exit-static.on-chip.load.1.5x",
          Over(Of(load, Policy::kEarlyExitStatic), Of(load, Policy::kPaced), kOnChipLoad));
    }
    if (std::string_view(target) == "2x") {
      EDGEBERT_ASSIGN_OR_RETURN(const ByPolicy supply,
                                JudgeAll(policies, target, kOnChipSupply, predictor, study.check));
      EDGEBERT_ASSIGN_OR_RETURN(const ByPolicy system,
                                JudgeAll(policies, target, kSystemSupply, predictor, study.check));
      AddTwice(load, supply, system, predictor, study.figures);
    }
  }
  study.figures.Add("energy.sst2-trace.paced.misses", static_cast<double>(bad));
  plot.spec = R"json({"layer":[
    {"transform":[{"filter":"datum.policy != 'oracle'"}],"mark":{"type":"line","point":true},
     "encoding":{"color":{"field":"policy","type":"nominal","title":"Policy"}}},
    {"transform":[{"filter":"datum.policy == 'oracle'"}],
     "mark":{"type":"line","strokeDash":[6,4],"color":"gray"}},
    {"transform":[{"filter":"datum.policy == 'oracle' && datum.target == 3"}],
     "mark":{"type":"text","dy":14,"align":"right","color":"gray"},"encoding":{"text":{"value":"bound"}}}],
    "encoding":{"x":{"field":"target","type":"quantitative","title":"Latency target / full depth",
                     "scale":{"zero":false}},
                "y":{"field":"factor","type":"quantitative","title":"Times less energy",
                     "scale":{"zero":false}},
                "tooltip":[{"field":"policy"},{"field":"target"},{"field":"factor","format":".3f"}]}})json";
  study.plots.push_back(std::move(plot));
  return OkStatus();
}

/// 128 tokens and the paper's absolute targets.
Status AddPaperWorkload(const PolicyStudy& policies, Study& study) {
  for (const char* target : {"75ms", "100ms"}) {
    EDGEBERT_ASSIGN_OR_RETURN(const LatencyTarget parsed, LatencyTarget::Parse(target));
    const std::string row = fmt::format("workload.paper at {}", target);
    EDGEBERT_ASSIGN_OR_RETURN(
        const PolicyFigures paced,
        policies.Judge(Policy::kPaced, parsed, kOnChipLoad, row, study.check));
    EDGEBERT_ASSIGN_OR_RETURN(
        const PolicyFigures plain,
        policies.Judge(Policy::kConventional, parsed, kOnChipLoad, row, study.check));
    study.figures.Add(fmt::format("workload.paper.lowest-share.{}", target),
                      100 * paced.lowest_share);
    study.figures.Add(fmt::format("workload.paper.paced.over-conventional.{}", target),
                      Over(plain, paced, kOnChipLoad));
  }
  return OkStatus();
}

}  // namespace

Status StudyTrace(Study& study) {
  if (!study.trace) {
    for (const char* prefix : {"exits.sst2.", "exits.chip.", "energy.sst2-trace.",
                               "chip.early-exit.", "workload.paper.", "gpu.over-edgebert"}) {
      study.figures.Miss(prefix,
                         "Needs the authors' trace (reference/sst2_dev_entropies.csv in --data).");
    }
    return OkStatus();
  }
  const SentenceSet& trace = *study.trace;
  const PredictorTable* predictor = study.predictor ? &*study.predictor : nullptr;
  if (predictor == nullptr) {
    for (const char* prefix :
         {"exits.sst2.p", "exits.chip.mean", "energy.sst2-trace.predicted", "chip.early-exit."}) {
      study.figures.Miss(
          prefix, "Needs the authors' predictor table (reference/sst2_exit_lut.csv in --data).");
    }
  }
  AddExits(trace, predictor, study.figures);
  const Model shape = AlbertBaseShape(trace.num_layers(), 2);
  EDGEBERT_ASSIGN_OR_RETURN(const CostEstimator costs,
                            CostEstimator::Create(shape, study.hardware));
  const std::array tokens = {kTokens};
  EDGEBERT_ASSIGN_OR_RETURN(const CostedDesign design,
                            CostedDesign::Of(costs, shape.config, tokens));
  EDGEBERT_RETURN_IF_ERROR(
      CheckMacs("energy.sst2-trace", shape.config, costs, tokens, study.check));
  const PolicyStudy policies =
      PolicyStudy::OnHalves(design, trace, ExitThresholds(kThreshold), predictor);
  EDGEBERT_RETURN_IF_ERROR(AddEnergies(policies, predictor != nullptr, study));
  EDGEBERT_RETURN_IF_ERROR(AddPaperWorkload(policies, study));
  const Seconds full = FullDepthTime(design.power, design.work.at(kTokens));
  study.figures.Add("workload.paper.feasible.50ms", full.value() / 50e-3);
  return OkStatus();
}

}  // namespace edgebert
