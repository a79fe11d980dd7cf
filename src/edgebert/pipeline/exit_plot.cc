#include "edgebert/pipeline/exit_plot.h"

#include <algorithm>
#include <cmath>

#include "edgebert/pipeline/line_plot.h"

namespace edgebert {

std::string ExitPlotSvg(const ExitSweep& sweep, const std::string& title) {
  // What loses more than ten points is nothing to choose from.
  constexpr double kShownLoss = 10;
  const double full_depth = sweep.full_depth_accuracy * 100;
  double best = full_depth;
  double worst = full_depth;
  for (const ExitPoint& point : sweep.points) {
    best = std::max(best, point.accuracy * 100);
    worst = std::min(worst, std::max(point.accuracy * 100, full_depth - kShownLoss));
  }
  const double last_layer = std::max(sweep.num_layers, 2);
  LinePlot plot;
  plot.title = title;
  plot.x = {"mean exit layer", 1, last_layer};
  plot.y = {"accuracy, %", std::floor(worst - 0.2), std::ceil(best + 0.2)};
  plot.lines.push_back({"all layers", {{1, full_depth}, {last_layer, full_depth}}, true});
  for (const ExitRuleKind kind : kExitRuleKinds) {
    PlotLine& line = plot.lines.emplace_back();
    line.name = ExitRuleName(kind);
    for (const ExitPoint& point : ParetoFront(sweep, kind)) {
      line.points.push_back({point.mean_exit_layer, point.accuracy * 100});
    }
  }
  return LinePlotSvg(plot);
}

}  // namespace edgebert
