#include "edgebert/data/table.h"

#include <gtest/gtest.h>

#include "edgebert/base/file.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string TsvError(std::string_view text) {
  return ParseTsv(text, true, "f.tsv").status().message();
}

TEST(ParseTsvTest, ReadsRowsHeadersAndLineNumbers) {
  const Result<Table> table =
      ParseTsv("\xEF\xBB\xBFsentence\tlabel\n\na \"b\t1\r\nc\t0", true, "f.tsv");
  ASSERT_OK(table);
  EXPECT_EQ(table->header, (std::vector<std::string>{"sentence", "label"}));
  EXPECT_EQ(table->rows, (std::vector<std::vector<std::string>>{{"a \"b", "1"}, {"c", "0"}}));
  EXPECT_EQ(table->line_numbers, (std::vector<int>{3, 4}));
}

TEST(ParseTsvTest, ErrorsNameTheLine) {
  EXPECT_EQ(TsvError("a\tb\nx\n"),
            "f.tsv:2: 1 tab-separated columns, expected 2 as in the first row");
  EXPECT_EQ(TsvError("a\tb\nx\ty\tz\n"),
            "f.tsv:2: 3 tab-separated columns, expected 2 as in the first row");
  EXPECT_EQ(TsvError("a\tb\nx\t\xFF\n"), "f.tsv:2: not valid UTF-8");
  EXPECT_EQ(TsvError("a\tb\n"), "f.tsv: holds no rows");
  EXPECT_EQ(TsvError(""), "f.tsv: holds no rows");
}

std::string CsvError(std::string_view text) { return ParseCsv(text, "f.csv").status().message(); }

TEST(ParseCsvTest, ReadsQuotesCommasAndLineEndsInFields) {
  const Result<Table> table = ParseCsv(
      "\xEF\xBB\xBFtext,label\r\n\"a, \"\"b\"\"\nc\",1\n\n  plain \"x\" ,\"\"\n,\r\n", "f.csv");
  ASSERT_OK(table);
  EXPECT_EQ(table->header, (std::vector<std::string>{"text", "label"}));
  EXPECT_EQ(table->rows, (Rows{{"a, \"b\"\nc", "1"}, {"  plain \"x\" ", ""}, {"", ""}}));
  EXPECT_EQ(table->line_numbers, (std::vector<int>{2, 5, 6}));
}

TEST(ParseCsvTest, KeepsACarriageReturnThatEndsNoLine) {
  const Result<Table> table = ParseCsv("a,b\nx\ry,\"z\r\"", "f.csv");
  ASSERT_OK(table);
  EXPECT_EQ(table->rows, (Rows{{"x\ry", "z\r"}}));
}

TEST(ParseCsvTest, WhatIsQuotedComesBack) {
  testing::Random random(7);
  constexpr std::string_view kLetters = "ab,\"\n\r\t ";
  for (int round = 0; round < 300; ++round) {
    Rows rows(1 + random() % 4, std::vector<std::string>(2 + random() % 3));
    for (auto& row : rows) {
      row.resize(rows.front().size());
    }
    std::string text;
    for (auto& row : rows) {
      for (size_t i = 0; i < row.size(); ++i) {
        text += i == 0 ? "\"" : ",\"";
        for (size_t n = random() % 6; n > 0; --n) {
          row[i] += kLetters[random() % kLetters.size()];
          text += row[i].back() == '"' ? std::string("\"\"") : std::string(1, row[i].back());
        }
        text += '"';
      }
      text += random() % 2 == 0 ? "\n" : "\r\n";
    }
    const Result<Table> table =
        ParseCsv("h" + std::string(rows.front().size() - 1, ',') + "\n" + text, "f");
    ASSERT_OK(table);
    EXPECT_EQ(table->rows, rows) << text;
  }
}

TEST(ParseCsvTest, ErrorsNameTheLine) {
  EXPECT_EQ(CsvError("a,b\nx\n"),
            "f.csv:2: 1 comma-separated columns, expected 2 as in the first row");
  EXPECT_EQ(CsvError("a,b\n\n\"x\ny"), "f.csv:3: a quote is opened here and never closed");
  EXPECT_EQ(CsvError("a,b\n\"x\" y,1\n"),
            "f.csv:2: text after a closing quote, expected a comma or the end of the line (a quote "
            "inside quotes is written twice)");
  EXPECT_EQ(CsvError("a,b\n\xFF,1\n"), "f.csv:2: not valid UTF-8");
  EXPECT_EQ(CsvError("a,b\n"), "f.csv: holds no rows");
}

TEST(ReadTableTest, TakesTheSeparatorFromTheName) {
  const testing::TemporaryDirectory directory;
  for (const auto& [name, text] :
       {std::pair("t.csv", "a,b\n\"x\",1\n"), {"t.tsv", "a\tb\nx\t1\n"}}) {
    ASSERT_OK(WriteFileAtomically(directory.path() / name, std::string_view(text)));
    const Result<Table> table = ReadTable(directory.path() / name);
    ASSERT_OK(table);
    EXPECT_EQ(table->rows, (Rows{{"x", "1"}}));
  }
}

}  // namespace
}  // namespace edgebert
