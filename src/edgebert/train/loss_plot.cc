#include "edgebert/train/loss_plot.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "edgebert/pipeline/line_plot.h"

namespace edgebert {

std::string LossPlotSvg(std::string_view log, const std::string& title) {
  std::map<double, double> losses;
  std::istringstream lines{std::string(log)};
  for (std::string text; std::getline(lines, text);) {
    const nlohmann::json entry = nlohmann::json::parse(text, nullptr, false);
    if (entry.is_object() && entry.contains("step") && entry["step"].is_number() &&
        entry.contains("loss") && entry["loss"].is_number()) {
      losses[entry["step"].get<double>()] = entry["loss"].get<double>();
    }
  }
  if (losses.empty()) {
    return {};
  }
  LinePlot plot;
  plot.title = title;
  PlotLine& line = plot.lines.emplace_back();
  line.name = "smoothed loss";
  double highest = 0;
  for (const auto& [step, loss] : losses) {
    line.points.push_back({step, loss});
    highest = std::max(highest, loss);
  }
  plot.x = {"step", 0, std::max(losses.rbegin()->first, 1.0)};
  plot.y = {"loss", 0, highest > 0 ? highest * 1.05 : 1};
  return LinePlotSvg(plot);
}

}  // namespace edgebert
