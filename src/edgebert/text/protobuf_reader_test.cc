#include "edgebert/text/protobuf_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "edgebert/testing/testing.h"
#include "edgebert/text/sentencepiece_test_model.h"

namespace edgebert {
namespace {

using ::testing::HasSubstr;

std::span<const uint8_t> Bytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string NextError(const std::string& message) {
  ProtobufReader reader(Bytes(message), 100);
  const Result<ProtobufField> field = reader.Next();
  EXPECT_FALSE(field.ok());
  EXPECT_EQ(field.status().code(), StatusCode::kDataLoss);
  return field.status().message();
}

TEST(ProtobufReaderTest, ReadsEveryKindOfField) {
  const std::string message = testing::VarintField(1, 300) + testing::BytesField(2, "abc") +
                              testing::FloatField(40, 1.0f) +
                              std::string("\x29\1\0\0\0\0\0\0\2", 9);
  ProtobufReader reader(Bytes(message), 100);
  Result<ProtobufField> field = reader.Next();
  ASSERT_OK(field);
  EXPECT_EQ(field->number, 1u);
  EXPECT_EQ(field->value, 300u);
  EXPECT_EQ(field->offset, 100u);
  field = reader.Next();
  ASSERT_OK(field);
  EXPECT_EQ(field->text(), "abc");
  EXPECT_EQ(field->offset, 103u);
  EXPECT_EQ(field->bytes_offset, 105u);
  field = reader.Next();
  ASSERT_OK(field);
  EXPECT_EQ(field->number, 40u);
  EXPECT_EQ(field->type, WireType::kFixed32);
  EXPECT_EQ(field->value, 0x3F800000u);
  field = reader.Next();
  ASSERT_OK(field);
  EXPECT_EQ(field->type, WireType::kFixed64);
  EXPECT_EQ(field->value, 0x0200000000000001u);
  EXPECT_TRUE(reader.AtEnd());
}

TEST(ProtobufReaderTest, ReadsTheLargestNumber) {
  const std::string message = testing::VarintField(1, ~uint64_t{0});
  EXPECT_EQ(message.size(), 11u);
  ProtobufReader reader(Bytes(message));
  const Result<ProtobufField> field = reader.Next();
  ASSERT_OK(field);
  EXPECT_EQ(field->value, ~uint64_t{0});
}

TEST(ProtobufReaderTest, RefusesHostileFields) {
  EXPECT_THAT(NextError(std::string("\0", 1)), HasSubstr("byte 100: not the tag"));
  EXPECT_THAT(NextError("\x80"), HasSubstr("not the tag"));
  EXPECT_THAT(NextError("\x80\x80\x80\x80\x10"), HasSubstr("not the tag"));  // Number 2^29.
  EXPECT_THAT(NextError("\x0B"), HasSubstr("wire type 3"));
  EXPECT_THAT(NextError("\x0C"), HasSubstr("wire type 4"));
  EXPECT_THAT(NextError("\x0E"), HasSubstr("wire type 6"));
  EXPECT_THAT(NextError("\x0F"), HasSubstr("wire type 7"));
  EXPECT_THAT(NextError("\x0A\x05"
                        "abcd"),
              HasSubstr("has 5 bytes, but its message has only 4"));
  EXPECT_THAT(NextError("\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"),
              HasSubstr("has 18446744073709551615 bytes"));
  EXPECT_THAT(NextError("\x08"), HasSubstr("cut off"));
  EXPECT_THAT(NextError("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02"), HasSubstr("64 bits"));
  EXPECT_THAT(NextError("\x0D"
                        "abc"),
              HasSubstr("cut off"));
  EXPECT_THAT(NextError("\x09"
                        "abcdefg"),
              HasSubstr("cut off"));
}

TEST(ProtobufReaderTest, AlwaysEnds) {
  testing::Random random(3);
  for (int round = 0; round < 2000; ++round) {
    std::string message(random() % 40, ' ');
    for (char& c : message) {
      c = static_cast<char>(random());
    }
    ProtobufReader reader(Bytes(message));
    size_t fields = 0;
    while (!reader.AtEnd() && reader.Next().ok()) {
      ++fields;
    }
    EXPECT_LE(fields, message.size());
  }
}

}  // namespace
}  // namespace edgebert
