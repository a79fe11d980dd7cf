#include "edgebert/model/checksum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

TEST(ChecksumTest, IsXxh3) {
  // The value of no bytes and seed 0, as xxHash's own self-test has it.
  EXPECT_EQ(Checksum({}), 0x2D06800538D394C2u);
}

TEST(ChecksumTest, PartsGiveTheSameAsTheWhole) {
  testing::Random random(3);
  for (int round = 0; round < 200; ++round) {
    std::vector<uint8_t> bytes(random() % 5000);
    for (uint8_t& byte : bytes) {
      byte = static_cast<uint8_t>(random());
    }
    StreamingChecksum checksum;
    for (size_t done = 0; done < bytes.size();) {
      const size_t count = std::min<size_t>(random() % 700, bytes.size() - done);
      checksum.Update(std::span(bytes).subspan(done, count));
      done += count;
    }
    ASSERT_EQ(checksum.value(), Checksum(bytes));
  }
}

}  // namespace
}  // namespace edgebert
