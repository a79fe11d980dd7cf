#include "edgebert/text/normalization_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edgebert/base/text.h"
#include "edgebert/testing/testing.h"
#include "edgebert/text/sentencepiece_test_model.h"
#include "edgebert/text/tokenizer.h"

namespace edgebert {
namespace {

using ::edgebert::testing::MapBuilder;
using ::edgebert::testing::Rules;
using ::testing::HasSubstr;

std::string Apply(const std::string& map, std::string_view text) {
  const Result<NormalizationMap> parsed = NormalizationMap::Parse(map);
  EXPECT_OK(parsed);
  return parsed.ok() ? parsed->Apply(text) : "";
}

std::string ParseError(const std::string& map) {
  const Result<NormalizationMap> parsed = NormalizationMap::Parse(map);
  EXPECT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.status().code(), StatusCode::kDataLoss);
  return parsed.status().message();
}

TEST(NormalizationMapTest, WithoutBytesNothingChanges) {
  EXPECT_EQ(Apply("", "a\tb\xCC\x81"), "a\tb\xCC\x81");
}

TEST(NormalizationMapTest, ReplacesCharacters) {
  const std::string map =
      MapBuilder(Rules{{"\t", " "}, {"\xC2\xAA", "a"}, {"\xE2\x84\xA2", "TM"}, {"\x07", ""}})
          .Bytes();
  EXPECT_EQ(Apply(map, "x\ty\xC2\xAA\xE2\x84\xA2\x07!"), "x yaTM!");
  EXPECT_EQ(Apply(map, ""), "");
  EXPECT_EQ(Apply(map, "\x07"), "");
}

// The four cases below are what `tokenizers` does with the same map.
TEST(NormalizationMapTest, AShortGraphemeIsReplacedByItsShortestPrefix) {
  const std::string map =
      MapBuilder(Rules{{"e", "1"}, {"e\xCC\x81", "2"}, {"\xCC\x88", "3"}, {"\r", " "}}).Bytes();
  EXPECT_EQ(Apply(map, "e\xCC\x81"), "1");   // The accent is lost with its letter.
  EXPECT_EQ(Apply(map, "\r\n"), " ");        // So is the line feed, one grapheme with CR.
  EXPECT_EQ(Apply(map, "x\xCC\x88"), "x3");  // No key starts with x: one by one.
  EXPECT_EQ(Apply(map, "ex\xCC\x88y"), "1x3y");
}

TEST(NormalizationMapTest, OfALongGraphemeEachCharacterIsReplaced) {
  const std::string map = MapBuilder(Rules{{"e", "1"}, {"\xCC\x88", "3"}}).Bytes();
  EXPECT_EQ(Apply(map, "e\xCC\x88\xCC\x88"), "1");             // Five bytes.
  EXPECT_EQ(Apply(map, "e\xCC\x88\xCC\x88\xCC\x88"), "1333");  // Seven.
}

TEST(NormalizationMapTest, NulIsNeverReplaced) {
  const std::string map = MapBuilder(Rules{{"a", "b"}}).Bytes();
  EXPECT_EQ(Apply(map, std::string_view("a\0a", 3)), std::string_view("b\0b", 3));
}

TEST(NormalizationMapTest, RefusesSizesThatDoNotFit) {
  const std::string good = MapBuilder(Rules{{"a", "b"}}).Bytes();
  for (size_t size = 1; size < good.size(); ++size) {
    EXPECT_FALSE(NormalizationMap::Parse(good.substr(0, size)).ok()) << size;
  }
  for (const uint32_t trie_bytes : {0u, 1u, 1022u, 1028u, 0x7FFFFFFFu, 0xFFFFFFFCu, 0xFFFFFFFFu}) {
    std::string bytes = good;
    for (unsigned i = 0; i < 4; ++i) {
      bytes[i] = static_cast<char>(trie_bytes >> (8 * i));
    }
    EXPECT_FALSE(NormalizationMap::Parse(bytes).ok()) << trie_bytes;
  }
  EXPECT_THAT(ParseError(std::string(kMaxNormalizationMapBytes + 1, 'x')), HasSubstr("at most"));
}

TEST(NormalizationMapTest, RefusesARootThatPointsOutside) {
  MapBuilder map(Rules{{"a", "b"}});
  map.units()[0] = 0x1FFFFFu << 10;
  EXPECT_THAT(ParseError(map.Bytes()), HasSubstr("the children of trie unit 0 are at"));
  map.units()[0] = (0x1FFFFFu << 10) | (1u << 9);
  EXPECT_THAT(ParseError(map.Bytes()), HasSubstr("outside"));
}

TEST(NormalizationMapTest, RefusesARootThatIsALeaf) {
  MapBuilder map(Rules{{"a", "b"}});
  map.units()[0] |= 1u << 8;
  EXPECT_THAT(ParseError(map.Bytes()), HasSubstr("empty string"));
}

TEST(NormalizationMapTest, RefusesANodeThatPointsOutside) {
  MapBuilder map(Rules{{"a", "b"}});
  for (uint32_t& unit : map.units()) {
    if ((unit & 0xFF) == 'a') {
      unit |= 0x1FFFFFu << 10;
    }
  }
  EXPECT_THAT(ParseError(map.Bytes()), HasSubstr("outside"));
}

TEST(NormalizationMapTest, RefusesLeavesThatPointNowhere) {
  MapBuilder map(Rules{{"a", "b\xC3\xA9"}});
  for (const uint32_t leaf : {(1u << 31) | 4u, ~0u, (1u << 31) | 2u, 0u}) {
    MapBuilder damaged = map;
    for (uint32_t& unit : damaged.units()) {
      if (unit >> 31 != 0) {
        unit = leaf;
      }
    }
    EXPECT_THAT(ParseError(damaged.Bytes()), HasSubstr("offset of a character")) << leaf;
  }
}

TEST(NormalizationMapTest, RefusesReplacementsThatAreNotNulEndedUtf8) {
  MapBuilder map(Rules{{"a", "b"}});
  map.replacements() = "b";
  EXPECT_THAT(ParseError(map.Bytes()), HasSubstr("NUL"));
  map.replacements() = "";
  EXPECT_THAT(ParseError(map.Bytes()), HasSubstr("NUL"));
  map.replacements() = std::string("\xFF\0", 2);
  EXPECT_THAT(ParseError(map.Bytes()), HasSubstr("not UTF-8"));
}

TEST(NormalizationMapTest, ACycleEnds) {
  MapBuilder map(Rules{{"ab", "x"}});
  // The child 'a' of the root becomes its own parent: its children are the root's.
  const uint32_t root_base = map.units()[0] >> 10;
  const uint32_t position = root_base ^ 'a';
  map.units()[position] = (static_cast<uint32_t>('a') << 10) | 'a';
  const std::string text(1000, 'a');
  EXPECT_EQ(Apply(map.Bytes(), text), text);
}

TEST(NormalizationMapTest, WithAnyBitFlippedItFailsOrStillGivesUtf8) {
  const std::string base =
      MapBuilder(Rules{{"\t", " "}, {"\xC2\xAA", "a"}, {"\xE2\x84\xA2", "T\xC3\xA9"}}).Bytes();
  size_t loaded = 0;
  for (size_t bit = 0; bit < base.size() * 8; ++bit) {
    std::string damaged = base;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    const Result<NormalizationMap> map = NormalizationMap::Parse(damaged);
    if (map.ok()) {
      ++loaded;
      const std::string text =
          map->Apply("a\t\xC2\xAA \xE2\x84\xA2\xCC\x81 b\r\n\x01\xF0\x9F\x98\x80");
      ASSERT_FALSE(FindInvalidUtf8(text)) << bit;
    }
  }
  EXPECT_GT(loaded, 0u);
  EXPECT_LT(loaded, base.size() * 8);
}

}  // namespace
}  // namespace edgebert
