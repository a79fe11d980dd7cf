#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "edgebert/report/own_model_policies.h"
#include "edgebert/report/study.h"

// Rows about our own models on real sentences: accuracy, exits, policies and our workload.

namespace edgebert {
namespace {

constexpr EnergyMeter kOnChipLoad{Boundary::kOnChip, EnergySide::kLoad};
constexpr EnergyMeter kOnChipSupply{Boundary::kOnChip, EnergySide::kSupply};
constexpr EnergyMeter kSystemSupply{Boundary::kSystem, EnergySide::kSupply};

double Over(const PolicyFigures& reference, const PolicyFigures& figures,
            const EnergyMeter& meter) {
  return reference.account.At(meter.boundary, meter.side) /
         figures.account.At(meter.boundary, meter.side);
}

std::vector<int> FullDepth(const SentenceSet& sentences) {
  return std::vector<int>(sentences.size(), sentences.num_layers());
}

/// Points of accuracy lost to exits.
double Lost(const SentenceSet& sentences, const ExitThresholds& thresholds) {
  return 100 * (sentences.Accuracy(FullDepth(sentences)).value_or(0) -
                sentences.Accuracy(ExitsAt(sentences, thresholds)).value_or(0));
}

void AddAccuracies(const OwnModel& model, Measurements& figures) {
  const ExitThresholds thresholds = model.thresholds();
  const std::vector<int> exits = ExitsAt(model.dev, thresholds);
  figures.Add("exits.own-sst2.mean", MeanOf(exits), model.threshold_note);
  figures.Add("exits.deebert.saving", 100 * (1 - MeanOf(exits) / model.dev.num_layers()));
  figures.Add("accuracy.own-sst2.full-depth",
              100 * model.dev.Accuracy(FullDepth(model.dev)).value_or(0));
  figures.Add("accuracy.own-sst2.exits", 100 * model.dev.Accuracy(exits).value_or(0),
              model.threshold_note);
  figures.Add("accuracy.own-sst2.lost", Lost(model.dev, thresholds));
  if (model.test) {
    figures.Add("accuracy.own-sst2.lost.test", Lost(*model.test, thresholds));
  } else {
    figures.Miss("accuracy.own-sst2.lost.test", "The task has no test split here.");
  }
  for (const char* text : {"0.01", "0.05", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6"}) {
    const std::vector<int> leave = ExitsAt(model.dev, ExitThresholds(std::stod(text)));
    figures.Add(fmt::format("exits.chip.accuracy.{}", text),
                100 * model.dev.Accuracy(leave).value_or(0),
                fmt::format("Mean exit layer {:.2f}.", MeanOf(leave)));
  }
  figures.Add("accuracy.sparsity.encoder", 100 * model.compression.encoder_sparsity);
  figures.Add("accuracy.sparsity.embedding", 100 * model.compression.embedding_sparsity);
  figures.Add("accelerator.heads-off", model.compression.heads_off);
  double weights = 0;
  for (const TensorSpec& spec : ExpectedTensors(model.shape.config)) {
    double elements = 4;
    for (const int64_t dimension : spec.shape) {
      elements *= static_cast<double>(dimension);
    }
    weights += elements;
  }
  figures.Add("accuracy.memory.v2", weights / static_cast<double>(model.file_bytes));
}

Status AddPolicies(const OwnModel& model, const PolicyStudy& policies, Study& study) {
  const std::optional<LatencyTarget> twice;
  const std::string row = "energy.own-sst2 at 2x";
  const auto judge = [&](Policy policy, const EnergyMeter& meter) {
    return policies.Judge(policy, twice, meter, row, study.check);
  };
  EDGEBERT_ASSIGN_OR_RETURN(const PolicyFigures plain, judge(Policy::kConventional, kOnChipLoad));
  EDGEBERT_ASSIGN_OR_RETURN(const PolicyFigures early, judge(Policy::kEarlyExit, kOnChipLoad));
  EDGEBERT_ASSIGN_OR_RETURN(const PolicyFigures oracle, judge(Policy::kOracle, kOnChipLoad));
  for (const Policy policy : {Policy::kEarlyExit, Policy::kEarlyExitStatic, Policy::kPredicted,
                              Policy::kPredictedSafe, Policy::kPaced, Policy::kOracle}) {
    const std::string id = fmt::format("energy.own-sst2.{}.over-conventional", PolicyName(policy));
    if (NeedsPredictedLayer(policy) && PredictorOf(model) == nullptr) {
      study.figures.Miss(id, "The model has no predictor table.");
      continue;
    }
    if (policy == Policy::kPaced && !model.shape.exits.record) {
      return InvalidArgument(fmt::format("{} has no calibration record", model.path.string()));
    }
    EDGEBERT_ASSIGN_OR_RETURN(const PolicyFigures found, judge(policy, kOnChipLoad));
    study.figures.Add(id, Over(plain, found, kOnChipLoad),
                      policy == Policy::kPredicted
                          ? fmt::format("{} of {} exits are forced.", policies.ForcedUnder(policy),
                                        found.sentences)
                          : "");
    if (KeepsAnswers(policy)) {
      study.check.AboveOracle(id, found.account.on_chip_load(), oracle.account.on_chip_load());
    }
    if (policy == Policy::kPaced) {
      study.figures.Add("energy.own-sst2.paced.over-early-exit", Over(early, found, kOnChipLoad));
      study.figures.Add("energy.own-sst2.paced.misses", static_cast<double>(found.misses));
    }
  }
  for (const EnergyMeter& meter : {kOnChipSupply, kSystemSupply}) {
    EDGEBERT_ASSIGN_OR_RETURN(const PolicyFigures paced, judge(Policy::kPaced, meter));
    study.figures.Add(fmt::format("energy.own-sst2.paced.over-conventional.{}.supply.2x",
                                  BoundaryName(meter.boundary)),
                      Over(plain, paced, meter));
    if (meter.boundary == Boundary::kSystem) {
      study.figures.Add("energy.own-sst2.paced",
                        paced.account.At(meter.boundary, meter.side).value() * 1e6);
    }
  }
  study.figures.Add("latency.v2", plain.latency / early.latency);
  return OkStatus();
}

/// Energy by absolute target, and how much voltage scaling has left to do.
Status AddOwnWorkload(const PolicyStudy& policies, Study& study) {
  Plot plot;
  plot.id = "energy-target-own";
  plot.title = "Energy by target and policy, our sentences";
  plot.caption = fmt::format(
      "Mean energy a sentence by absolute latency target: SST-2 dev on {}, system boundary, "
      "supply, "
      "weights streamed from DRAM. Sentences too long for a target run at the nominal point.",
      study.models.front().name);
  plot.data.columns = {"target", "policy", "energy"};
  for (const char* target : {"3ms", "4ms", "5ms", "6ms", "8ms", "10ms", "12ms"}) {
    EDGEBERT_ASSIGN_OR_RETURN(const LatencyTarget parsed, LatencyTarget::Parse(target));
    const std::string row = fmt::format("workload.own at {}", target);
    for (const Policy policy : {Policy::kEarlyExit, Policy::kEarlyExitStatic,
                                Policy::kPredictedSafe, Policy::kPaced, Policy::kOracle}) {
      if (NeedsPredictedLayer(policy) && PredictorOf(study.models.front()) == nullptr) {
        continue;
      }
      EDGEBERT_ASSIGN_OR_RETURN(const PolicyFigures found,
                                policies.Judge(policy, parsed, kSystemSupply, row, study.check));
      plot.data.rows.push_back(
          {std::stod(target), std::string(PolicyName(policy)),
           found.account.At(Boundary::kSystem, EnergySide::kSupply).value() * 1e6});
    }
    const std::string_view name(target);
    if (name != "4ms" && name != "6ms" && name != "8ms" && name != "12ms") {
      continue;
    }
    EDGEBERT_ASSIGN_OR_RETURN(
        const PolicyFigures paced,
        policies.Judge(Policy::kPaced, parsed, kOnChipLoad, row, study.check));
    EDGEBERT_ASSIGN_OR_RETURN(
        const PolicyFigures plain,
        policies.Judge(Policy::kConventional, parsed, kOnChipLoad, row, study.check));
    const auto percent = [&](double share) { return 100 * share; };
    study.figures.Add(fmt::format("workload.own.lowest-share.{}", target),
                      percent(paced.lowest_share));
    study.figures.Add(fmt::format("workload.own.paced.over-conventional.{}", target),
                      Over(plain, paced, kOnChipLoad));
    study.figures.Add(
        fmt::format("workload.own.infeasible.{}", target),
        percent(static_cast<double>(paced.infeasible) / static_cast<double>(paced.sentences)));
  }
  plot.spec = R"json({"mark":{"type":"line","point":true},
    "encoding":{"x":{"field":"target","type":"quantitative","title":"Latency target (ms)","scale":{"zero":false}},
      "y":{"field":"energy","type":"quantitative","title":"Energy a sentence (µJ)","scale":{"zero":false}},
      "color":{"field":"policy","type":"nominal","title":"Policy"},
      "strokeDash":{"condition":{"test":"datum.policy == 'oracle'","value":[6,4]},"value":[1,0]},
      "tooltip":[{"field":"policy"},{"field":"target"},{"field":"energy","format":".1f"}]}})json";
  study.plots.push_back(std::move(plot));
  return OkStatus();
}

}  // namespace

Status StudyOwnModel(Study& study) {
  if (study.models.empty()) {
    for (const char* prefix : {"exits.own-sst2.", "exits.deebert.", "exits.chip.accuracy.",
                               "energy.own-sst2.", "latency.v2", "accuracy.", "accelerator.",
                               "workload.own.", "size.energy-optimal-n.own"}) {
      study.figures.Miss(prefix,
                         "Needs a model of ours and the task's sentences (--model, --data).");
    }
    return OkStatus();
  }
  const OwnModel& model = study.models.front();
  AddAccuracies(model, study.figures);
  const auto is_first = [](const OwnModel& each) { return each.name == "sst2"; };
  constexpr std::array kOfFirstModel = {"accuracy.baseline",   "accuracy.albert",
                                        "accuracy.minilm-l6",  "accuracy.minilm-l12",
                                        "accuracy.distilbert", "accuracy.fp8"};
  for (const OwnModel& each : study.models) {
    EDGEBERT_ASSIGN_OR_RETURN(const CostEstimator costs,
                              CostEstimator::Create(each.shape, study.hardware));
    EDGEBERT_RETURN_IF_ERROR(CheckMacs(fmt::format("energy.{}", each.name), each.shape.config,
                                       costs, each.dev.input.tokens, study.check));
    if (is_first(each)) {
      const double accuracy = 100 * each.dev.Accuracy(FullDepth(each.dev)).value_or(0);
      const std::string note = fmt::format("{}, AdaptivFloat 8.", each.name);
      for (const char* id : kOfFirstModel) {
        study.figures.Add(id, accuracy, note);
      }
    }
  }
  if (std::none_of(study.models.begin(), study.models.end(), is_first)) {
    for (const char* id : kOfFirstModel) {
      study.figures.Miss(id, "Needs our first SST-2 model, models/sst2.ebm.");
    }
  }
  EDGEBERT_ASSIGN_OR_RETURN(const PolicyStudy policies, PoliciesOf(model, study.hardware));
  EDGEBERT_RETURN_IF_ERROR(AddPolicies(model, policies, study));
  return AddOwnWorkload(policies, study);
}

}  // namespace edgebert
