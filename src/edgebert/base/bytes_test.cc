#include <gtest/gtest.h>

#include <limits>

#include "edgebert/base/byte_reader.h"
#include "edgebert/base/byte_writer.h"
#include "edgebert/base/checked_math.h"
#include "edgebert/base/units.h"

namespace edgebert {
namespace {

TEST(ByteReaderTest, ReadsWhatTheWriterWrote) {
  ByteWriter writer;
  writer.Write<uint32_t>(0x01020304);
  writer.Write<float>(1.5f);
  writer.WriteString("abc");
  EXPECT_EQ(writer.bytes()[0], 4);  // Little-endian.
  ByteReader reader(writer.bytes());
  EXPECT_EQ(reader.Read<uint32_t>(), 0x01020304u);
  EXPECT_EQ(reader.Read<float>(), 1.5f);
  EXPECT_EQ(reader.ReadString(3), "abc");
  EXPECT_TRUE(reader.ok());
  EXPECT_TRUE(reader.AtEnd());
}

TEST(ByteReaderTest, FailureIsSticky) {
  const std::vector<uint8_t> bytes = {1, 2, 3};
  ByteReader reader(bytes);
  EXPECT_EQ(reader.Read<uint32_t>(), 0u);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.Read<uint8_t>(), 0u);  // There is a byte, but the reader has failed.
  EXPECT_EQ(reader.remaining(), 0u);
}

TEST(ByteReaderTest, AHugeLengthDoesNotWrap) {
  const std::vector<uint8_t> bytes = {1, 2, 3};
  ByteReader reader(bytes);
  reader.Read<uint8_t>();
  EXPECT_TRUE(reader.ReadBytes(std::numeric_limits<size_t>::max()).empty());
  EXPECT_FALSE(reader.ok());
}

TEST(CheckedMathTest, RefusesWhatDoesNotFit) {
  constexpr uint64_t max = std::numeric_limits<uint64_t>::max();
  EXPECT_EQ(CheckedAdd<uint64_t>(max - 1, 1), max);
  EXPECT_FALSE(CheckedAdd<uint64_t>(max, 1));
  EXPECT_EQ(CheckedMultiply<uint64_t>(1u << 31, 2), uint64_t{1} << 32);
  EXPECT_FALSE(CheckedMultiply<uint64_t>(uint64_t{1} << 32, uint64_t{1} << 32));
  EXPECT_EQ(CheckedAlignUp<uint64_t>(65, 64), 128u);
  EXPECT_EQ(CheckedAlignUp<uint64_t>(64, 64), 64u);
  EXPECT_FALSE(CheckedAlignUp<uint64_t>(max - 3, 64));
}

template <typename A, typename B>
concept Addable = requires(A a, B b) {
  a + b;
};

TEST(UnitsTest, OnlyLikeUnitsAdd) {
  static_assert(Addable<Joules, Joules>);
  static_assert(!Addable<Joules, Seconds>);
  static_assert(!Addable<Joules, double>);
  EXPECT_DOUBLE_EQ(TimeOf(Cycles(717e6), Hertz(717e6)).value(), 1.0);
  EXPECT_DOUBLE_EQ((Joules(3) - Joules(1)) / Joules(4), 0.5);
}

}  // namespace
}  // namespace edgebert
