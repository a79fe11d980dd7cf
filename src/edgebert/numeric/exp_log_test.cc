#include "edgebert/numeric/exp_log.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using testing::Random;

TEST(ExpLogTest, ExpIsCloseToExact) {
  Random random(1);
  for (const double least : {1e-300, 1e-10, 1.0, 30.0, 708.0}) {
    std::uniform_real_distribution<double> uniform(-least, 0);
    for (int i = 0; i < 100000; ++i) {
      const double x = uniform(random);
      const long double exact = std::exp(static_cast<long double>(x));
      ASSERT_LE(std::fabs(static_cast<double>((ExpOfNonPositive(x) - exact) / exact)), 3e-16) << x;
    }
  }
}

TEST(ExpLogTest, ExpAtItsEnds) {
  EXPECT_EQ(ExpOfNonPositive(0.0), 1.0);
  EXPECT_EQ(ExpOfNonPositive(-0.0), 1.0);
  EXPECT_GT(ExpOfNonPositive(-708.0), 0.0);
  EXPECT_EQ(ExpOfNonPositive(-708.0001), 0.0);
  EXPECT_EQ(ExpOfNonPositive(-std::numeric_limits<double>::infinity()), 0.0);
}

TEST(ExpLogTest, LogIsCloseToExact) {
  Random random(2);
  const auto check = [](double x) {
    const long double exact = std::log(static_cast<long double>(x));
    const double rounded = static_cast<double>(exact);
    const double unit = std::nextafter(rounded, 1e300) - rounded;
    ASSERT_LE(std::fabs(static_cast<double>(LogFromOne(x) - exact)), unit) << x;
  };
  for (const double most : {1.0 + 1e-12, 1.01, 2.0, 100.0, 1e300}) {
    std::uniform_real_distribution<double> uniform(1.0, most);
    for (int i = 0; i < 100000; ++i) {
      check(uniform(random));
    }
  }
  for (int n = 2; n < 100000; ++n) {
    check(n);
  }
  EXPECT_EQ(LogFromOne(1.0), 0.0);
}

TEST(ExpLogTest, TheBitsAreTheSameEverywhere) {
  // A sum changes with any bit of any of its terms, and is itself in one order.
  double exps = 0;
  double logs = 0;
  for (int i = 1; i <= 100000; ++i) {
    exps += ExpOfNonPositive(-i / 160.0);
    logs += LogFromOne(1 + 1.0 * i * i / 4096);
  }
  EXPECT_EQ(exps, 0x1.3f00444441575p+7);
  EXPECT_EQ(logs, 0x1.364e8d9f12b32p+20);
}

}  // namespace
}  // namespace edgebert
