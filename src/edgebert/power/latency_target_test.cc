#include "edgebert/power/latency_target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(LatencyTargetTest, ParsesTimesAndFactors) {
  const auto resolve = [](std::string_view text) {
    const auto target = LatencyTarget::Parse(text);
    EXPECT_OK(target);
    return target.ok() ? target->Resolve(Seconds(0.25)).value() : 0.0;
  };
  EXPECT_EQ(resolve("8ms"), 0.008);
  EXPECT_EQ(resolve("0.008s"), 0.008);
  EXPECT_EQ(resolve("500us"), 0.0005);
  EXPECT_EQ(resolve("2s"), 2.0);
  EXPECT_EQ(resolve("1.5x"), 0.375);
  EXPECT_EQ(resolve("1e-1x"), 0.025);
}

TEST(LatencyTargetTest, RefusesEverythingElseAndShowsTheForms) {
  for (const std::string text :
       {"",         "8",     "ms",   "s",     "x",      "0ms",    "0x",       "-8ms",
        "-0s",      "nanms", "nans", "infs",  "infx",   "1e999s", "8 ms",     " 8ms",
        "8ms ",     "8min",  "8m",   "8MS",   "8mss",   "8msx",   "1.5xs",    "1,5x",
        "1e-323us", "0x10s", "+8ms", "0.9us", "1e300x", "1e-7x",  "1000001s", "30ns"}) {
    const auto target = LatencyTarget::Parse(text);
    ASSERT_FALSE(target.ok()) << text;
    EXPECT_EQ(target.status().code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(target.status().message(),
                AllOf(HasSubstr("'" + text + "'"), HasSubstr("8ms"), HasSubstr("0.008s"),
                      HasSubstr("500us"), HasSubstr("1.5x")));
  }
}

}  // namespace
}  // namespace edgebert
