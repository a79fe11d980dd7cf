#ifndef EDGEBERT_PIPELINE_LINE_PLOT_H_
#define EDGEBERT_PIPELINE_LINE_PLOT_H_

#include <string>
#include <vector>

namespace edgebert {

struct PlotPoint {
  double x;
  double y;
};

struct PlotLine {
  std::string name;
  std::vector<PlotPoint> points;  ///< Those outside the axes are left out.
  bool is_reference = false;      ///< Grey and dashed, without a colour of its own.
};

struct PlotAxis {
  std::string title;
  double begin = 0;
  double end = 1;
};

struct LinePlot {
  std::string title;
  PlotAxis x;
  PlotAxis y;
  std::vector<PlotLine> lines;
};

/// A picture of `plot` with a key beside it, as SVG. Lines without a point are left out; at most
/// six lines have colours of their own.
std::string LinePlotSvg(const LinePlot& plot);

}  // namespace edgebert

#endif  // EDGEBERT_PIPELINE_LINE_PLOT_H_
