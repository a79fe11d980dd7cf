#include "edgebert/numeric/bitmask.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Random;

std::vector<uint8_t> RandomCodes(Random& random, size_t count, double density) {
  std::vector<uint8_t> codes(count);
  for (uint8_t& code : codes) {
    const bool is_set = std::uniform_real_distribution<>(0, 1)(random) < density;
    code = is_set ? static_cast<uint8_t>(random()) : uint8_t{0};
  }
  return codes;
}

TEST(BitmaskTest, LeastSignificantBitOfByteZeroComesFirst) {
  const std::vector<uint8_t> dense = {7, 0, 0, 9, 0, 0, 0, 0, 0, 255};
  const BitmaskCode code = EncodeBitmask(dense);
  EXPECT_EQ(code.num_elements, 10u);
  EXPECT_THAT(code.mask, ElementsAre(0b00001001, 0b00000010));
  EXPECT_THAT(code.values, ElementsAre(7, 9, 255));
}

TEST(BitmaskTest, NegativeZeroCountsAsZero) {
  const std::vector<uint8_t> dense = {0x80, 1, 0x81};
  const BitmaskCode code = EncodeBitmask(dense);
  EXPECT_THAT(code.mask, ElementsAre(0b110));
  EXPECT_THAT(code.values, ElementsAre(1, 0x81));
  std::vector<uint8_t> decoded(3, 42);
  ASSERT_OK(DecodeBitmask(3, code.mask, code.values, decoded));
  EXPECT_THAT(decoded, ElementsAre(0, 1, 0x81));
}

TEST(BitmaskTest, RoundTripsAllLengthsAndDensities) {
  Random random(1);
  for (size_t count = 0; count <= 70; ++count) {
    for (const double density : {0.0, 0.1, 0.5, 1.0}) {
      const std::vector<uint8_t> dense = RandomCodes(random, count, density);
      const BitmaskCode code = EncodeBitmask(dense);
      EXPECT_EQ(code.mask.size(), MaskBytes(count));
      EXPECT_EQ(PopulationCount(code.mask), code.values.size());
      std::vector<uint8_t> expected = dense;
      std::replace(expected.begin(), expected.end(), uint8_t{0x80}, uint8_t{0});
      EXPECT_EQ(code.values.size(), count - static_cast<size_t>(std::count(
                                                expected.begin(), expected.end(), uint8_t{0})));
      std::vector<uint8_t> decoded(count, 42);
      ASSERT_OK(DecodeBitmask(count, code.mask, code.values, decoded));
      EXPECT_EQ(decoded, expected);
    }
  }
}

TEST(BitmaskTest, MaskBytesRoundsUpWithoutOverflow) {
  EXPECT_EQ(MaskBytes(0), 0u);
  EXPECT_EQ(MaskBytes(1), 1u);
  EXPECT_EQ(MaskBytes(8), 1u);
  EXPECT_EQ(MaskBytes(9), 2u);
  EXPECT_EQ(MaskBytes(SIZE_MAX), SIZE_MAX / 8 + 1);
}

TEST(BitmaskTest, RefusesMaskOfWrongLength) {
  std::vector<uint8_t> dense(9);
  for (const size_t bytes : {0u, 1u, 3u}) {
    const std::vector<uint8_t> mask(bytes);
    const Status status = DecodeBitmask(9, mask, {}, dense);
    EXPECT_EQ(status.code(), StatusCode::kDataLoss);
    EXPECT_THAT(status.message(), HasSubstr("expected 2 for 9 elements"));
  }
}

TEST(BitmaskTest, RefusesBitsPastTheEnd) {
  std::vector<uint8_t> dense(9);
  const std::vector<uint8_t> values = {1};
  for (int bit = 1; bit < 8; ++bit) {
    const std::vector<uint8_t> mask = {0, static_cast<uint8_t>(1u << bit)};
    const Status status = DecodeBitmask(9, mask, values, dense);
    EXPECT_EQ(status.code(), StatusCode::kDataLoss);
    EXPECT_THAT(status.message(), HasSubstr("after its last element"));
  }
  const std::vector<uint8_t> last = {0, 1};
  EXPECT_OK(DecodeBitmask(9, last, values, dense));
}

TEST(BitmaskTest, RefusesPopulationThatDiffersFromTheValues) {
  std::vector<uint8_t> dense(8);
  const std::vector<uint8_t> mask = {0b101};
  for (const size_t count : {0u, 1u, 3u}) {
    const std::vector<uint8_t> values(count, 1);
    const Status status = DecodeBitmask(8, mask, values, dense);
    EXPECT_EQ(status.code(), StatusCode::kDataLoss);
    EXPECT_THAT(status.message(), HasSubstr("2 bits set"));
  }
}

TEST(BitmaskTest, RefusesDestinationOfWrongLength) {
  const std::vector<uint8_t> mask = {0};
  std::vector<uint8_t> dense(7);
  EXPECT_EQ(DecodeBitmask(8, mask, {}, dense).code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace edgebert
