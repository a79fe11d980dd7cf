#include "edgebert/text/piece_trie.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::HasSubstr;

TEST(PieceTrieTest, FindsEveryPrefixThatAPlainSearchFinds) {
  testing::Random random(5);
  for (int round = 0; round < 50; ++round) {
    std::map<std::string, int32_t> pieces;
    const size_t letters = 1 + random() % 5;
    const auto word = [&] {
      std::string text(1 + random() % 6, ' ');
      for (char& c : text) {
        c = static_cast<char>(random() % letters * 60);  // NUL and bytes above 127 among them.
      }
      return text;
    };
    for (int i = 0; i < 60; ++i) {
      pieces.emplace(word(), i);
    }
    std::vector<PieceTrie::Entry> entries;
    entries.reserve(pieces.size());
    for (const auto& [piece, id] : pieces) {
      entries.push_back({piece, id});
    }
    std::shuffle(entries.begin(), entries.end(), random);
    const Result<PieceTrie> trie = PieceTrie::Build(entries);
    ASSERT_OK(trie);
    for (int i = 0; i < 100; ++i) {
      const std::string text = word() + word();
      std::vector<std::pair<size_t, int32_t>> expected;
      for (size_t length = 1; length <= text.size(); ++length) {
        if (const auto found = pieces.find(text.substr(0, length)); found != pieces.end()) {
          expected.emplace_back(length, found->second);
        }
      }
      std::vector<std::pair<size_t, int32_t>> found;
      trie->ForEachPrefix(text, [&](size_t length, int32_t id) { found.emplace_back(length, id); });
      EXPECT_EQ(found, expected);
      const auto whole = pieces.find(text);
      EXPECT_EQ(trie->Find(text).value_or(-1), whole == pieces.end() ? -1 : whole->second);
    }
  }
}

TEST(PieceTrieTest, EmptyFindsNothing) {
  const Result<PieceTrie> trie = PieceTrie::Build({});
  ASSERT_OK(trie);
  EXPECT_FALSE(trie->Find("a"));
  EXPECT_FALSE(trie->Find(""));
}

TEST(PieceTrieTest, RefusesEqualAndEmptyPieces) {
  EXPECT_THAT(PieceTrie::Build({{"ab", 7}, {"b", 1}, {"ab", 3}}).status().message(),
              HasSubstr("pieces 3 and 7 are both 'ab'"));
  EXPECT_THAT(PieceTrie::Build({{"ab", 7}, {"", 2}}).status().message(),
              HasSubstr("piece 2 is empty"));
}

}  // namespace
}  // namespace edgebert
