#include "edgebert/pipeline/exit_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>

namespace edgebert {
namespace {

constexpr double kWidth = 760;
constexpr double kHeight = 460;
constexpr double kLeft = 70;
constexpr double kRight = 590;
constexpr double kTop = 50;
constexpr double kBottom = 400;

/// Told apart by people who see colours differently (Okabe and Ito's palette).
constexpr std::array<std::string_view, kExitRuleKinds.size()> kColours = {
    "#000000", "#e69f00", "#56b4e9", "#009e73", "#0072b2", "#d55e00"};

std::string Escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '&':
        escaped += "&amp;";
        break;
      default:
        escaped += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    }
  }
  return escaped;
}

/// Places values on the picture: layers from left to right, accuracies in percent upwards.
class Axes {
 public:
  explicit Axes(const ExitSweep& sweep) : num_layers_(sweep.num_layers) {
    // What loses more than ten points is nothing to choose from.
    constexpr double kShownLoss = 10;
    const double full_depth = sweep.full_depth_accuracy * 100;
    double best = full_depth;
    double worst = full_depth;
    for (const ExitPoint& point : sweep.points) {
      best = std::max(best, point.accuracy * 100);
      worst = std::min(worst, std::max(point.accuracy * 100, full_depth - kShownLoss));
    }
    top_ = std::ceil(best + 0.2);
    bottom_ = std::floor(worst - 0.2);
  }

  double X(double layer) const {
    return kLeft + (kRight - kLeft) * (layer - 1) / std::max(num_layers_ - 1, 1);
  }
  double Y(double percent) const {
    return kBottom - (kBottom - kTop) * (percent - bottom_) / (top_ - bottom_);
  }
  bool Shows(double percent) const { return percent >= bottom_; }
  int num_layers() const { return num_layers_; }
  int bottom() const { return static_cast<int>(bottom_); }
  int top() const { return static_cast<int>(top_); }

 private:
  int num_layers_;
  double top_ = 0;
  double bottom_ = 0;
};

void DrawAxes(const Axes& axes, std::string& svg) {
  const auto out = std::back_inserter(svg);
  for (int layer = 1; layer <= axes.num_layers(); ++layer) {
    fmt::format_to(out,
                   "<line x1=\"{0:.1f}\" y1=\"{1}\" x2=\"{0:.1f}\" y2=\"{2}\" stroke=\"#eee\"/>\n"
                   "<text x=\"{0:.1f}\" y=\"{3}\" text-anchor=\"middle\">{4}</text>\n",
                   axes.X(layer), kTop, kBottom, kBottom + 18, layer);
  }
  for (int percent = axes.bottom(); percent <= axes.top(); ++percent) {
    fmt::format_to(out,
                   "<line x1=\"{1}\" y1=\"{0:.1f}\" x2=\"{2}\" y2=\"{0:.1f}\" stroke=\"#eee\"/>\n"
                   "<text x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">{5}</text>\n",
                   axes.Y(percent), kLeft, kRight, kLeft - 8, axes.Y(percent) + 4, percent);
  }
  fmt::format_to(
      out,
      "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">mean exit layer</text>\n"
      "<text transform=\"translate(22 {}) rotate(-90)\" text-anchor=\"middle\">accuracy, "
      "%</text>\n",
      (kLeft + kRight) / 2, kBottom + 42, (kTop + kBottom) / 2);
}

void DrawKey(size_t row, std::string_view colour, std::string_view dashes, std::string_view name,
             std::string& svg) {
  const double y = kTop + 10 + 22 * static_cast<double>(row);
  fmt::format_to(
      std::back_inserter(svg),
      "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"{}\" stroke-width=\"2\"{}/>\n"
      "<text x=\"{}\" y=\"{}\">{}</text>\n",
      kRight + 16, y, kRight + 40, y, colour, dashes, kRight + 48, y + 4, name);
}

}  // namespace

std::string ExitPlotSvg(const ExitSweep& sweep, const std::string& title) {
  const Axes axes(sweep);
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n"
      "<text x=\"{2}\" y=\"28\" font-size=\"15\">{3}</text>\n",
      kWidth, kHeight, kLeft, Escaped(title));
  DrawAxes(axes, svg);
  constexpr std::string_view kDashes = " stroke-dasharray=\"5 4\"";
  const double full_depth = axes.Y(sweep.full_depth_accuracy * 100);
  fmt::format_to(std::back_inserter(svg),
                 "<line x1=\"{}\" y1=\"{:.1f}\" x2=\"{}\" y2=\"{:.1f}\" stroke=\"#888\"{}/>\n",
                 kLeft, full_depth, kRight, full_depth, kDashes);
  size_t row = 0;
  DrawKey(row, "#888", kDashes, "all layers", svg);
  for (size_t i = 0; i < kExitRuleKinds.size(); ++i) {
    std::string corners;
    for (const ExitPoint& point : ParetoFront(sweep, kExitRuleKinds[i])) {
      if (axes.Shows(point.accuracy * 100)) {
        fmt::format_to(std::back_inserter(corners), "{:.1f},{:.1f} ", axes.X(point.mean_exit_layer),
                       axes.Y(point.accuracy * 100));
      }
    }
    if (!corners.empty()) {
      fmt::format_to(std::back_inserter(svg),
                     "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.6\"/>\n",
                     corners, kColours[i]);
      DrawKey(++row, kColours[i], "", ExitRuleName(kExitRuleKinds[i]), svg);
    }
  }
  svg += "</svg>\n";
  return svg;
}

}  // namespace edgebert
