#include "edgebert/text/bert_words.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "edgebert/base/file.h"
#include "edgebert/testing/testing.h"
#include "edgebert/text/unicode.h"

namespace edgebert {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr BertWordOptions kUncased;
constexpr BertWordOptions kCased = {.lower_case = false, .strip_accents = false};

std::vector<std::string> Words(std::string_view text, const BertWordOptions& options = kUncased) {
  BertWordReader reader(text, options);
  std::vector<std::string> words;
  for (std::string word; reader.Next(word);) {
    words.push_back(word);
  }
  return words;
}

TEST(BertWordReader, SplitsAtSpacesAndPunctuation) {
  EXPECT_THAT(Words("Don't  stop\tnow."), ElementsAre("don", "'", "t", "stop", "now", "."));
  EXPECT_THAT(Words("\u00bfqu\u00e9?"), ElementsAre("\u00bf", "que", "?"));
  EXPECT_THAT(Words(""), IsEmpty());
  EXPECT_THAT(Words(" \n\u3000"), IsEmpty());
}

TEST(BertWordReader, DropsControlCharacters) {
  EXPECT_THAT(Words(std::string_view("a\0b\x01\x7f", 5)), ElementsAre("ab"));
  EXPECT_THAT(Words("a\u200d\ufeff\ufffdb"), ElementsAre("ab"));
}

TEST(BertWordReader, MakesIdeographsWordsOfTheirOwnWhenAsked) {
  EXPECT_THAT(Words("a\u4e2d\u6587b"), ElementsAre("a", "\u4e2d", "\u6587", "b"));
  EXPECT_THAT(Words("a\u4e2d\u6587b", {.split_chinese_characters = false}),
              ElementsAre("a\u4e2d\u6587b"));
}

TEST(BertWordReader, StripsAccentsAndCaseIndependently) {
  const std::string text = "\u00c9a\u0301";
  EXPECT_THAT(Words(text), ElementsAre("ea"));
  EXPECT_THAT(Words(text, kCased), ElementsAre(text));
  EXPECT_THAT(Words(text, {.strip_accents = false}), ElementsAre("\u00e9a\u0301"));
  EXPECT_THAT(Words(text, {.lower_case = false}), ElementsAre("Ea"));
  EXPECT_THAT(Words("\u0130", {.strip_accents = false}), ElementsAre("i\u0307"));
}

TEST(BertWordReader, PutsKeptMarksInCanonicalOrderAcrossDroppedOnes) {
  // U+302E is of class 224, U+1D165 of class 216; U+0301 (230) is dropped between them.
  EXPECT_THAT(Words("a\u302e\u0301\U0001d165b"), ElementsAre("a\U0001d165\u302eb"));
  // U+1D15E is U+1D157 and a mark, before which U+1B44 (9) moves.
  EXPECT_THAT(Words("\U0001d15e\u1b44b"), ElementsAre("\U0001d157\u1b44\U0001d165b"));
  // U+0901 is dropped, too, but of class 0: nothing moves over it.
  EXPECT_THAT(Words("a\u302e\u0901\U0001d165b"), ElementsAre("a\u302e\U0001d165b"));
}

TEST(BertWordReader, CountsCharactersOfTheWordNotBytes) {
  BertWordReader reader("\u0437\u0438\u043c\u0430 x", kUncased);
  std::string word;
  ASSERT_TRUE(reader.Next(word));
  EXPECT_EQ(reader.characters(), 4u);
  ASSERT_TRUE(reader.Next(word));
  EXPECT_EQ(reader.characters(), 1u);
}

/// FNV-1a over the words of "a?b" for every code point of a plane, as the golden file's script
/// does.
std::string PlaneHash(uint32_t plane, const BertWordOptions& options) {
  uint64_t hash = 0xCBF29CE484222325u;
  const auto add = [&](std::string_view bytes) {
    for (const char byte : bytes) {
      hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3u;
    }
  };
  for (char32_t c = plane << 16; c < (plane + 1) << 16; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) {
      continue;
    }
    std::string text = "a";
    AppendUtf8(c, text);
    text += 'b';
    const std::vector<std::string> words = Words(text, options);
    for (size_t i = 0; i < words.size(); ++i) {
      add(i == 0 ? "" : "\n");
      add(words[i]);
    }
    add(std::string_view("\0", 1));
  }
  return fmt::format("{:016x}", hash);
}

TEST(BertWordReader, TreatsEveryCodePointAsTheReferenceDoes) {
  const auto text =
      ReadTextFile(std::string(EDGEBERT_SOURCE_DIR) + "/tests/golden/bert_words.json", 1 << 20);
  ASSERT_OK(text);
  const auto golden = nlohmann::json::parse(*text);
  for (uint32_t plane = 0; plane < 17; ++plane) {
    EXPECT_EQ(PlaneHash(plane, kUncased), golden["uncased"][plane]) << "plane " << plane;
    EXPECT_EQ(PlaneHash(plane, kCased), golden["cased"][plane]) << "plane " << plane;
  }
}

}  // namespace
}  // namespace edgebert
