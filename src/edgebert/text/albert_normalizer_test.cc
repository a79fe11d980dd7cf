#include "edgebert/text/albert_normalizer.h"

#include <gtest/gtest.h>

#include "edgebert/testing/testing.h"
#include "edgebert/text/sentencepiece_test_model.h"

namespace edgebert {
namespace {

AlbertNormalizer Normalizer(bool lower_case, bool strip_accents, const std::string& map = "") {
  return AlbertNormalizer(lower_case, strip_accents, NormalizationMap::Parse(map).value());
}

TEST(AlbertNormalizerTest, DoubledQuotesBecomeOne) {
  const AlbertNormalizer normalizer = Normalizer(true, true);
  EXPECT_EQ(normalizer.Apply("``a''"), "\"a\"");
  EXPECT_EQ(normalizer.Apply("```"), "\"`");
  EXPECT_EQ(normalizer.Apply("'`'"), "'`'");
  EXPECT_EQ(normalizer.Apply("''''"), "\"\"");
}

TEST(AlbertNormalizerTest, AccentsAndCapitalsGo) {
  EXPECT_EQ(Normalizer(true, true).Apply("\xC3\x89t\x65\xCC\x81"), "ete");
  EXPECT_EQ(Normalizer(false, true).Apply("\xC3\x89t\x65\xCC\x81"), "Ete");
  EXPECT_EQ(Normalizer(true, false).Apply("\xC3\x89t\x65\xCC\x81"), "\xC3\xA9t\x65\xCC\x81");
  EXPECT_EQ(Normalizer(false, false).Apply("\xC3\x89"), "\xC3\x89");
}

TEST(AlbertNormalizerTest, CompatibilityFormsAreDecomposedBeforeLowerCase) {
  EXPECT_EQ(Normalizer(true, true).Apply("\xEF\xBC\xA1\xC2\xBD\xE2\x84\xA2"),  // Ａ½™
            "a1\xE2\x81\x84"
            "2tm");
  EXPECT_EQ(Normalizer(true, true).Apply("\xC4\xB0"), "i");           // İ loses its dot,
  EXPECT_EQ(Normalizer(true, false).Apply("\xC4\xB0"), "i\xCC\x87");  // or keeps it apart.
}

TEST(AlbertNormalizerTest, TheMapComesLast) {
  const std::string map = testing::MapBuilder(testing::Rules{{"a", "X"}, {"\"", "Q"}}).Bytes();
  EXPECT_EQ(Normalizer(true, true, map).Apply("A''\xC3\x81"), "XQX");
}

}  // namespace
}  // namespace edgebert
