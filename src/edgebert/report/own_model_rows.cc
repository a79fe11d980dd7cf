#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "edgebert/power/waveform.h"
#include "edgebert/report/design_variants.h"
#include "edgebert/report/policy_study.h"
#include "edgebert/report/study.h"

// Rows about our own models on real sentences: accuracy, exits, policies, our workload, and what
// the constants' ranges do to them.

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

const PredictorTable* PredictorOf(const OwnModel& model) {
  return model.shape.exits.predictor && model.shape.config.HasOffRamp(1)
             ? &*model.shape.exits.predictor
             : nullptr;
}

PolicyStudy PoliciesOf(const OwnModel& model, CostedDesign design, const ExitThresholds& thresholds,
                       double nats) {
  return PolicyStudy::OnSample(std::move(design), model.dev, thresholds, PredictorOf(model),
                               SampleOfRecord(model.shape.exits, model.shape.config, nats));
}

/// At the threshold of the energies, weights streamed from DRAM.
Result<PolicyStudy> PoliciesOf(const OwnModel& model, const HardwareDescription& hardware) {
  EDGEBERT_ASSIGN_OR_RETURN(
      CostedDesign design,
      CostedDesign::Of(model.shape, hardware, WeightLocation::kDram, model.dev.input.tokens));
  return PoliciesOf(model, std::move(design), model.thresholds(), model.threshold_nats);
}

std::vector<int> FullDepth(const SentenceSet& sentences) {
  return std::vector<int>(sentences.size(), sentences.num_layers());
}

std::vector<int> ExitsAt(const SentenceSet& sentences, const ExitThresholds& thresholds) {
  return ExitLayers(ObserveSentences(sentences, thresholds));
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

Status AddAccuracyPlot(Study& study) {
  Plot plot;
  plot.id = "accuracy-energy";
  plot.title = "Accuracy against energy";
  plot.caption =
      "Each point is an exit threshold: SST-2 dev accuracy against mean energy a sentence, paced "
      "at "
      "T = 2x full depth, system boundary, supply. Models of ours, with weights streamed from DRAM "
      "or resident in ReRAM on the chip.";
  plot.data.columns = {"series", "threshold", "energy", "accuracy", "exit layer"};
  for (const OwnModel& model : study.models) {
    for (const WeightLocation place : {WeightLocation::kDram, WeightLocation::kReram}) {
      EDGEBERT_ASSIGN_OR_RETURN(
          const CostedDesign design,
          CostedDesign::Of(model.shape, study.hardware, place, model.dev.input.tokens));
      for (const double nats : {0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6}) {
        const ExitThresholds thresholds(nats, model.shape.exits, model.shape.config);
        const PolicyStudy policies = PoliciesOf(model, design, thresholds, nats);
        EDGEBERT_ASSIGN_OR_RETURN(
            const PolicyFigures paced,
            policies.Judge(Policy::kPaced, std::nullopt, kSystemSupply,
                           fmt::format("accuracy-energy of {}", model.name), study.check));
        plot.data.rows.push_back(
            {fmt::format("{}, {}", model.name, WeightLocationName(place)), nats,
             paced.account.At(Boundary::kSystem, EnergySide::kSupply).value() * 1e6,
             100 * model.dev.Accuracy(policies.ExitsUnder(Policy::kPaced)).value_or(0),
             paced.mean_exit_layer});
      }
    }
  }
  plot.spec = R"json({"mark":{"type":"line","point":true},
    "encoding":{"x":{"field":"energy","type":"quantitative","title":"Energy a sentence (µJ)","scale":{"type":"log","nice":false,"padding":12}},
      "y":{"field":"accuracy","type":"quantitative","title":"SST-2 dev accuracy (%)","scale":{"zero":false}},
      "order":{"field":"threshold","type":"quantitative"},
      "color":{"field":"series","type":"nominal","title":"Model, weights in"},
      "tooltip":[{"field":"series"},{"field":"threshold"},{"field":"energy","format":".1f"},
                 {"field":"accuracy","format":".2f"},{"field":"exit layer","format":".2f"}]}})json";
  study.plots.push_back(std::move(plot));
  return OkStatus();
}

void AddHistograms(Study& study) {
  Plot plot;
  plot.id = "exit-histograms";
  plot.title = "Where sentences leave";
  plot.caption =
      "Share of SST-2 dev sentences that leave after each layer: the authors' entropies at 0.28 "
      "nats, and our models at their thresholds.";
  plot.data.columns = {"series", "layer", "share"};
  const auto add = [&](const std::string& series, const SentenceSet& sentences,
                       const ExitThresholds& thresholds) {
    const std::vector<size_t> histogram =
        ExitHistogram(ExitsAt(sentences, thresholds), sentences.num_layers());
    for (size_t layer = 0; layer < histogram.size(); ++layer) {
      plot.data.rows.push_back(
          {series, static_cast<double>(layer + 1),
           100 * static_cast<double>(histogram[layer]) / static_cast<double>(sentences.size())});
    }
  };
  if (study.trace) {
    add("authors, 0.28 nats", *study.trace, ExitThresholds(0.28));
  }
  for (const OwnModel& model : study.models) {
    add(fmt::format("{}, {:.3g} nats", model.name, model.threshold_nats), model.dev,
        model.thresholds());
  }
  plot.spec = R"json({"mark":"bar",
    "encoding":{"x":{"field":"layer","type":"ordinal","title":"Exit layer","axis":{"labelAngle":0}},
      "y":{"field":"share","type":"quantitative","title":"Sentences (%)"},
      "xOffset":{"field":"series","type":"nominal"},
      "color":{"field":"series","type":"nominal","title":"Model"},
      "tooltip":[{"field":"series"},{"field":"layer"},{"field":"share","format":".1f"}]}})json";
  study.plots.push_back(std::move(plot));
}

/// One sentence of mean length that runs all layers, under three policies.
Status AddWaveform(const OwnModel& model, const CostedDesign& design, const ExitSample& sample,
                   Study& study) {
  Plot plot;
  plot.id = "waveform";
  plot.title = "Voltage and frequency over a sentence";
  int tokens = 0;
  for (const auto& [count, work] : design.work) {
    tokens = count <= 25 ? count : tokens;
  }
  tokens = tokens == 0 ? design.work.begin()->first : tokens;
  plot.caption = fmt::format(
      "A sentence of {} tokens that runs all layers of {}, T = 2x full depth: supply voltage "
      "(above) "
      "and clock (below). The slow start of paced is what most sentences, which leave early, run "
      "at.",
      tokens, model.name);
  plot.data.columns = {"policy", "quantity", "time", "value"};
  const SentenceWork& work = design.work.at(tokens);
  const StatisticsByTokens statistics =
      BuildStatistics(sample, std::vector<int>{tokens}, model.shape.config.num_layers);
  for (const Policy policy : {Policy::kEarlyExit, Policy::kEarlyExitStatic, Policy::kPaced}) {
    EDGEBERT_ASSIGN_OR_RETURN(
        ScheduleProblem problem,
        ProblemOfWork(design.power, work, 2 * FullDepthTime(design.power, work), kSystemSupply));
    EDGEBERT_ASSIGN_OR_RETURN(
        const SchedulePlan plan,
        SchedulePlan::Create(std::move(problem), {.policy = policy}, &statistics.at(tokens)));
    std::vector<OperatingPoint> points;
    for (const int point : plan.path()) {
      points.push_back(design.power.points.points()[static_cast<size_t>(point)]);
    }
    const std::string name(PolicyName(policy));
    for (const WaveformSegment& segment : WaveformOf(design.power, work, points)) {
      for (const auto& [time, volts] : {std::pair(segment.start, segment.start_voltage),
                                        std::pair(segment.end(), segment.end_voltage)}) {
        plot.data.rows.push_back(
            {name, std::string("voltage (V)"), time.value() * 1e3, volts.value()});
        if (segment.clock > Hertz(0)) {
          plot.data.rows.push_back({name, std::string("clock (100 MHz)"), time.value() * 1e3,
                                    segment.clock.value() / 1e8});
        }
      }
    }
  }
  plot.spec = R"json({"height":130,"mark":{"type":"line"},
    "encoding":{"row":{"field":"quantity","type":"nominal","title":null,"header":{"labelAngle":0,"labelAnchor":"start","labelOrient":"top"},"sort":"descending"},
      "x":{"field":"time","type":"quantitative","title":"Time (ms)"},
      "y":{"field":"value","type":"quantitative","title":null,"scale":{"zero":false}},
      "color":{"field":"policy","type":"nominal","title":"Policy"}},
    "resolve":{"scale":{"y":"independent"}}})json";
  study.plots.push_back(std::move(plot));
  return OkStatus();
}

/// The energy of paced with one constant after another at the ends of its range.
Status AddSensitivity(const OwnModel& model, Study& study) {
  struct Knob {
    std::string name;
    std::function<void(HardwareDescription&, bool high)> turn;
  };
  const auto ends = [](auto member) {
    return [member](HardwareDescription& hardware, bool high) {
      auto& constant = member(hardware);
      constant.value = high ? constant.high() : constant.low();
    };
  };
  const std::vector<Knob> knobs = {
      {"energy a cycle", ends([](HardwareDescription & h) -> auto& { return h.energy_per_cycle; })},
      {"share of an idle cycle",
       ends([](HardwareDescription & h) -> auto& { return h.idle_share; })},
      {"DRAM energy a byte",
       ends([](HardwareDescription & h) -> auto& { return h.dram_joules_per_byte; })},
      {"DRAM bandwidth", ends([](HardwareDescription & h) -> auto& { return h.dram_bandwidth; })},
      {"DRAM background power",
       ends([](HardwareDescription & h) -> auto& { return h.dram_background; })},
      {"leakage of the logic",
       ends([](HardwareDescription & h) -> auto& { return h.leakage.logic; })},
      {"leakage of the buffers",
       ends([](HardwareDescription & h) -> auto& { return h.leakage.buffers_watts_per_byte; })},
      {"special function vectors a cycle",
       ends([](HardwareDescription & h) -> auto& { return h.sfu_vectors_per_cycle; })},
      {"input voltage of the LDO",
       ends([](HardwareDescription & h) -> auto& { return h.regulator.input; })},
  };
  Plot plot;
  plot.id = "sensitivity";
  plot.title = "What the constants' ranges do";
  plot.caption = fmt::format(
      "Mean energy a sentence of {} on SST-2 dev, paced at T = 2x, system boundary, supply, with "
      "one "
      "constant after another at the ends of the range that its sources allow, plans made anew. "
      "Constants without a range are left out.",
      model.name);
  plot.data.columns = {"constant", "end", "energy", "base"};
  EDGEBERT_ASSIGN_OR_RETURN(const PolicyStudy base, PoliciesOf(model, study.hardware));
  const auto energy = [&](const PolicyStudy& policies) -> Result<double> {
    EDGEBERT_ASSIGN_OR_RETURN(
        const PolicyFigures paced,
        policies.Judge(Policy::kPaced, std::nullopt, kSystemSupply, "sensitivity", study.check));
    return paced.account.At(Boundary::kSystem, EnergySide::kSupply).value() * 1e6;
  };
  EDGEBERT_ASSIGN_OR_RETURN(const double at_values, energy(base));
  for (const Knob& knob : knobs) {
    for (const bool high : {false, true}) {
      HardwareDescription hardware = study.hardware;
      knob.turn(hardware, high);
      EDGEBERT_ASSIGN_OR_RETURN(const PolicyStudy turned, PoliciesOf(model, hardware));
      EDGEBERT_ASSIGN_OR_RETURN(const double result, energy(turned));
      if (std::abs(result - at_values) > 1e-6 * at_values) {
        plot.data.rows.push_back(
            {knob.name, std::string(high ? "high end" : "low end"), result, at_values});
      }
    }
  }
  plot.spec = R"json({"mark":{"type":"bar","height":{"band":0.6}},
    "encoding":{"x":{"field":"base","type":"quantitative","title":"Energy a sentence (µJ)","scale":{"zero":false}},
      "x2":{"field":"energy"},"color":{"field":"end","type":"nominal","title":"Constant at its"},
      "y":{"field":"constant","type":"nominal","title":null,"axis":{"labelLimit":170}},
      "tooltip":[{"field":"constant"},{"field":"end"},{"field":"energy","format":".1f"}]}})json";
  study.plots.push_back(std::move(plot));
  return OkStatus();
}

}  // namespace

Status StudyOwnModel(Study& study) {
  AddHistograms(study);
  if (study.models.empty()) {
    study.plots.pop_back();
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
  for (const OwnModel& each : study.models) {
    CheckMacs(fmt::format("energy.{}", each.name), each.shape.config, study.hardware,
              each.dev.input.tokens, study.check);
    if (each.name == "sst2") {
      const double accuracy = 100 * each.dev.Accuracy(FullDepth(each.dev)).value_or(0);
      const std::string note = fmt::format("{}, AdaptivFloat 8.", each.name);
      for (const char* id : {"accuracy.baseline", "accuracy.albert", "accuracy.minilm-l6",
                             "accuracy.minilm-l12", "accuracy.distilbert", "accuracy.fp8"}) {
        study.figures.Add(id, accuracy, note);
      }
    }
  }
  EDGEBERT_ASSIGN_OR_RETURN(const PolicyStudy policies, PoliciesOf(model, study.hardware));
  EDGEBERT_RETURN_IF_ERROR(AddPolicies(model, policies, study));
  EDGEBERT_RETURN_IF_ERROR(AddOwnWorkload(policies, study));
  EDGEBERT_RETURN_IF_ERROR(AddAccuracyPlot(study));
  EDGEBERT_RETURN_IF_ERROR(AddWaveform(
      model, policies.design(),
      SampleOfRecord(model.shape.exits, model.shape.config, model.threshold_nats), study));
  return AddSensitivity(model, study);
}

}  // namespace edgebert
