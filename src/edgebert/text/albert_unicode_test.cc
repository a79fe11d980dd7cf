#include "edgebert/text/albert_unicode.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "edgebert/text/unicode.h"

namespace edgebert {
namespace {

void AppendLowerCase(char32_t code_point, std::string& text) {
  const LowerCase lower = ToLowerCase(code_point);
  AppendUtf8(lower.first, text);
  if (lower.second != 0) {
    AppendUtf8(lower.second, text);
  }
}

// FNV-1a over what tools/compare_unicode.py takes from Hugging Face's `tokenizers` 0.23.
uint64_t Digest() {
  uint64_t digest = 0xCBF29CE484222325u;
  const auto add = [&](uint8_t byte) { digest = (digest ^ byte) * 0x100000001B3u; };
  for (char32_t c = 1; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) {
      continue;
    }
    std::string record;
    char32_t decomposition[kMaxDecomposition];
    const size_t length = DecomposeCompatible(c, decomposition);
    for (size_t i = 0; i < length; ++i) {
      if (!IsMark(decomposition[i])) {
        AppendLowerCase(decomposition[i], record);
      }
    }
    record.push_back('\0');
    AppendLowerCase(c, record);
    unsigned flags = IsWhiteSpace(c) ? 1 : 0;
    std::vector<std::pair<char32_t, char32_t>> pairs = {{U'a', c}, {c, U'b'}};
    if (c < 0x10000) {
      pairs.emplace_back(c, 0x308);
    }
    for (size_t i = 0; i < pairs.size(); ++i) {
      int32_t state = 0;
      flags |= (IsGraphemeBoundary(pairs[i].first, pairs[i].second, state) ? 1u : 0u) << (i + 1);
    }
    for (const char byte : record) {
      add(static_cast<uint8_t>(byte));
    }
    add(static_cast<uint8_t>(flags));
  }
  return digest;
}

TEST(AlbertUnicodeTest, EveryCodePointIsAsInHuggingFaceTokenizers) {
  EXPECT_EQ(Digest(), 0xE80A1C113197B5B7u)
      << "another utf8proc than 2.8? tools/compare_unicode.py lists what differs";
}

TEST(AlbertUnicodeTest, AGraphemeHoldsItsMarks) {
  int32_t state = 0;
  EXPECT_FALSE(IsGraphemeBoundary('\r', '\n', state));
  EXPECT_TRUE(IsGraphemeBoundary('\n', 'a', state));
  EXPECT_FALSE(IsGraphemeBoundary('a', 0x301, state));
  EXPECT_FALSE(IsGraphemeBoundary(0x301, 0x308, state));
  EXPECT_TRUE(IsGraphemeBoundary(0x308, 'b', state));
  EXPECT_TRUE(IsGraphemeBoundary('b', '\n', state));
  EXPECT_TRUE(IsGraphemeBoundary('\n', 'c', state));
  EXPECT_FALSE(IsGraphemeBoundary('c', 0x301, state));
  EXPECT_TRUE(IsGraphemeBoundary(0x301, '\n', state));
  EXPECT_TRUE(IsGraphemeBoundary('\n', 'd', state));
  EXPECT_FALSE(IsGraphemeBoundary('d', 0x301, state));  // The line feed left no trace.
}

}  // namespace
}  // namespace edgebert
