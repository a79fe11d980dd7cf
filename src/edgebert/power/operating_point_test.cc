#include "edgebert/power/operating_point.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::HasSubstr;

std::vector<OperatingPoint> ChipPoints() {
  return {{Volts(0.68), Hertz(335e6)}, {Volts(0.73), Hertz(397e6)}, {Volts(0.78), Hertz(478e6)},
          {Volts(0.82), Hertz(524e6)}, {Volts(0.86), Hertz(586e6)}, {Volts(0.93), Hertz(668e6)},
          {Volts(1.00), Hertz(717e6)}};
}

TEST(OperatingPointTableTest, ChipGridHoldsThePublishedFrequencies) {
  const auto table = OperatingPointTable::Create(ChipPoints(), Volts(0.025));
  ASSERT_OK(table);
  // 0.68, 0.705, … 0.98 and, off the grid, 1.0.
  ASSERT_EQ(table->points().size(), 14u);
  EXPECT_EQ(table->lowest(), ChipPoints().front());
  EXPECT_EQ(table->nominal(), ChipPoints().back());
  const auto frequency_at = [&](double voltage) {
    for (const OperatingPoint& point : table->points()) {
      if (std::abs(point.voltage.value() - voltage) < 1e-9) {
        return point.frequency.value();
      }
    }
    return 0.0;
  };
  EXPECT_NEAR(frequency_at(0.73), 397e6, 1);
  EXPECT_NEAR(frequency_at(0.78), 478e6, 1);
  EXPECT_NEAR(frequency_at(0.93), 668e6, 1);
  EXPECT_NEAR(frequency_at(0.705), (335e6 + 397e6) / 2, 1);
  EXPECT_NEAR(frequency_at(0.98), 668e6 + 49e6 * 5 / 7, 1);
}

TEST(OperatingPointTableTest, AFinerGridHoldsEveryPublishedPoint) {
  const auto table = OperatingPointTable::Create(ChipPoints(), Volts(0.01));
  ASSERT_OK(table);
  ASSERT_EQ(table->points().size(), 33u);
  for (const OperatingPoint& published : ChipPoints()) {
    EXPECT_TRUE(std::any_of(table->points().begin(), table->points().end(),
                            [&](const OperatingPoint& point) {
                              return std::abs((point.voltage - published.voltage).value()) < 1e-9 &&
                                     std::abs((point.frequency - published.frequency).value()) < 1;
                            }))
        << published.voltage.value();
  }
}

TEST(OperatingPointTableTest, AStepWiderThanTheRangeLeavesTheEnds) {
  const auto table = OperatingPointTable::Create(ChipPoints(), Volts(5));
  ASSERT_OK(table);
  EXPECT_THAT(table->points(), ::testing::ElementsAre(ChipPoints().front(), ChipPoints().back()));
}

TEST(OperatingPointTableTest, RandomTablesAscendAndStayBetweenTheirMeasuredPoints) {
  testing::Random random(11);
  std::uniform_real_distribution<double> part(0.001, 0.2);
  std::uniform_int_distribution<int> count(2, 8);
  for (int trial = 0; trial < 20'000; ++trial) {
    std::vector<OperatingPoint> measured = {{Volts(part(random) + 0.3), Hertz(part(random) * 1e9)}};
    for (int i = count(random); i > 1; --i) {
      measured.push_back({measured.back().voltage + Volts(part(random)),
                          measured.back().frequency + Hertz(part(random) * 1e9)});
    }
    const auto table = OperatingPointTable::Create(measured, Volts(part(random)));
    ASSERT_OK(table);
    EXPECT_EQ(table->lowest(), measured.front());
    EXPECT_EQ(table->nominal(), measured.back());
    for (size_t i = 1; i < table->points().size(); ++i) {
      ASSERT_LT(table->points()[i - 1].voltage, table->points()[i].voltage);
      ASSERT_LT(table->points()[i - 1].frequency, table->points()[i].frequency);
    }
  }
}

TEST(OperatingPointTableTest, RefusesWhatIsNoCurve) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const auto message = [](std::vector<OperatingPoint> points, double step) {
    const auto table = OperatingPointTable::Create(points, Volts(step));
    EXPECT_EQ(table.status().code(), StatusCode::kInvalidArgument);
    return table.status().message();
  };
  const OperatingPoint low{Volts(0.7), Hertz(1e8)};
  const OperatingPoint high{Volts(0.9), Hertz(2e8)};
  EXPECT_THAT(message({}, 0.025), HasSubstr("at least two"));
  EXPECT_THAT(message({low}, 0.025), HasSubstr("at least two"));
  EXPECT_THAT(message({high, low}, 0.025), HasSubstr("point 2"));
  EXPECT_THAT(message({low, low}, 0.025), HasSubstr("point 2"));
  EXPECT_THAT(message({low, {high.voltage, low.frequency}}, 0.025), HasSubstr("point 2"));
  EXPECT_THAT(message({{Volts(nan), Hertz(1e8)}, high}, 0.025), HasSubstr("positive and finite"));
  EXPECT_THAT(message({low, {Volts(infinity), Hertz(2e8)}}, 0.025), HasSubstr("finite"));
  EXPECT_THAT(message({{Volts(-1), Hertz(1e8)}, high}, 0.025), HasSubstr("positive"));
  EXPECT_THAT(message({low, high}, 0), HasSubstr("voltage step"));
  EXPECT_THAT(message({low, high}, nan), HasSubstr("voltage step"));
  EXPECT_THAT(message({low, high}, 1e-9), HasSubstr("more than 10000"));
  EXPECT_THAT(message({low, high}, 1e-320), HasSubstr("more than 10000"));
}

TEST(OperatingPointTest, TheClocksGridRoundsDownAndDropsWhatIsNoFaster) {
  const std::vector<OperatingPoint> measured = {
      {Volts(0.5), Hertz(105e6)}, {Volts(0.9), Hertz(145e6)}, {Volts(1.0), Hertz(205e6)}};
  const auto table = OperatingPointTable::Create(measured, Volts(0.1), Hertz(20e6));
  ASSERT_OK(table);
  std::vector<double> frequencies;
  for (const OperatingPoint& point : table->points()) {
    frequencies.push_back(std::round(point.frequency.value() / 1e6));
  }
  // 105, 115, 125, 135, 145, 205 MHz; the points at 0.6 V and 0.8 V are no faster than those below.
  EXPECT_EQ(frequencies, (std::vector<double>{100, 120, 140, 200}));
  EXPECT_DOUBLE_EQ(table->points()[1].voltage.value(), 0.7);
  EXPECT_FALSE(OperatingPointTable::Create(measured, Volts(0.1), Hertz(-1)).ok());
  EXPECT_THAT(OperatingPointTable::Create(measured, Volts(0.1), Hertz(150e6)).status().message(),
              ::testing::HasSubstr("leaves 1 operating points"));
}

}  // namespace
}  // namespace edgebert
