#include "edgebert/model/sha256.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

std::span<const uint8_t> Bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// FIPS 180-4 examples (NIST, "SHA256.pdf"): one block, two blocks, and a million letters.
TEST(Sha256Test, ExamplesOfTheStandard) {
  EXPECT_EQ(Sha256Text(*Sha256(Bytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Text(*Sha256(Bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Sha256Text(*Sha256(Bytes(std::string(1000000, 'a')))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  EXPECT_EQ(Sha256Text(*Sha256({})),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Sha256Test, PartsGiveTheHashOfTheWhole) {
  const std::string text(1000, 'x');
  for (const size_t cut : std::vector<size_t>{0, 1, 63, 64, 65, 500, 1000}) {
    StreamingSha256 hash;
    hash.Update(Bytes(text).first(cut));
    hash.Update(Bytes(text).subspan(cut));
    EXPECT_EQ(*hash.Finish(), *Sha256(Bytes(text))) << cut;
  }
}

TEST(Sha256Test, FinishesOnce) {
  StreamingSha256 hash;
  ASSERT_OK(hash.Finish());
  EXPECT_FALSE(hash.Finish().ok());
}

}  // namespace
}  // namespace edgebert
