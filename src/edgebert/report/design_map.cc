#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "edgebert/report/design_variants.h"
#include "edgebert/report/policy_study.h"
#include "edgebert/report/study.h"
#include "edgebert/report/sweep.h"

// Where weights live × how many layers are distinct × how voltage is paced.

namespace edgebert {
namespace {

constexpr EnergyMeter kSystemSupply{Boundary::kSystem, EnergySide::kSupply};
constexpr std::array kPlaces = {WeightLocation::kDram, WeightLocation::kSram,
                                WeightLocation::kReram};
constexpr std::array kPolicies = {Policy::kConventional, Policy::kEarlyExit,
                                  Policy::kEarlyExitStatic, Policy::kPaced};

double Microjoules(const PolicyFigures& figures) {
  return figures.account.At(Boundary::kSystem, EnergySide::kSupply).value() * 1e6;
}

/// A design of the map.
struct MapPoint {
  std::string model;
  std::string place;
  int distinct = 0;
  Policy policy{};
  double energy = 0;               ///< µJ a sentence.
  double latency = 0;              ///< ms, mean.
  std::optional<double> accuracy;  ///< Of a trained model; none for an estimate by shape.
  double area = 0;                 ///< mm².
  double idle = 0;                 ///< W.
};

Status AddModel(const OwnModel& model, bool with_shapes, Study& study,
                std::vector<MapPoint>& points) {
  const int own = model.shape.config.num_distinct_layers;
  std::set<int> distinct = {own};
  if (with_shapes) {
    for (const int count : {12, 6, 4, 3, 2, 1}) {
      if (count <= model.shape.config.num_layers) {
        distinct.insert(count);
      }
    }
  }
  const ExitSample sample =
      SampleOfRecord(model.shape.exits, model.shape.config, model.threshold_nats);
  for (const WeightLocation place : kPlaces) {
    EDGEBERT_ASSIGN_OR_RETURN(const CostEstimator costs,
                              CostEstimator::Create(model.shape, study.hardware, place));
    EDGEBERT_ASSIGN_OR_RETURN(const CostedDesign base,
                              CostedDesign::Of(costs, model.shape.config, model.dev.input.tokens));
    for (const int count : distinct) {
      CostedDesign design = base;
      EDGEBERT_RETURN_IF_ERROR(ShareLayers(count, model.shape, costs, design));
      const double area = design.area_mm2;
      const double idle = design.idle.value();
      const PolicyStudy policies =
          PolicyStudy::OnSample(std::move(design), model.dev, model.thresholds(), nullptr, sample);
      for (const Policy policy : kPolicies) {
        const std::string row = fmt::format("design map: {}, {}, {} distinct", model.name,
                                            WeightLocationName(place), count);
        EDGEBERT_ASSIGN_OR_RETURN(
            const PolicyFigures figures,
            policies.Judge(policy, std::nullopt, kSystemSupply, row, study.check));
        MapPoint point{model.name,
                       std::string(WeightLocationName(place)),
                       count,
                       policy,
                       Microjoules(figures),
                       figures.latency.value() * 1e3,
                       std::nullopt,
                       area,
                       idle};
        if (count == own) {
          const auto accuracy = model.dev.Accuracy(policies.ExitsUnder(policy));
          point.accuracy = accuracy ? std::optional(100 * *accuracy) : std::nullopt;
        }
        points.push_back(std::move(point));
      }
    }
  }
  return OkStatus();
}

void AddPlots(const std::vector<MapPoint>& points, Study& study) {
  Plot trained;
  trained.id = "design-map";
  trained.title = "The design map: accuracy against energy at the supply";
  trained.caption =
      "Every trained model with its weights in each place under each policy (T = 2x full depth, "
      "system boundary, supply): place by colour, policy by shape. Up and to the left is better.";
  trained.data.columns = {"model", "distinct layers", "place", "policy", "energy", "accuracy"};
  Plot shapes;
  shapes.id = "design-map-shapes";
  shapes.title = "The design map: distinct layers";
  shapes.caption =
      "Energy a sentence by the number of distinct layers, estimated by shape: layers and exits of "
      "the trained model, weights stored as if that many layers were distinct (T = 2x, system "
      "boundary, supply). Streaming passes a layer's weights as often as it runs, so that only "
      "memory that leaks gains from sharing. Accuracy of shared models is known where one is "
      "trained, as in models/sst2-shared.ebm and the row accuracy.shared4.";
  shapes.data.columns = {"distinct layers", "place", "policy", "energy", "area"};
  for (const MapPoint& point : points) {
    const std::string policy(PolicyName(point.policy));
    const auto distinct = static_cast<double>(point.distinct);
    if (point.accuracy) {
      trained.data.rows.push_back(
          {point.model, distinct, point.place, policy, point.energy, *point.accuracy});
    }
    if (point.model == points.front().model) {
      shapes.data.rows.push_back({distinct, point.place, policy, point.energy, point.area});
    }
  }
  trained.spec = R"json({"mark":{"type":"point","filled":true,"size":90},
    "encoding":{"x":{"field":"energy","type":"quantitative","title":"Energy a sentence (µJ)","scale":{"type":"log","nice":false,"padding":12}},
      "y":{"field":"accuracy","type":"quantitative","title":"SST-2 dev accuracy (%)","scale":{"zero":false}},
      "color":{"field":"place","type":"nominal","title":"Weights in"},
      "shape":{"field":"policy","type":"nominal","title":"Policy"},
      "tooltip":[{"field":"model"},{"field":"distinct layers"},{"field":"place"},{"field":"policy"},
                 {"field":"energy","format":".1f"},{"field":"accuracy","format":".2f"}]}})json";
  shapes.spec = R"json({"mark":{"type":"line","point":{"size":60,"filled":true}},
    "encoding":{"x":{"field":"distinct layers","type":"ordinal","title":"Distinct layers","sort":"descending","axis":{"labelAngle":0}},
      "y":{"field":"energy","type":"quantitative","title":"Energy a sentence (µJ)","scale":{"type":"log","nice":false,"padding":12}},
      "color":{"field":"place","type":"nominal","title":"Weights in"},
      "strokeDash":{"field":"policy","type":"nominal","title":"Policy","legend":{"symbolType":"stroke","encode":{"symbols":{"update":{"stroke":{"value":"currentColor"}}}}}},
      "tooltip":[{"field":"distinct layers"},{"field":"place"},{"field":"policy"},
                 {"field":"energy","format":".1f"},{"field":"area","format":".2f"}]}})json";
  study.plots.insert(study.plots.begin(), {std::move(trained), std::move(shapes)});
}

void AddMapTable(const std::vector<MapPoint>& points, Study& study) {
  NamedTable table{
      "design-map-table",
      "Designs of the map",
      "Per sentence of SST-2 dev, T = 2x full depth, system boundary, supply. Accuracy "
      "is that of the trained model; `not trained` marks estimates by shape.",
      {{"model", "distinct layers", "weights in", "policy", "energy (µJ)", "mean latency (ms)",
        "accuracy (%)", "area (mm²)", "idle power (mW)"},
       {}}};
  for (const MapPoint& point : points) {
    table.data.rows.push_back(
        {point.model, static_cast<double>(point.distinct), point.place,
         std::string(PolicyName(point.policy)), point.energy, point.latency,
         point.accuracy ? Figure(*point.accuracy) : Figure(std::string("not trained")), point.area,
         point.idle * 1e3});
  }
  study.tables.push_back(std::move(table));
}

void AddHours(const std::vector<MapPoint>& points, const std::string& model, int distinct,
              Study& study) {
  Plot plot;
  plot.id = "energy-hour";
  plot.title = "Energy an hour against sentences an hour";
  plot.caption = fmt::format(
      "{}, {} distinct layers, paced at T = 2x: memory that leaks between sentences against memory "
      "that does not. System boundary, supply; what the logic takes while it waits is left out.",
      model, distinct);
  plot.data.columns = {"place", "sentences", "energy"};
  for (const MapPoint& point : points) {
    if (point.model != model || point.distinct != distinct || point.policy != Policy::kPaced) {
      continue;
    }
    for (int step = 0; step <= 24; ++step) {
      const double sentences = std::pow(10, step / 4.0);
      plot.data.rows.push_back(
          {point.place, sentences, point.idle * 3600 + sentences * point.energy * 1e-6});
    }
  }
  plot.spec = R"json({"mark":"line",
    "encoding":{"x":{"field":"sentences","type":"quantitative","title":"Sentences an hour","scale":{"type":"log","nice":false,"padding":12},"axis":{"format":"~s"}},
      "y":{"field":"energy","type":"quantitative","title":"Energy an hour (J)","scale":{"type":"log","nice":false,"padding":12},"axis":{"format":"~e","labelOverlap":true}},
      "color":{"field":"place","type":"nominal","title":"Weights in"},
      "tooltip":[{"field":"place"},{"field":"sentences","format":"~s"},{"field":"energy","format":".3e"}]}})json";
  study.plots.push_back(std::move(plot));
}

/// The first model at the threshold that it was calibrated to: more eager than that of the
/// energies.
Status AddCalibrated(const OwnModel& model, double streamed, Study& study) {
  const double nats = double{model.shape.exits.threshold_nats};
  const ExitThresholds thresholds(nats, model.shape.exits, model.shape.config);
  const ExitSample sample = SampleOfRecord(model.shape.exits, model.shape.config, nats);
  const auto lost = [&](const SentenceSet& sentences) {
    const std::vector<int> full(sentences.size(), sentences.num_layers());
    const std::vector<int> exits = ExitLayers(ObserveSentences(sentences, thresholds));
    return 100 * (sentences.Accuracy(full).value_or(0) - sentences.Accuracy(exits).value_or(0));
  };
  std::string note =
      fmt::format("At {:.3g} nats: {:.2f} points lost on dev", nats, lost(model.dev));
  note += model.test ? fmt::format(", {:.2f} on test.", lost(*model.test)) : ".";
  Joules least(INFINITY);
  std::optional<double> over_conventional;
  for (const WeightLocation place : kPlaces) {
    EDGEBERT_ASSIGN_OR_RETURN(CostedDesign design, CostedDesign::Of(model.shape, study.hardware,
                                                                    place, model.dev.input.tokens));
    const PolicyStudy policies =
        PolicyStudy::OnSample(std::move(design), model.dev, thresholds, nullptr, sample);
    const auto judge = [&](Policy policy, const EnergyMeter& meter) -> Result<Joules> {
      EDGEBERT_ASSIGN_OR_RETURN(
          const PolicyFigures figures,
          policies.Judge(policy, std::nullopt, meter, "energy.own-sst2 calibrated", study.check));
      return figures.account.At(meter.boundary, meter.side);
    };
    EDGEBERT_ASSIGN_OR_RETURN(const Joules energy, judge(Policy::kPaced, kSystemSupply));
    least = std::min(least, energy);
    if (place == WeightLocation::kDram) {
      const EnergyMeter load{Boundary::kOnChip, EnergySide::kLoad};
      EDGEBERT_ASSIGN_OR_RETURN(const Joules plain, judge(Policy::kConventional, load));
      EDGEBERT_ASSIGN_OR_RETURN(const Joules paced, judge(Policy::kPaced, load));
      over_conventional = plain / paced;
    }
  }
  study.figures.Add(
      "energy.own-sst2.best-place.over-conventional-streamed.system.supply.2x.calibrated",
      streamed * 1e-6 / least.value(), note);
  study.figures.Add("energy.own-sst2.paced.over-conventional.on-chip.load.2x.calibrated",
                    *over_conventional, note);
  return OkStatus();
}

/// Many designs of the first model, and those that no other betters.
Status AddFront(const OwnModel& model, Study& study) {
  SweepSubject subject;
  subject.sentences = model.dev;
  subject.shape = model.shape;
  subject.plan_on_record = true;
  subject.hardware = study.hardware;
  SweepAxes axes = SweepAxes::Defaults();
  for (const char* axis :
       {"n=8,16", "weights=dram,sram,reram", "threshold=0.05,0.1,0.2,0.3,0.4,0.5",
        "target=9ms,12ms,2x", "policy=early-exit,early-exit-static,paced"}) {
    EDGEBERT_RETURN_IF_ERROR(SetAxis(axis, axes));
  }
  EDGEBERT_ASSIGN_OR_RETURN(const Sweep sweep, Sweep::Create(std::move(subject), axes));
  Sweep::Judge judge(sweep);
  std::vector<SweepOutcome> outcomes;
  for (size_t point = 0; point < sweep.size(); ++point) {
    EDGEBERT_ASSIGN_OR_RETURN(outcomes.emplace_back(), judge.At(point));
  }
  const std::vector<size_t> front = SweepFront(outcomes);
  const std::set<size_t> on_front(front.begin(), front.end());
  Plot plot;
  plot.id = "pareto-front";
  plot.title = "The front of all designs";
  plot.caption = fmt::format(
      "{} designs of {}: vector size, place of the weights, threshold, target and policy. Energy a "
      "sentence (system boundary, supply) against accuracy; the line joins those that no other "
      "design betters in both. edgebert sweep goes over more.",
      sweep.size(), model.name);
  plot.data.columns = {"place",  "n",      "threshold", "target",
                       "policy", "energy", "accuracy",  "front"};
  for (size_t point = 0; point < outcomes.size(); ++point) {
    const SweepOutcome& outcome = outcomes[point];
    if (!outcome.problem.empty() || outcome.infeasible > 0) {
      continue;
    }
    const auto values = sweep.axes().At(point);
    const auto text = [&](Axis axis) { return std::string(values[static_cast<size_t>(axis)]); };
    plot.data.rows.push_back({text(Axis::kWeights), text(Axis::kN), text(Axis::kThreshold),
                              text(Axis::kTarget), text(Axis::kPolicy),
                              outcome.system_supply_j * 1e6, 100 * outcome.accuracy,
                              std::string(on_front.contains(point) ? "yes" : "no")});
  }
  plot.spec = R"json({"layer":[
    {"mark":{"type":"point","size":25,"opacity":0.6},
     "encoding":{"color":{"field":"place","type":"nominal","title":"Weights in"}}},
    {"transform":[{"filter":"datum.front == 'yes'"}],"mark":{"type":"line","color":"gray","point":{"filled":true,"size":60,"color":"gray"}}}],
    "encoding":{"x":{"field":"energy","type":"quantitative","title":"Energy a sentence (µJ)","scale":{"type":"log","nice":false,"padding":12}},
      "y":{"field":"accuracy","type":"quantitative","title":"SST-2 dev accuracy (%)","scale":{"zero":false}},
      "tooltip":[{"field":"place"},{"field":"n"},{"field":"threshold"},{"field":"target"},{"field":"policy"},
                 {"field":"energy","format":".1f"},{"field":"accuracy","format":".2f"}]}})json";
  study.plots.push_back(std::move(plot));
  return OkStatus();
}

}  // namespace

Status StudyDesignMap(Study& study) {
  if (study.models.empty()) {
    return OkStatus();
  }
  std::vector<MapPoint> points;
  for (size_t i = 0; i < study.models.size(); ++i) {
    EDGEBERT_RETURN_IF_ERROR(AddModel(study.models[i], i == 0, study, points));
  }
  const OwnModel& model = study.models.front();
  const int own = model.shape.config.num_distinct_layers;
  double streamed = 0;
  double first_streamed = 0;
  double least = INFINITY;
  const MapPoint* best = nullptr;
  for (const MapPoint& point : points) {
    if (point.model == study.task && point.place == "dram" &&
        point.policy == Policy::kConventional) {
      first_streamed = point.energy;
    }
    if (point.model != model.name) {
      continue;
    }
    if (point.distinct == own && point.place == "dram" && point.policy == Policy::kConventional) {
      streamed = point.energy;
    }
    // Estimates by shape have no accuracy to stand for.
    if (point.accuracy && point.policy == Policy::kPaced && point.energy < least) {
      least = point.energy;
      best = &point;
    }
  }
  if (best != nullptr) {
    study.figures.Add("energy.own-sst2.best-place.over-conventional-streamed.system.supply.2x",
                      streamed / least,
                      fmt::format("Weights in {}, {} distinct layers: {:.1f} against {:.1f} µJ.",
                                  best->place, best->distinct, least, streamed));
  }
  if (first_streamed > 0 && best != nullptr) {
    study.figures.Add("energy.own-sst2.best-place.over-first-model-streamed.system.supply.2x",
                      first_streamed / least);
  } else {
    study.figures.Miss("energy.own-sst2.best-place.over-first-model", "Needs that model.");
  }
  EDGEBERT_RETURN_IF_ERROR(AddCalibrated(model, streamed, study));
  AddPlots(points, study);
  AddMapTable(points, study);
  AddHours(points, model.name, own, study);
  return AddFront(model, study);
}

}  // namespace edgebert
