#include "edgebert/pipeline/line_plot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edgebert {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

LinePlot Plot() {
  LinePlot plot;
  plot.title = "a < b & c";
  plot.x = {"step", 0, 100};
  plot.y = {"loss", 0, 2};
  plot.lines = {{"student", {{0, 2}, {50, 1}, {100, 0}}}, {"empty", {}}};
  return plot;
}

TEST(LinePlotTest, PlacesPointsTicksAndTexts) {
  const std::string svg = LinePlotSvg(Plot());
  // The corners of the axes, and their middle.
  EXPECT_THAT(svg, HasSubstr("points=\"70.0,50.0 330.0,225.0 590.0,400.0 \""));
  EXPECT_THAT(svg, HasSubstr("a &lt; b &amp; c"));
  EXPECT_THAT(svg, HasSubstr("text-anchor=\"middle\">20</text>"));
  EXPECT_THAT(svg, HasSubstr("text-anchor=\"end\">0.4</text>"));
  EXPECT_THAT(svg, HasSubstr(">student</text>"));
  EXPECT_THAT(svg, Not(HasSubstr(">empty</text>")));
}

TEST(LinePlotTest, LeavesOutWhatLiesOutside) {
  LinePlot plot = Plot();
  plot.lines = {{"student", {{10, 3}, {20, 2}, {200, 1}}}};
  EXPECT_THAT(LinePlotSvg(plot), HasSubstr("points=\"174.0,50.0 \""));
}

TEST(LinePlotTest, ReferencesAreDashedAndTakeNoColour) {
  LinePlot plot = Plot();
  plot.lines = {{"bound", {{0, 1}, {100, 1}}, true}, {"student", {{0, 2}, {100, 0}}}};
  const std::string svg = LinePlotSvg(plot);
  EXPECT_THAT(svg, HasSubstr("stroke=\"#888\" stroke-width=\"1.6\" stroke-dasharray"));
  EXPECT_THAT(svg, HasSubstr("stroke=\"#000000\" stroke-width=\"1.6\"/>"));
}

}  // namespace
}  // namespace edgebert
