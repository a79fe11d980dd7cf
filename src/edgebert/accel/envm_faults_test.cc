#include "edgebert/accel/envm_faults.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

/// Levels that are misread with probability `p` up and `p` down.
LevelErrors Uniform(int bits, double p) {
  const size_t levels = size_t{1} << bits;
  LevelErrors errors{std::vector<double>(levels, p), std::vector<double>(levels, p)};
  errors.up.back() = 0;
  errors.down.front() = 0;
  return errors;
}

EnvmFaultModel Model(double slc, double mlc2, double mlc3) {
  return EnvmFaultModel::Create({Uniform(1, slc), Uniform(2, mlc2), Uniform(3, mlc3)}).value();
}

EnvmTable RandomTable(int64_t rows, int width, const EnvmLayout& layout, uint64_t seed) {
  testing::Random random(seed);
  std::vector<uint8_t> codes(static_cast<size_t>(rows) * static_cast<size_t>(width));
  for (uint8_t& code : codes) {
    code = static_cast<uint8_t>(random() % 5 < 3 ? 0 : random() % 256);
  }
  return EnvmTable::Store(codes, rows, width, layout).value();
}

TEST(EnvmFaultModelTest, FaultsMeetTheBinomialMeanAndVariance) {
  const EnvmTable table =
      RandomTable(200, 40, {CellKind::kMlc3, CellKind::kMlc2, LevelCoding::kGray, 1}, 4);
  const EnvmFaultModel model = Model(0, 0.01, 0.002);
  const auto expected = model.Expected(table);
  constexpr int kSeeds = 2000;
  std::array<double, kNumEnvmRegions> sum{};
  std::array<double, kNumEnvmRegions> squares{};
  for (int seed = 0; seed < kSeeds; ++seed) {
    std::array<double, kNumEnvmRegions> count{};
    for (const EnvmFault& fault : model.Draw(table, static_cast<uint64_t>(seed))) {
      ++count[static_cast<size_t>(fault.cell.region)];
    }
    for (size_t region = 0; region < count.size(); ++region) {
      sum[region] += count[region];
      squares[region] += count[region] * count[region];
    }
  }
  for (size_t region = 0; region < sum.size(); ++region) {
    ASSERT_GT(expected[region], 0);
    const double mean = sum[region] / kSeeds;
    // Five standard errors of a mean, and of a variance, of nearly Poisson counts.
    EXPECT_NEAR(mean, expected[region], 5 * std::sqrt(expected[region] / kSeeds));
    const double variance = squares[region] / kSeeds - mean * mean;
    EXPECT_NEAR(
        variance, expected[region],
        0.02 * expected[region] +
            5 * std::sqrt((2 * expected[region] * expected[region] + expected[region]) / kSeeds));
  }
}

TEST(EnvmFaultModelTest, EveryLevelFailsAtItsOwnRate) {
  // Level 1 up, level 2 down and nothing else.
  LevelErrors mlc2{{0, 0.05, 0, 0}, {0, 0, 0.2, 0}};
  const EnvmFaultModel model = EnvmFaultModel::Create({Uniform(1, 0), mlc2, Uniform(3, 0)}).value();
  const EnvmTable table = RandomTable(400, 50, {.value_cells = CellKind::kMlc2}, 5);
  std::map<uint32_t, double> cells;
  for (uint64_t i = 0; i < table.size(EnvmRegion::kValues).cells(); ++i) {
    ++cells[table.Level({EnvmRegion::kValues, i})];
  }
  std::map<std::pair<uint32_t, uint32_t>, double> seen;
  constexpr int kSeeds = 20;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    for (const EnvmFault& fault : model.Draw(table, seed)) {
      EXPECT_EQ(fault.stored_level, table.Level(fault.cell));
      ++seen[{fault.stored_level, fault.read_level}];
    }
  }
  EXPECT_EQ(seen.size(), 2u);
  const double up = kSeeds * cells[1] * 0.05;
  const double down = kSeeds * cells[2] * 0.2;
  EXPECT_NEAR((seen[{1, 2}]), up, 5 * std::sqrt(up));
  EXPECT_NEAR((seen[{2, 1}]), down, 5 * std::sqrt(down));
}

TEST(EnvmFaultModelTest, IsTheSameEverywhere) {
  // Numbers that any platform must reproduce.
  const EnvmTable table = EnvmTable::Store(std::vector<uint8_t>(64, 0x55), 8, 8, {}).value();
  const std::vector<EnvmFault> faults = Model(0, 0.01, 0).Draw(table, 7);
  std::vector<uint64_t> cells;
  for (const EnvmFault& fault : faults) {
    cells.push_back(fault.cell.cell);
  }
  EXPECT_EQ(cells, (std::vector<uint64_t>{12, 87, 140}));
  EXPECT_EQ(Model(0, 0.01, 0).Draw(table, 7), faults);
}

TEST(EnvmFaultModelTest, CellsThatCannotFailDoNot) {
  const EnvmTable table = RandomTable(100, 40, {.value_cells = CellKind::kSlc}, 6);
  EXPECT_TRUE(Model(0, 0.1, 0.1).Draw(table, 1).empty());
}

TEST(EnvmFaultModelTest, DrawsExactlyAsManyFaultsInProportion) {
  const EnvmTable table = RandomTable(60, 40, {.value_cells = CellKind::kMlc3}, 7);
  // Of a value's cells two have eight levels and one has four, which fails ten times as often.
  const EnvmFaultModel model = Model(0, 1e-8, 1e-9);
  const double expected_last = [&] {
    double last = 0;
    double all = 0;
    for (uint64_t i = 0; i < table.size(EnvmRegion::kValues).cells(); ++i) {
      const EnvmCell cell{EnvmRegion::kValues, i};
      const uint32_t levels = table.NumLevels(cell);
      const uint32_t level = table.Level(cell);
      const double rate = (levels == 4 ? 10.0 : 1.0) * (level == 0 || level == levels - 1 ? 1 : 2);
      all += rate;
      last += levels == 4 ? rate : 0;
    }
    return last / all;
  }();
  double last = 0;
  constexpr int kSeeds = 4000;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const auto faults = model.DrawExactly(table, 3, std::nullopt, seed);
    ASSERT_OK(faults);
    ASSERT_EQ(faults->size(), 3u);
    for (const EnvmFault& fault : *faults) {
      EXPECT_EQ(fault.cell.region, EnvmRegion::kValues);
      EXPECT_EQ(fault.stored_level, table.Level(fault.cell));
      EXPECT_TRUE(fault.read_level == fault.stored_level + 1 ||
                  fault.read_level + 1 == fault.stored_level);
      EXPECT_LT(fault.read_level, table.NumLevels(fault.cell));
      last += table.NumLevels(fault.cell) == 4;
    }
  }
  EXPECT_NEAR(last / (3 * kSeeds), expected_last, 5 * std::sqrt(0.25 / (3 * kSeeds)));
}

TEST(EnvmFaultModelTest, CellsThatNeverFailAreDrawnEvenlyWhenToldTo) {
  const EnvmTable table = RandomTable(50, 16, {.value_cells = CellKind::kSlc}, 8);
  const EnvmFaultModel model = Model(0, 0, 0);
  std::vector<int> hits(table.size(EnvmRegion::kMask).cells());
  constexpr int kSeeds = 8000;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const auto faults = model.DrawExactly(table, 2, EnvmRegion::kMask, seed);
    ASSERT_OK(faults);
    ASSERT_EQ(faults->size(), 2u);
    for (const EnvmFault& fault : *faults) {
      EXPECT_EQ(fault.cell.region, EnvmRegion::kMask);
      EXPECT_EQ(fault.read_level, 1 - fault.stored_level);
      ++hits[fault.cell.cell];
    }
  }
  for (const int count : hits) {  // Mean 20 a cell.
    EXPECT_NEAR(count, 20, 5 * std::sqrt(20.0));
  }
  EXPECT_FALSE(model.DrawExactly(table, 401, EnvmRegion::kMask, 1).ok());
}

TEST(EnvmFaultModelTest, OnlyTouchedRowsChangeAndRemovingFaultsRestoresAll) {
  testing::Random random(9);
  for (int round = 0; round < 100; ++round) {
    const EnvmLayout layout{CellKind::kMlc3, static_cast<CellKind>(random() % 3),
                            LevelCoding::kBinary, 1 + static_cast<int64_t>(random() % 30)};
    EnvmTable table = RandomTable(30, 21, layout, random());
    const std::vector<uint64_t> starts = table.RowStarts();
    const auto decode = [&] {
      std::vector<std::vector<uint8_t>> rows(30, std::vector<uint8_t>(21));
      const std::vector<uint64_t> now = table.RowStarts();
      for (size_t row = 0; row < rows.size(); ++row) {
        table.DecodeRow(static_cast<int64_t>(row), now[row], rows[row]);
      }
      return rows;
    };
    const auto before = decode();
    const std::vector<EnvmFault> faults = Model(0.001, 0.001, 0.002).Draw(table, random());
    const std::vector<int64_t> touched = RowsTouched(faults, table, starts);
    ApplyFaults(faults, table);
    const auto after = decode();
    for (size_t row = 0; row < before.size(); ++row) {
      if (!std::binary_search(touched.begin(), touched.end(), static_cast<int64_t>(row))) {
        EXPECT_EQ(before[row], after[row]) << "row " << row;
      }
    }
    RemoveFaults(faults, table);
    EXPECT_EQ(decode(), before);
  }
}

TEST(EnvmFaultModelTest, RefusesProbabilitiesThatAreNone) {
  const auto error = [](LevelErrors mlc2) {
    return EnvmFaultModel::Create({Uniform(1, 0), std::move(mlc2), Uniform(3, 0)})
        .status()
        .message();
  };
  EXPECT_NE(error(Uniform(1, 0)).find("expected 4"), std::string::npos);
  EXPECT_NE(error(Uniform(2, 0.5)).find("mlc2 level 1"), std::string::npos);
  EXPECT_NE(error(Uniform(2, NAN)).find("mlc2 level"), std::string::npos);
  EXPECT_NE(error({{0, 0, 0, 0.1}, {0, 0, 0, 0}}).find("mlc2 level 3"), std::string::npos);
}

}  // namespace
}  // namespace edgebert
