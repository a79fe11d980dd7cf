#include "edgebert/text/base64.h"

#include <gtest/gtest.h>

namespace edgebert {
namespace {

TEST(DecodeBase64, DecodesTheVectorsOfRfc4648) {
  EXPECT_EQ(DecodeBase64(""), "");
  EXPECT_EQ(DecodeBase64("Zg=="), "f");
  EXPECT_EQ(DecodeBase64("Zm8="), "fo");
  EXPECT_EQ(DecodeBase64("Zm9v"), "foo");
  EXPECT_EQ(DecodeBase64("Zm9vYmFy"), "foobar");
  EXPECT_EQ(DecodeBase64("+/+/"), "\xfb\xff\xbf");
}

TEST(DecodeBase64, RefusesAnythingElse) {
  for (const char* text : {"Z", "Zg", "Zg=", "=", "====", "Zg==Zg==", "Zm9v\n", "Zm 9",
                           "Zh==", "Zm-_", "Z===", "Zm9="}) {
    EXPECT_EQ(DecodeBase64(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace edgebert
