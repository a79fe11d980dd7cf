#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "edgebert/power/waveform.h"
#include "edgebert/report/own_model_policies.h"
#include "edgebert/report/study.h"

// Plots of our own models: where sentences leave, what accuracy costs, voltage over a sentence, and
// what the constants' ranges do.

namespace edgebert {
namespace {

constexpr EnergyMeter kSystemSupply{Boundary::kSystem, EnergySide::kSupply};

Status AddAccuracyPlot(Study& study) {
  Plot plot;
  plot.id = "accuracy-energy";
  plot.title = "Accuracy against energy";
  plot.caption =
      "Each point is an exit threshold: SST-2 dev accuracy against mean energy a sentence, paced "
      "at T = 2x full depth, system boundary, supply. Models of ours, with weights streamed from "
      "DRAM or resident in ReRAM on the chip.";
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
      "(above) and clock (below). The slow start of paced is what most sentences, which leave "
      "early, run at.",
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
Status AddSensitivity(const OwnModel& model, const PolicyStudy& base, Study& study) {
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
      "one constant after another at the ends of the range that its sources allow, plans made "
      "anew. "
      "Constants without a range are left out.",
      model.name);
  plot.data.columns = {"constant", "end", "energy", "base"};
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

Status StudyOwnModelPlots(Study& study) {
  if (study.models.empty()) {
    return OkStatus();
  }
  const OwnModel& model = study.models.front();
  EDGEBERT_ASSIGN_OR_RETURN(const PolicyStudy policies, PoliciesOf(model, study.hardware));
  AddHistograms(study);
  EDGEBERT_RETURN_IF_ERROR(AddAccuracyPlot(study));
  EDGEBERT_RETURN_IF_ERROR(AddWaveform(
      model, policies.design(),
      SampleOfRecord(model.shape.exits, model.shape.config, model.threshold_nats), study));
  return AddSensitivity(model, policies, study);
}

}  // namespace edgebert
