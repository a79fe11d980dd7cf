#include "edgebert/accel/envm_table.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

std::vector<uint8_t> RandomCodes(size_t count, double zeros, testing::Random& random) {
  std::vector<uint8_t> codes(count);
  std::bernoulli_distribution zero(zeros);
  for (uint8_t& code : codes) {
    code = static_cast<uint8_t>(zero(random) ? 0 : random() % 256);
    code = code == 0x80 ? uint8_t{0} : code;
  }
  return codes;
}

std::vector<uint8_t> DecodeAll(const EnvmTable& table) {
  const auto width = static_cast<size_t>(table.width());
  std::vector<uint8_t> codes(static_cast<size_t>(table.rows()) * width);
  const std::vector<uint64_t> starts = table.RowStarts();
  for (size_t row = 0; row < starts.size(); ++row) {
    table.DecodeRow(static_cast<int64_t>(row), starts[row],
                    std::span(codes).subspan(row * width, width));
  }
  return codes;
}

TEST(EnvmTableTest, RoundTripsThroughItsCells) {
  testing::Random random(2);
  for (int round = 0; round < 200; ++round) {
    const auto rows = static_cast<int64_t>(1 + random() % 40);
    const int width = static_cast<int>(1 + random() % 50);
    const auto count = static_cast<size_t>(rows) * static_cast<size_t>(width);
    const std::vector<uint8_t> codes =
        RandomCodes(count, static_cast<double>(random() % 11) / 10, random);
    const EnvmLayout layout{static_cast<CellKind>(random() % 3),
                            static_cast<CellKind>(random() % 3),
                            static_cast<LevelCoding>(random() % 2),
                            1 + static_cast<int64_t>(random() % static_cast<uint64_t>(rows))};
    const Result<EnvmTable> table = EnvmTable::Store(codes, rows, width, layout);
    ASSERT_OK(table);
    EXPECT_EQ(DecodeAll(*table), codes);
    // Cell by cell into a table of zeros with as many values: the cells hold everything.
    std::vector<uint8_t> other = codes;
    std::reverse(other.begin(), other.end());
    Result<EnvmTable> copy = EnvmTable::Store(other, rows, width, layout);
    ASSERT_OK(copy);
    for (const EnvmRegion region : {EnvmRegion::kMask, EnvmRegion::kValues, EnvmRegion::kIndex}) {
      ASSERT_EQ(copy->size(region).cells(), table->size(region).cells());
      for (uint64_t i = 0; i < table->size(region).cells(); ++i) {
        ASSERT_LT(table->Level({region, i}), table->NumLevels({region, i}));
        copy->SetLevel({region, i}, table->Level({region, i}));
      }
    }
    EXPECT_EQ(DecodeAll(*copy), codes);
  }
}

TEST(EnvmTableTest, CountsWhatItStores) {
  // 5 rows of 10, 3 values a row.
  std::vector<uint8_t> codes(50);
  for (size_t row = 0; row < 5; ++row) {
    for (size_t i = 0; i < 3; ++i) {
      codes[row * 10 + 2 * i] = static_cast<uint8_t>(1 + i);
    }
  }
  const auto table =
      EnvmTable::Store(codes, 5, 10, {CellKind::kMlc3, CellKind::kSlc, LevelCoding::kBinary, 2});
  ASSERT_OK(table);
  EXPECT_EQ(table->size(EnvmRegion::kMask).bits(), 50u);
  EXPECT_EQ(table->size(EnvmRegion::kMask).cells(), 50u);
  EXPECT_EQ(table->size(EnvmRegion::kValues).bits(), 15u * 8);
  EXPECT_EQ(table->size(EnvmRegion::kValues).cells(), 15u * 3);  // 3 + 3 + 2 bits.
  EXPECT_EQ(table->size(EnvmRegion::kIndex).bits(), 3u * 4);     // Rows 0, 2, 4; values 0 to 15.
  EXPECT_EQ(table->bits(), 50u + 120 + 12);
  EXPECT_EQ(table->cells(), 50u + 45 + 12);
  EXPECT_EQ(table->NumLevels({EnvmRegion::kValues, 0}), 8u);
  EXPECT_EQ(table->NumLevels({EnvmRegion::kValues, 2}), 4u);
  EXPECT_EQ(table->RowStarts(), (std::vector<uint64_t>{0, 3, 6, 9, 12}));
  EXPECT_EQ(table->ValuesInRow(4), 3);
}

/// Rows 11 12 0 13 | 21 0 22 0 | 0 31 32 33.
Result<EnvmTable> SmallTable(LevelCoding coding, int64_t stride) {
  return EnvmTable::Store(std::vector<uint8_t>{11, 12, 0, 13, 21, 0, 22, 0, 0, 31, 32, 33}, 3, 4,
                          {CellKind::kMlc2, CellKind::kSlc, coding, stride});
}

TEST(EnvmTableTest, AMisreadValueCellGivesTheKnownWrongCode) {
  Result<EnvmTable> table = SmallTable(LevelCoding::kBinary, 1);
  ASSERT_OK(table);
  // The second value, 12 = 00 00 11 00: its third cell holds 11; a level less is 10, so 8.
  EXPECT_EQ(table->Level({EnvmRegion::kValues, 4 + 2}), 3u);
  table->SetLevel({EnvmRegion::kValues, 4 + 2}, 2);
  EXPECT_EQ(DecodeAll(*table), (std::vector<uint8_t>{11, 8, 0, 13, 21, 0, 22, 0, 0, 31, 32, 33}));

  Result<EnvmTable> gray = SmallTable(LevelCoding::kGray, 1);
  ASSERT_OK(gray);
  // In Gray code 11 is level 2, and level 1 is 01: 00 00 01 00, so 4.
  EXPECT_EQ(gray->Level({EnvmRegion::kValues, 4 + 2}), 2u);
  gray->SetLevel({EnvmRegion::kValues, 4 + 2}, 1);
  EXPECT_EQ(DecodeAll(*gray), (std::vector<uint8_t>{11, 4, 0, 13, 21, 0, 22, 0, 0, 31, 32, 33}));
}

TEST(EnvmTableTest, AFlippedMaskBitShiftsTheRestOfItsRow) {
  Result<EnvmTable> table = SmallTable(LevelCoding::kBinary, 1);
  ASSERT_OK(table);
  table->SetLevel({EnvmRegion::kMask, 2}, 1);  // Row 0 takes a fourth value, row 1's first.
  EXPECT_EQ(DecodeAll(*table), (std::vector<uint8_t>{11, 12, 13, 21, 21, 0, 22, 0, 0, 31, 32, 33}));
  table->SetLevel({EnvmRegion::kMask, 2}, 0);
  table->SetLevel({EnvmRegion::kMask, 8}, 1);  // Row 2 reads past the end.
  EXPECT_EQ(DecodeAll(*table), (std::vector<uint8_t>{11, 12, 0, 13, 21, 0, 22, 0, 31, 32, 33, 0}));
}

TEST(EnvmTableTest, RowsThatShareAnIndexEntryShiftTogether) {
  Result<EnvmTable> table = SmallTable(LevelCoding::kBinary, 3);
  ASSERT_OK(table);
  table->SetLevel({EnvmRegion::kMask, 0}, 0);
  EXPECT_EQ(DecodeAll(*table), (std::vector<uint8_t>{0, 11, 0, 12, 13, 0, 21, 0, 0, 22, 31, 32}));
}

TEST(EnvmTableTest, AMisreadIndexEntryMovesItsRow) {
  Result<EnvmTable> table = SmallTable(LevelCoding::kBinary, 1);
  ASSERT_OK(table);
  EXPECT_EQ(table->size(EnvmRegion::kIndex).bits_per_word, 4);
  // Row 1 begins at 3 = 0011; without its last bit at 2, with the first one past the end.
  table->SetLevel({EnvmRegion::kIndex, 4 + 3}, 0);
  EXPECT_EQ(DecodeAll(*table), (std::vector<uint8_t>{11, 12, 0, 13, 13, 0, 21, 0, 0, 31, 32, 33}));
  table->SetLevel({EnvmRegion::kIndex, 4}, 1);
  EXPECT_EQ(DecodeAll(*table), (std::vector<uint8_t>{11, 12, 0, 13, 0, 0, 0, 0, 0, 31, 32, 33}));
}

TEST(EnvmTableTest, RefusesTablesThatMakeNoSense) {
  const std::vector<uint8_t> codes(12);
  const auto error = [&](int64_t rows, int width, int64_t stride) {
    return EnvmTable::Store(codes, rows, width, {.index_stride = stride}).status().message();
  };
  EXPECT_NE(error(0, 4, 1).find("0 × 4"), std::string::npos);
  EXPECT_NE(error(int64_t{1} << 40, 4, 1).find("2^32"), std::string::npos);
  EXPECT_NE(error(4, 4, 1).find("12 codes for a table of 4 × 4"), std::string::npos);
  EXPECT_NE(error(3, 4, 0).find("expected 1 to 3"), std::string::npos);
  EXPECT_NE(error(3, 4, 4).find("expected 1 to 3"), std::string::npos);
  EXPECT_OK(EnvmTable::Store(codes, 3, 4, {}));  // No value at all.
}

TEST(PruneByMagnitudeTest, TakesTheSmallestAndExactlyAsMany) {
  testing::Random random(3);
  for (int round = 0; round < 200; ++round) {
    const size_t count = 1 + random() % 500;
    const std::vector<uint8_t> codes = RandomCodes(count, 0.1, random);
    const double share = round == 0 ? 1 : static_cast<double>(random() % 100) / 100;
    std::vector<uint8_t> pruned = codes;
    PruneByMagnitude(share, pruned);
    const auto zeros = [](const std::vector<uint8_t>& list) {
      return static_cast<size_t>(std::count(list.begin(), list.end(), 0));
    };
    const auto wanted = static_cast<size_t>(share * static_cast<double>(count));
    EXPECT_EQ(zeros(pruned), std::max(zeros(codes), wanted));
    int largest_gone = 0;
    int smallest_left = 127;
    for (size_t i = 0; i < count; ++i) {
      if (pruned[i] == 0) {
        largest_gone = std::max(largest_gone, codes[i] & 127);
      } else {
        EXPECT_EQ(pruned[i], codes[i]);
        smallest_left = std::min(smallest_left, codes[i] & 127);
      }
    }
    EXPECT_LE(largest_gone, smallest_left);
  }
}

TEST(PruneByMagnitudeTest, SpreadsEqualMagnitudesEvenly) {
  std::vector<uint8_t> codes(1000, 0x15);
  PruneByMagnitude(0.6, codes);
  EXPECT_EQ(std::count(codes.begin(), codes.end(), 0), 600);
  EXPECT_EQ(std::count(codes.begin(), codes.begin() + 100, 0), 60);
}

}  // namespace
}  // namespace edgebert
