#include "edgebert/base/text.h"

#include <gtest/gtest.h>

namespace edgebert {
namespace {

TEST(Utf8Test, AcceptsEveryEncodedLength) {
  EXPECT_FALSE(FindInvalidUtf8(std::string_view("a\0b", 3)));
  EXPECT_FALSE(FindInvalidUtf8("aé€😀"));
  EXPECT_FALSE(FindInvalidUtf8("\xF4\x8F\xBF\xBF"));
}

TEST(Utf8Test, NamesTheFirstBadByte) {
  EXPECT_EQ(FindInvalidUtf8("ab\xFF"), 2u);
  EXPECT_EQ(FindInvalidUtf8("a\x80"), 1u);                 // A continuation without a start.
  EXPECT_EQ(FindInvalidUtf8("\xC3"), 0u);                  // Cut short.
  EXPECT_EQ(FindInvalidUtf8("\xC0\x80"), 0u);              // Overlong.
  EXPECT_EQ(FindInvalidUtf8("\xE0\x80\x80"), 0u);          // Overlong.
  EXPECT_EQ(FindInvalidUtf8("x\xED\xA0\x80"), 1u);         // A surrogate.
  EXPECT_EQ(FindInvalidUtf8("\xF4\x90\x80\x80"), 0u);      // Above U+10FFFF.
  EXPECT_EQ(FindInvalidUtf8("\xF8\x88\x80\x80\x80"), 0u);  // Five bytes.
}

TEST(CheckJsonHasNoNulTest, NamesTheFirstNul) {
  EXPECT_TRUE(CheckJsonHasNoNul("").ok());
  EXPECT_TRUE(CheckJsonHasNoNul("{\"a\": \"\\u0000\"}").ok());
  const Status status = CheckJsonHasNoNul(std::string_view("{}\0 \0", 5));
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_EQ(status.message(), "byte 2 is NUL, which JSON does not have");
}

TEST(EscapeMarkupTest, LeavesNoMarkup) {
  EXPECT_EQ(EscapeMarkup("a <b> & \"c\"\n'é'"), "a &lt;b&gt; &amp; &quot;c&quot; 'é'");
}

TEST(CsvFieldTest, QuotesWhereItHasTo) {
  EXPECT_EQ(CsvField("plain 'text'"), "plain 'text'");
  EXPECT_EQ(CsvField("a, \"b\""), "\"a, \"\"b\"\"\"");
  EXPECT_EQ(CsvField("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(CsvField("two\rlines"), "\"two\rlines\"");
}

TEST(NearestNameTest, FindsLikelyMisspellingsOnly) {
  const std::vector<std::string> names = {"early-exit", "early-exit-static", "predicted"};
  EXPECT_EQ(NearestName("earlyexit", names), "early-exit");
  EXPECT_EQ(NearestName("predcted", names), "predicted");
  EXPECT_EQ(NearestName("rnu", std::vector<std::string>{"run"}), "run");
  EXPECT_FALSE(NearestName("xyz", names));
  EXPECT_EQ(DidYouMean("predcted", names), ", did you mean 'predicted'?");
  EXPECT_EQ(DidYouMean("xyz", names), "");
}

TEST(ParseFiniteNumberTest, TakesWholeFiniteNumbersOnly) {
  EXPECT_EQ(ParseFiniteNumber("-1.5e3").value(), -1500.0);
  for (const char* bad : {"", "nan", "inf", "1x", " 1", "1 ", "1e999", "0x10"}) {
    EXPECT_FALSE(ParseFiniteNumber(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace edgebert
