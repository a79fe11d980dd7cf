#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "edgebert/accel/cycle_model.h"
#include "edgebert/pipeline/cost_estimator.h"
#include "edgebert/pipeline/shape_model.h"
#include "edgebert/report/study.h"
#include "edgebert/tiler/stage_names.h"

namespace edgebert {
namespace {

/// A token count that most sentences have about, and the paper's.
constexpr int kOwnTokens = 25;
constexpr int kPaperTokens = 128;
constexpr int kLayer = 2;

/// Operations that one colour stands for.
std::string GroupOf(std::string_view kind, bool off_ramp) {
  if (off_ramp) {
    return "off-ramp";
  }
  if (kind == "query" || kind == "key" || kind == "value") {
    return "projections";
  }
  return std::string(kind == "scores" || kind == "context" ? "attention products" : kind);
}

}  // namespace

Status StudyTimeline(Study& study) {
  const Model albert = AlbertBaseShape(12, 2);
  const bool own = !study.models.empty();
  const Model& shape = own ? study.models.front().shape : albert;
  const int tokens = own ? kOwnTokens : kPaperTokens;
  const int layer = std::min(kLayer, shape.config.num_layers);
  EDGEBERT_ASSIGN_OR_RETURN(const CostEstimator costs,
                            CostEstimator::Create(shape, study.hardware));
  EDGEBERT_ASSIGN_OR_RETURN(const TileProgram program, costs.ProgramFor(tokens));
  const double hertz = study.hardware.nominal().frequency.value();
  const CycleModel model(program);
  const DmaTiming dma = DmaTimingAt(study.hardware, study.hardware.nominal().frequency);
  const std::vector<LayerCycles> times = model.Run(1, layer, dma);
  const int64_t start = layer > 1 ? times[times.size() - 2].decision : 0;
  const int64_t end = times.back().decision;
  Plot plot;
  plot.id = "timeline";
  plot.title = "What the units do during a layer";
  plot.caption = fmt::format(
      "Layer {} of {}, {} tokens, nominal point, after the layer before it: when each unit works, "
      "and for what. From the cycle model's schedule, whose times are those of the SystemC "
      "simulation to the cycle; a stretch may hold pauses where one unit waits for another.",
      layer, own ? study.models.front().name : std::string("ALBERT base"), tokens);
  plot.data.columns = {"unit", "operation", "start", "end"};
  const StageNames names(program);
  // The layer after it runs ahead: DMA and the loader work for it already.
  const int last = std::min(layer + 1, shape.config.num_layers);
  for (const UnitSpan& span : model.Timeline(1, last, dma)) {
    const int64_t from = std::max(span.begin, start);
    const int64_t to = std::min(span.end, end);
    if (from >= to) {
      continue;
    }
    const auto stage = static_cast<size_t>(span.stage);
    const std::string group =
        names.Layer(stage) > layer
            ? "next layer"
            : GroupOf(names.Kind(stage, static_cast<size_t>(span.operation)), names.OffRamp(stage));
    const std::string unit(AcceleratorUnitName(span.unit));
    const auto microseconds = [&](int64_t cycle) {
      return static_cast<double>(cycle - start) / hertz * 1e6;
    };
    plot.data.rows.push_back({unit, group, microseconds(from), microseconds(to)});
  }
  plot.spec = R"json({"mark":{"type":"bar","height":{"band":0.7}},
    "encoding":{"x":{"field":"start","type":"quantitative","title":"Time (µs)","scale":{"nice":false}},"x2":{"field":"end"},
      "y":{"field":"unit","type":"nominal","title":null,"sort":["DMA","loader","array","emission","special functions"]},
      "color":{"field":"operation","type":"nominal","title":"Works for"},
      "tooltip":[{"field":"unit"},{"field":"operation"},{"field":"start","format":".2f"},{"field":"end","format":".2f"}]}})json";
  study.plots.push_back(std::move(plot));
  return OkStatus();
}

}  // namespace edgebert
