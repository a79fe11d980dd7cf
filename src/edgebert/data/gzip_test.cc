#include "edgebert/data/gzip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::HasSubstr;

std::string Gzip(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::string bytes(text.size() + 1000, '\0');
  std::string input = text;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  bytes.resize(stream.total_out);
  deflateEnd(&stream);
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

TEST(GunzipTest, UnpacksOneMemberOrSeveral) {
  const std::string text = Text();
  EXPECT_EQ(*Gunzip(Gzip(text), 1'000'000, "f"), text);
  EXPECT_EQ(*Gunzip(Gzip(""), 0, "f"), "");
  EXPECT_EQ(*Gunzip(Gzip("ab") + Gzip(text), 1'000'000, "f"), "ab" + text);
}

TEST(GunzipTest, EveryPrefixIsCutShort) {
  const std::string bytes = Gzip("some text, some text, some text");
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THAT(Gunzip(bytes.substr(0, size), 1000, "f.gz").status().message(),
                HasSubstr("f.gz: the gzip data is cut short"))
        << size;
  }
}

TEST(GunzipTest, RefusesDamageAndMoreThanTheMaximum) {
  std::string bytes = Gzip(Text());
  EXPECT_THAT(Gunzip(bytes, 1000, "f.gz").status().message(),
              HasSubstr("f.gz: more than 1000 bytes unpacked"));
  bytes[bytes.size() - 6] ^= 1;  // The checksum.
  EXPECT_THAT(Gunzip(bytes, 1'000'000, "f.gz").status().message(), HasSubstr("damaged"));
  EXPECT_THAT(Gunzip("no gzip at all", 1000, "f.gz").status().message(),
              HasSubstr("f.gz: no gzip file, or a damaged one"));
}

}  // namespace
}  // namespace edgebert
