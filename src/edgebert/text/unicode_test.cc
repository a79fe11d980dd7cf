#include "edgebert/text/unicode.h"

#include <gtest/gtest.h>

#include <string>

#include "edgebert/base/text.h"

namespace edgebert {
namespace {

TEST(UnicodeTest, CodePointsGoThroughUtf8AndBack) {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) {
      continue;
    }
    std::string text;
    AppendUtf8(c, text);
    ASSERT_FALSE(FindInvalidUtf8(text)) << static_cast<uint32_t>(c);
    size_t position = 0;
    ASSERT_EQ(DecodeUtf8(text, position), c);
    ASSERT_EQ(position, text.size());
  }
}

TEST(UnicodeTest, BytesThatAreNotUtf8AreStillConsumed) {
  for (int byte = 0x80; byte < 0x100; ++byte) {
    const std::string text(1, static_cast<char>(byte));
    size_t position = 0;
    EXPECT_EQ(DecodeUtf8(text, position), char32_t{0xFFFD});
    EXPECT_EQ(position, 1u);
  }
}

TEST(UnicodeTest, LowersWhatOldAndNewVersionsOfUnicodeKnow) {
  const struct {
    char32_t capital;
    char32_t small;
  } kCases[] = {{'A', 'a'},         {'a', 'a'},      {'@', '@'},        {0xC4, 0xE4},
                {0x3A3, 0x3C3},     {0xA7CB, 0x264}, {0xA7DC, 0x19B},   {0x10D65, 0x10D85},
                {0x10D66, 0x10D66}, {0x1E9E, 0xDF},  {0x16EB8, 0x16ED3}};
  for (const auto& [capital, small] : kCases) {
    EXPECT_EQ(ToLowerCase(capital).first, small) << static_cast<uint32_t>(capital);
    EXPECT_EQ(ToLowerCase(capital).second, char32_t{0});
  }
  EXPECT_EQ(ToLowerCase(0x130).first, U'i');
  EXPECT_EQ(ToLowerCase(0x130).second, char32_t{0x307});
}

TEST(UnicodeTest, FindsTheRangeThatHoldsACodePoint) {
  const struct Range {
    char32_t first;
    char32_t last;
  } kRanges[] = {{5, 5}, {7, 9}};
  for (char32_t c = 0; c < 12; ++c) {
    const Range* found = FindRange(kRanges, c);
    EXPECT_EQ(found, c == 5 ? &kRanges[0] : c >= 7 && c <= 9 ? &kRanges[1] : nullptr);
  }
}

}  // namespace
}  // namespace edgebert
