#include "edgebert/train/loss_plot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edgebert {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(LossPlotTest, DrawsWhatCameLastOfEveryStep) {
  const std::string svg = LossPlotSvg(
      "{\"step\":20,\"loss\":1.0}\n{\"step\":40,\"loss\":9.0}\nnonsense\n"
      "{\"step\":40,\"loss\":0.5,\"tokens_per_second\":7}\n",
      "student");
  // 20 of 40 steps and 1.0 of 1.05; 40 and 0.5.
  EXPECT_THAT(svg, HasSubstr("points=\"330.0,66.7 590.0,233.3 \""));
  EXPECT_THAT(svg, HasSubstr(">student</text>"));
}

TEST(LossPlotTest, DrawsNothingFromNothing) {
  EXPECT_THAT(LossPlotSvg("", "x"), IsEmpty());
  EXPECT_THAT(LossPlotSvg("[1]\n{\"step\":\"a\"}\n", "x"), IsEmpty());
}

}  // namespace
}  // namespace edgebert
