#include "edgebert/text/truncation.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace edgebert {
namespace {

/// The rule as its docstring says it: tokens go one by one from the longer of the two.
KeptTokens RemoveOneByOne(size_t text, size_t pair, size_t max_tokens) {
  const bool text_is_longer = text > pair;
  while (text + pair > max_tokens) {
    if (text > pair || (text == pair && !text_is_longer)) {
      --text;
    } else {
      --pair;
    }
  }
  return {text, pair};
}

TEST(TruncateLongestFirst, EqualsRemovingTokensFromTheLongerOne) {
  for (size_t text = 0; text < 24; ++text) {
    for (size_t pair = 0; pair < 24; ++pair) {
      for (size_t max_tokens = 0; max_tokens < 50; ++max_tokens) {
        const KeptTokens kept = TruncateLongestFirst(text, pair, max_tokens);
        const KeptTokens expected = RemoveOneByOne(text, pair, max_tokens);
        EXPECT_EQ(kept.text, expected.text) << text << " " << pair << " " << max_tokens;
        EXPECT_EQ(kept.pair, expected.pair) << text << " " << pair << " " << max_tokens;
      }
    }
  }
}

TEST(TruncateLongestFirst, OddTokenGoesToTheLongerOrElseToThePair) {
  EXPECT_EQ(TruncateLongestFirst(7, 6, 5).text, 3u);
  EXPECT_EQ(TruncateLongestFirst(6, 7, 5).text, 2u);
  EXPECT_EQ(TruncateLongestFirst(7, 7, 5).text, 2u);
  EXPECT_EQ(TruncateLongestFirst(7, 7, 5).pair, 3u);
}

TEST(TruncateLongestFirst, DoesNotOverflow) {
  EXPECT_EQ(TruncateLongestFirst(SIZE_MAX, SIZE_MAX, 10).text, 5u);
  EXPECT_EQ(TruncateLongestFirst(3, SIZE_MAX, SIZE_MAX).pair, SIZE_MAX - 3);
}

}  // namespace
}  // namespace edgebert
