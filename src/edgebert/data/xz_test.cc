#include "edgebert/data/xz.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <lzma.h>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::HasSubstr;

std::string Pack(const std::string& text) {
  std::string bytes(text.size() + 1000, '\0');
  size_t size = 0;
  EXPECT_EQ(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, nullptr,
                                    reinterpret_cast<const uint8_t*>(text.data()), text.size(),
                                    reinterpret_cast<uint8_t*>(bytes.data()), &size, bytes.size()),
            LZMA_OK);
  bytes.resize(size);
  return bytes;
}

std::string Text() {
  testing::Random random(3);
  std::string text;
  while (text.size() < 200'000) {
    text += static_cast<char>('a' + random() % 5);
  }
  return text;
}

TEST(UnpackXzTest, UnpacksOneStreamOrSeveral) {
  const std::string text = Text();
  EXPECT_EQ(*UnpackXz(Pack(text), 1'000'000, "f"), text);
  EXPECT_EQ(*UnpackXz(Pack(text) + Pack("more"), 1'000'000, "f"), text + "more");
  EXPECT_EQ(*UnpackXz(Pack(""), 10, "f"), "");
}

TEST(UnpackXzTest, RefusesDamage) {
  const std::string packed = Pack(Text());
  EXPECT_THAT(UnpackXz("plain text of some length", 100, "f.xz").status().message(),
              HasSubstr("f.xz: no xz file"));
  for (const size_t size : {size_t{0}, size_t{5}, packed.size() / 2, packed.size() - 1}) {
    EXPECT_THAT(UnpackXz(packed.substr(0, size), 1'000'000, "f").status().message(),
                HasSubstr("cut short"))
        << size;
  }
  std::string flipped = packed;
  flipped[packed.size() / 2] = static_cast<char>(flipped[packed.size() / 2] ^ 1);
  EXPECT_EQ(UnpackXz(flipped, 1'000'000, "f").status().code(), StatusCode::kDataLoss);
}

TEST(UnpackXzTest, RefusesMoreThanTheBound) {
  EXPECT_THAT(UnpackXz(Pack(std::string(100'000, 'a')), 99'999, "f").status().message(),
              HasSubstr("more than 99999 bytes"));
}

}  // namespace
}  // namespace edgebert
