#include "edgebert/accel/envm_cell.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

double Density(const LevelDistribution& level, double x) {
  const double z = (x - level.mean) / level.sigma;
  return std::exp(-z * z / 2) / level.sigma;
}

TEST(EnvmCellTest, ThresholdsLieWhereDensitiesCross) {
  testing::Random random(1);
  std::uniform_real_distribution<double> deviation(0.01, 0.05);
  std::uniform_real_distribution<double> distance(0.2, 0.4);
  for (int i = 0; i < 1000; ++i) {
    const LevelDistribution lower{0.3, deviation(random)};
    const LevelDistribution upper{0.3 + distance(random),
                                  i % 10 == 0 ? lower.sigma : deviation(random)};
    const double threshold = ReadThreshold(lower, upper);
    EXPECT_GT(threshold, lower.mean);
    EXPECT_LT(threshold, upper.mean);
    EXPECT_NEAR(Density(lower, threshold) / Density(upper, threshold), 1, 1e-9);
  }
}

TEST(EnvmCellTest, EqualDeviationsAreMisreadHalfwayBetweenTheMeans) {
  const std::vector<LevelDistribution> levels = {{0, 0.25}, {1, 0.25}};
  const Result<LevelErrors> errors = ComputeLevelErrors(levels);
  ASSERT_OK(errors);
  const double two_sigma = 0.5 * std::erfc(2 / std::sqrt(2.0));
  EXPECT_NEAR(errors->up[0], two_sigma, 1e-15);
  EXPECT_NEAR(errors->down[1], two_sigma, 1e-15);
  EXPECT_EQ(errors->up[1], 0);
  EXPECT_EQ(errors->down[0], 0);
  EXPECT_NEAR(errors->Mean(), two_sigma, 1e-15);
}

TEST(EnvmCellTest, RefusesLevelsThatAreNoLevels) {
  const auto error = [](const std::vector<LevelDistribution>& levels) {
    return ComputeLevelErrors(levels).status().message();
  };
  EXPECT_NE(error({{0, 0.1}}).find("1 levels, expected 2 to 16"), std::string::npos);
  EXPECT_NE(error({{0, 0.1}, {0, 0.1}}).find("not above"), std::string::npos);
  EXPECT_NE(error({{0, 0.1}, {1, 0}}).find("level 1"), std::string::npos);
  EXPECT_NE(error({{0, 0.1}, {NAN, 0.1}}).find("level 1"), std::string::npos);
  EXPECT_NE(error({{0, 1}, {0.01, 10}}).find("overlap"), std::string::npos);
}

TEST(EnvmCellTest, GrayNeighboursDifferInOneBitAndBothCodingsInvert) {
  for (const LevelCoding coding : {LevelCoding::kBinary, LevelCoding::kGray}) {
    for (uint32_t level = 0; level < 8; ++level) {
      EXPECT_EQ(LevelOfBits(coding, BitsOfLevel(coding, level)), level);
    }
  }
  for (uint32_t level = 0; level < 7; ++level) {
    EXPECT_EQ(std::popcount(BitsOfLevel(LevelCoding::kGray, level) ^
                            BitsOfLevel(LevelCoding::kGray, level + 1)),
              1);
  }
  EXPECT_EQ(BitsOfLevel(LevelCoding::kBinary, 5), 5u);
}

TEST(EnvmCellTest, NamesParse) {
  for (const CellKind kind : {CellKind::kSlc, CellKind::kMlc2, CellKind::kMlc3}) {
    EXPECT_EQ(ParseCellKind(CellKindName(kind)).value(), kind);
  }
  for (const LevelCoding coding : {LevelCoding::kBinary, LevelCoding::kGray}) {
    EXPECT_EQ(ParseLevelCoding(LevelCodingName(coding)).value(), coding);
  }
  EXPECT_NE(ParseCellKind("qlc").status().message().find("slc, mlc2 or mlc3"), std::string::npos);
  EXPECT_FALSE(ParseLevelCoding("").ok());
}

}  // namespace
}  // namespace edgebert
