#include "edgebert/pipeline/dataset.h"

#include <gtest/gtest.h>

#include "edgebert/base/file.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using testing::TemporaryDirectory;

std::string TsvError(std::string_view text) {
  return ParseTsv(text, true, "f.tsv").status().message();
}

TEST(ParseTsvTest, ReadsRowsHeadersAndLineNumbers) {
  const Result<TsvTable> table =
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

TEST(LoadTaskTest, ReadsBothSplitsFromTheFolderOrTheOneAbove) {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory.path() / "sst2");
  ASSERT_OK(WriteFileAtomically(directory.path() / "sst2" / "dev.tsv",
                                std::string_view("label\tsentence\n1\tgood\n0\tbad\n")));
  ASSERT_OK(WriteFileAtomically(directory.path() / "sst2" / "sentiment-test",
                                std::string_view("fine\t1\n")));
  for (const auto& folder : {directory.path(), directory.path() / "sst2"}) {
    const Result<std::vector<LabelledText>> dev = LoadTask("sst2", folder, Split::kDev);
    ASSERT_OK(dev);
    ASSERT_EQ(dev->size(), 2u);
    EXPECT_EQ((*dev)[0].text, "good");
    EXPECT_EQ((*dev)[0].label, 1);
    const Result<std::vector<LabelledText>> test = LoadTask("sst2", folder, Split::kTest);
    ASSERT_OK(test);
    EXPECT_EQ(test->front().text, "fine");
  }
}

TEST(LoadTaskTest, SaysWhatIsWrong) {
  const TemporaryDirectory directory;
  const auto error = [&](std::string_view task) {
    return LoadTask(task, directory.path(), Split::kDev).status().message();
  };
  EXPECT_EQ(error("sst"), "unknown task 'sst', did you mean 'sst2'? (known: sst2)");
  EXPECT_NE(error("sst2").find("neither is there"), std::string::npos);
  const auto file = directory.path() / "dev.tsv";
  ASSERT_OK(WriteFileAtomically(file, std::string_view("sentence\tlabel\ngood\tpositive\n")));
  EXPECT_EQ(error("sst2"), file.string() + ":2: unknown label 'positive', expected 0 or 1");
  ASSERT_OK(WriteFileAtomically(file, std::string_view("text\tlabel\ngood\t1\n")));
  EXPECT_EQ(error("sst2"), file.string() + ":1: no column 'sentence', the header has: text, label");
}

TEST(LoadTaskTest, ReadsTheRealData) {
  const auto directory = testing::SharedDirectory() / "data";
  EDGEBERT_REQUIRE_SHARED(directory);
  const Result<std::vector<LabelledText>> dev = LoadTask("sst2", directory, Split::kDev);
  ASSERT_OK(dev);
  EXPECT_EQ(dev->size(), 872u);
  EXPECT_EQ(std::count_if(dev->begin(), dev->end(), [](const auto& e) { return e.label == 1; }),
            444);
  const Result<std::vector<LabelledText>> test = LoadTask("sst2", directory, Split::kTest);
  ASSERT_OK(test);
  EXPECT_EQ(test->size(), 1821u);
  EXPECT_EQ(std::count_if(test->begin(), test->end(), [](const auto& e) { return e.label == 1; }),
            909);
  const Result<std::vector<std::string>> train = LoadTexts(directory / "sst2" / "train.tsv");
  ASSERT_OK(train);
  EXPECT_EQ(train->size(), 67349u);
}

}  // namespace
}  // namespace edgebert
