#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <vector>

#include "edgebert/base/text.h"
#include "edgebert/simulate/activity_traces.h"
#include "edgebert/systemc/overlapped/activity_log.h"

namespace edgebert {
namespace {

using systemc::overlapped::ActivityLog;
using systemc::overlapped::ActivitySlice;
using systemc::overlapped::kNumTracedUnits;
using systemc::overlapped::TracedUnit;
using systemc::overlapped::TracedUnitName;

constexpr double kLeft = 150;
constexpr double kPlotWidth = 640;
constexpr double kTop = 64;
constexpr double kRowHeight = 34;
constexpr double kBarHeight = 26;
constexpr double kRight = 70;
constexpr int kBins = 320;

/// The units that are shown; the streamer is the array a cycle before.
constexpr std::array<TracedUnit, 5> kShown = {TracedUnit::kDma, TracedUnit::kLoader,
                                              TracedUnit::kArray, TracedUnit::kEmission,
                                              TracedUnit::kSpecial};
/// Okabe and Ito's palette, which most people can tell apart.
constexpr std::array<std::string_view, kShown.size()> kColours = {"#0072b2", "#56b4e9", "#d55e00",
                                                                  "#e69f00", "#009e73"};

/// Cycles of a sentence on the x axis.
struct Axis {
  uint64_t first = 0;
  uint64_t cycles = 1;

  double X(uint64_t cycle) const {
    return kLeft + kPlotWidth * (static_cast<double>(cycle) - static_cast<double>(first)) /
                       static_cast<double>(cycles);
  }
};

/// The share of each bin's cycles in which a unit works.
std::vector<double> BusyShares(const std::vector<ActivitySlice>& slices, const Axis& axis) {
  const double width = static_cast<double>(axis.cycles) / kBins;
  std::vector<double> shares(kBins);
  for (const ActivitySlice& slice : slices) {
    double from = static_cast<double>(slice.first_cycle) - static_cast<double>(axis.first);
    const double end =
        std::min(from + static_cast<double>(slice.cycles), static_cast<double>(axis.cycles));
    while (from < end) {
      const auto bin = std::min<size_t>(static_cast<size_t>(from / width), kBins - 1);
      const double to =
          bin + 1 == kBins ? end : std::min(end, static_cast<double>(bin + 1) * width);
      shares[bin] += (to - from) / width;
      from = std::max(to, std::nextafter(from, end));
    }
  }
  return shares;
}

void DrawUnit(size_t row, const ActivityLog& activity, const Axis& axis, std::string& svg) {
  const TracedUnit unit = kShown[row];
  const double base = kTop + kRowHeight * static_cast<double>(row) + kBarHeight;
  const std::vector<double> shares = BusyShares(activity.of(unit), axis);
  std::string path = fmt::format("M{:.1f},{:.1f}", kLeft, base);
  double busy = 0;
  for (size_t bin = 0; bin < shares.size(); ++bin) {
    const double y = base - kBarHeight * std::min(shares[bin], 1.0);
    fmt::format_to(std::back_inserter(path), "V{:.1f}h{:.2f}", y, kPlotWidth / kBins);
    busy += shares[bin] / kBins;
  }
  fmt::format_to(std::back_inserter(path), "V{:.1f}Z", base);
  fmt::format_to(std::back_inserter(svg),
                 "<rect x=\"{0}\" y=\"{1:.1f}\" width=\"{2}\" height=\"{3}\" fill=\"#f4f4f4\"/>\n"
                 "<path d=\"{4}\" fill=\"{5}\"/>\n"
                 "<text x=\"{6}\" y=\"{7:.1f}\" text-anchor=\"end\">{8}</text>\n"
                 "<text x=\"{9}\" y=\"{7:.1f}\">{10:.1f} %</text>\n",
                 kLeft, base - kBarHeight, kPlotWidth, kBarHeight, path, kColours[row], kLeft - 10,
                 base - 8, TracedUnitName(unit), kLeft + kPlotWidth + 8, busy * 100);
}

}  // namespace

std::string ActivitySvg(const ActivityLog& activity, const std::string& title) {
  Axis axis;
  axis.first = activity.first_cycle;
  if (!activity.layers.empty()) {
    axis.cycles = std::max<uint64_t>(1, activity.layers.back().decision - axis.first);
  }
  const double bottom = kTop + kRowHeight * kShown.size();
  const double width = kLeft + kPlotWidth + kRight;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n"
      "<text x=\"{2}\" y=\"24\" font-size=\"15\">{3}</text>\n"
      "<text x=\"{4}\" y=\"{5}\">busy</text>\n",
      width, bottom + 44, kLeft, EscapeMarkup(title), kLeft + kPlotWidth + 8, kTop - 10);
  for (size_t row = 0; row < kShown.size(); ++row) {
    DrawUnit(row, activity, axis, svg);
  }
  for (size_t i = 0; i < activity.layers.size(); ++i) {
    const ActivityLog::LayerEnds& layer = activity.layers[i];
    fmt::format_to(std::back_inserter(svg),
                   "<line x1=\"{0:.1f}\" y1=\"{1}\" x2=\"{0:.1f}\" y2=\"{2}\" stroke=\"#444\" "
                   "stroke-dasharray=\"2 3\"/>\n"
                   "<text x=\"{3:.1f}\" y=\"{4}\" text-anchor=\"middle\">{5}{6}</text>\n",
                   axis.X(layer.decision), kTop - 6, bottom,
                   (axis.X(layer.start) + axis.X(layer.decision)) / 2, kTop - 10,
                   activity.layers.size() <= 6 ? "layer " : "", i + 1);
  }
  fmt::format_to(std::back_inserter(svg),
                 "<text x=\"{}\" y=\"{}\">0</text>\n"
                 "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{} cycles</text>\n</svg>\n",
                 kLeft, bottom + 20, kLeft + kPlotWidth, bottom + 20, axis.cycles);
  return svg;
}

}  // namespace edgebert
