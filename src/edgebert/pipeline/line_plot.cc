#include "edgebert/pipeline/line_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <string_view>

#include "edgebert/base/text.h"

namespace edgebert {
namespace {

constexpr double kWidth = 760;
constexpr double kHeight = 460;
constexpr double kLeft = 70;
constexpr double kRight = 590;
constexpr double kTop = 50;
constexpr double kBottom = 400;
constexpr int kMostTicks = 14;

/// Told apart by people who see colours differently (Okabe and Ito's palette).
constexpr std::array<std::string_view, 7> kColours = {"#000000", "#e69f00", "#56b4e9", "#009e73",
                                                      "#0072b2", "#d55e00", "#cc79a7"};
constexpr std::string_view kReferenceColour = "#888";
constexpr std::string_view kDashes = " stroke-dasharray=\"5 4\"";

/// The finest of the steps 1, 2 and 5 times a power of ten that gives few enough ticks.
double TickStep(const PlotAxis& axis) {
  const double least = (axis.end - axis.begin) / kMostTicks;
  const double power = std::pow(10, std::floor(std::log10(least)));
  for (const double step : {1.0, 2.0, 5.0}) {
    if (step * power >= least * (1 - 1e-9)) {
      return step * power;
    }
  }
  return 10 * power;
}

/// Places values of both axes on the picture.
class Frame {
 public:
  explicit Frame(const LinePlot& plot) : plot_(plot) {}

  double X(double x) const {
    return kLeft + (kRight - kLeft) * (x - plot_.x.begin) / (plot_.x.end - plot_.x.begin);
  }
  double Y(double y) const {
    return kBottom - (kBottom - kTop) * (y - plot_.y.begin) / (plot_.y.end - plot_.y.begin);
  }
  bool Shows(const PlotPoint& point) const {
    return point.x >= plot_.x.begin && point.x <= plot_.x.end && point.y >= plot_.y.begin &&
           point.y <= plot_.y.end;
  }

 private:
  const LinePlot& plot_;
};

template <typename Draw>
void ForEachTick(const PlotAxis& axis, const Draw& draw) {
  const double step = TickStep(axis);
  const auto last = static_cast<int64_t>(std::floor(axis.end / step + 1e-9));
  for (auto tick = static_cast<int64_t>(std::ceil(axis.begin / step - 1e-9)); tick <= last;
       ++tick) {
    draw(static_cast<double>(tick) * step);
  }
}

void DrawAxes(const LinePlot& plot, const Frame& frame, std::string& svg) {
  const auto out = std::back_inserter(svg);
  ForEachTick(plot.x, [&](double x) {
    fmt::format_to(out,
                   "<line x1=\"{0:.1f}\" y1=\"{1}\" x2=\"{0:.1f}\" y2=\"{2}\" stroke=\"#eee\"/>\n"
                   "<text x=\"{0:.1f}\" y=\"{3}\" text-anchor=\"middle\">{4:.6g}</text>\n",
                   frame.X(x), kTop, kBottom, kBottom + 18, x);
  });
  ForEachTick(plot.y, [&](double y) {
    fmt::format_to(out,
                   "<line x1=\"{1}\" y1=\"{0:.1f}\" x2=\"{2}\" y2=\"{0:.1f}\" stroke=\"#eee\"/>\n"
                   "<text x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">{5:.6g}</text>\n",
                   frame.Y(y), kLeft, kRight, kLeft - 8, frame.Y(y) + 4, y);
  });
  fmt::format_to(out,
                 "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n"
                 "<text transform=\"translate(22 {}) rotate(-90)\" text-anchor=\"middle\">{}"
                 "</text>\n",
                 (kLeft + kRight) / 2, kBottom + 42, EscapeMarkup(plot.x.title),
                 (kTop + kBottom) / 2, EscapeMarkup(plot.y.title));
}

void DrawKey(size_t row, std::string_view colour, std::string_view dashes, std::string_view name,
             std::string& svg) {
  const double y = kTop + 10 + 22 * static_cast<double>(row);
  fmt::format_to(
      std::back_inserter(svg),
      "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"{}\" stroke-width=\"2\"{}/>\n"
      "<text x=\"{}\" y=\"{}\">{}</text>\n",
      kRight + 16, y, kRight + 40, y, colour, dashes, kRight + 48, y + 4, EscapeMarkup(name));
}

}  // namespace

std::string LinePlotSvg(const LinePlot& plot) {
  const Frame frame(plot);
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n"
      "<text x=\"{2}\" y=\"28\" font-size=\"15\">{3}</text>\n",
      kWidth, kHeight, kLeft, EscapeMarkup(plot.title));
  DrawAxes(plot, frame, svg);
  size_t row = 0;
  size_t colours_used = 0;
  for (const PlotLine& line : plot.lines) {
    const std::string_view colour =
        line.is_reference ? kReferenceColour : kColours[colours_used++ % kColours.size()];
    const std::string_view dashes = line.is_reference ? kDashes : std::string_view();
    std::string corners;
    for (const PlotPoint& point : line.points) {
      if (frame.Shows(point)) {
        fmt::format_to(std::back_inserter(corners), "{:.1f},{:.1f} ", frame.X(point.x),
                       frame.Y(point.y));
      }
    }
    if (corners.empty()) {
      continue;
    }
    fmt::format_to(std::back_inserter(svg),
                   "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.6\"{}/>\n",
                   corners, colour, dashes);
    DrawKey(row++, colour, dashes, line.name, svg);
  }
  svg += "</svg>\n";
  return svg;
}

}  // namespace edgebert
