#include "edgebert/model/tensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "edgebert/numeric/adaptivfloat.h"
#include "edgebert/numeric/bitmask.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<uint8_t> RandomCodes(size_t count, double zero_share, testing::Random& random) {
  std::vector<uint8_t> codes(count);
  for (uint8_t& code : codes) {
    const bool zero = static_cast<double>(random() % 1000) < 1000 * zero_share;
    code = zero ? uint8_t{0} : static_cast<uint8_t>(random() % 256);
  }
  return codes;
}

/// What bitmask coding leaves of a code: both zeros are one.
uint8_t Canonical(uint8_t code) { return (code & 0x7F) == 0 ? uint8_t{0} : code; }

std::string MessageOf(const Tensor& tensor) { return ValidateTensor(tensor).message(); }

TEST(TensorTest, FloatsComeBackToTheBit) {
  const std::vector<float> values = {0.0f, -0.0f, 1.5f, -3e38f, 1e-45f, 0.1f};
  const Tensor tensor = MakeFloatTensor("t", {2, 3}, values);
  EXPECT_OK(ValidateTensor(tensor));
  EXPECT_EQ(tensor.num_elements(), 6);
  const std::vector<float> back = FloatValues(tensor);
  ASSERT_EQ(back.size(), values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(std::signbit(back[i]), std::signbit(values[i]));
    EXPECT_EQ(back[i], values[i]);
  }
  EXPECT_EQ(tensor.payload.size(), 24u);
  EXPECT_THAT(std::vector<uint8_t>(tensor.payload.begin() + 8, tensor.payload.begin() + 12),
              ElementsAre(0x00, 0x00, 0xC0, 0x3F));  // 1.5, little-endian.
}

TEST(TensorTest, CodesComeBackInTheSmallerEncoding) {
  testing::Random random(11);
  int dense = 0;
  int sparse = 0;
  for (int round = 0; round < 500; ++round) {
    const auto rows = static_cast<int64_t>(1 + random() % 20);
    const auto columns = static_cast<int64_t>(1 + random() % 20);
    const auto count = static_cast<size_t>(rows * columns);
    const std::vector<uint8_t> codes =
        RandomCodes(count, static_cast<double>(random() % 11) / 10, random);
    const Tensor tensor = MakeAf8Tensor("t", {rows, columns}, -5, codes);
    ASSERT_OK(ValidateTensor(tensor));
    size_t non_zero = 0;
    for (const uint8_t code : codes) {
      non_zero += Canonical(code) != 0;
    }
    const size_t sparse_bytes = (count + 7) / 8 + non_zero;
    ASSERT_EQ(tensor.payload.size(), std::min(count, sparse_bytes));
    ASSERT_EQ(tensor.encoding == TensorEncoding::kAf8Bitmask, sparse_bytes < count);
    (tensor.encoding == TensorEncoding::kAf8 ? dense : sparse) += 1;

    const std::vector<uint8_t> back = Af8Codes(tensor);
    const std::vector<float> values = FloatValues(tensor);
    ASSERT_EQ(back.size(), count);
    for (size_t i = 0; i < count; ++i) {
      ASSERT_EQ(Canonical(back[i]), Canonical(codes[i]));
      ASSERT_EQ(static_cast<double>(values[i]), Decode(kAf8, codes[i], -5));
    }
  }
  EXPECT_GT(dense, 50);
  EXPECT_GT(sparse, 50);
}

TEST(TensorTest, EveryCodeUnderEveryBiasIsAFiniteFloatWithoutRounding) {
  std::vector<uint8_t> codes(256);
  for (size_t code = 0; code < codes.size(); ++code) {
    codes[code] = static_cast<uint8_t>(code);
  }
  for (int bias = kMinExponentBias; bias <= kMaxExponentBias; ++bias) {
    const std::vector<float> values = FloatValues(MakeAf8Tensor("t", {256}, bias, codes));
    for (uint32_t code = 0; code < values.size(); ++code) {
      ASSERT_EQ(static_cast<double>(values[code]), Decode(kAf8, code, bias));
    }
  }
}

TEST(TensorTest, RefusesEachBrokenField) {
  testing::Random random(5);
  const Tensor sparse = MakeAf8Tensor("sparse", {3, 5}, 0, RandomCodes(15, 0.8, random));
  const Tensor dense = MakeAf8Tensor("dense", {3, 5}, 0, std::vector<uint8_t>(15, 0x11));
  const Tensor floats = MakeFloatTensor("floats", {2, 2}, std::vector<float>(4, 1.0f));
  ASSERT_EQ(sparse.encoding, TensorEncoding::kAf8Bitmask);
  ASSERT_EQ(dense.encoding, TensorEncoding::kAf8);
  const int64_t big = int64_t{1} << 20;
  const struct {
    const Tensor& tensor;
    std::function<void(Tensor&)> damage;
    const char* message;
  } cases[] = {
      {floats, [](Tensor& t) { t.name.clear(); }, "tensor name of 0 bytes"},
      {floats, [](Tensor& t) { t.name.assign(129, 'x'); }, "tensor name of 129 bytes"},
      {floats, [](Tensor& t) { t.name = "\xFF"; }, "valid UTF-8"},
      {floats, [](Tensor& t) { t.shape.clear(); }, "rank 0, expected 1 to 4"},
      {floats,
       [](Tensor& t) {
         t.shape = {1, 1, 1, 2, 2};
       },
       "rank 5, expected 1 to 4"},
      {floats,
       [](Tensor& t) {
         t.shape = {4, 0};
       },
       "shape [4 × 0]"},
      {floats,
       [](Tensor& t) {
         t.shape = {-2, -2};
       },
       "shape [-2 × -2]"},
      {floats, [=](Tensor& t) { t.shape = {big + 1}; }, "dimensions from 1 to 1048576"},
      {floats,
       [=](Tensor& t) {
         t.shape = {big, 4097};
       },
       "at most 4294967296 elements"},
      {floats,
       [=](Tensor& t) {
         t.shape = {big, big, big, 16};
       },
       "at most 4294967296 elements"},
      {floats, [](Tensor& t) { t.shape = {5}; }, "payload has 16 bytes, expected 20"},
      {floats, [](Tensor& t) { t.payload.pop_back(); }, "payload has 15 bytes, expected 16"},
      {floats, [](Tensor& t) { t.payload.push_back(0); }, "payload has 17 bytes, expected 16"},
      {floats, [](Tensor& t) { t.exponent_bias = 1; }, "exponent bias 1, expected 0 to 0"},
      {floats, [](Tensor& t) { t.encoding = static_cast<TensorEncoding>(3); }, "encoding 3"},
      {dense, [](Tensor& t) { t.exponent_bias = 32; }, "exponent bias 32, expected -32 to 31"},
      {dense, [](Tensor& t) { t.exponent_bias = -33; }, "exponent bias -33"},
      {dense, [](Tensor& t) { t.payload.pop_back(); }, "payload has 14 bytes, expected 15"},
      {dense, [](Tensor& t) { t.payload.push_back(0); }, "payload has 16 bytes, expected 15"},
      {sparse, [](Tensor& t) { t.payload.resize(1); }, "payload has 1 bytes, expected 2"},
      {sparse, [](Tensor& t) { t.payload.pop_back(); }, "payload has"},
      {sparse, [](Tensor& t) { t.payload.push_back(1); }, "payload has"},
      {sparse, [](Tensor& t) { t.payload[1] |= 0x80; }, "bits set after its last element"},
      {sparse, [](Tensor& t) { t.payload.back() = 0; }, "behind the bitmask is zero"},
      {sparse, [](Tensor& t) { t.payload.back() = 0x80; }, "behind the bitmask is zero"},
  };
  for (const auto& [valid, damage, message] : cases) {
    Tensor tensor = valid;
    ASSERT_OK(ValidateTensor(tensor));
    damage(tensor);
    EXPECT_THAT(MessageOf(tensor), HasSubstr(message)) << valid.name;
  }
}

TEST(TensorTest, RefusesFloatsThatAreNotFinite) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
        -std::numeric_limits<float>::infinity()}) {
    for (size_t at = 0; at < 5; ++at) {
      std::vector<float> values(5, 1.0f);
      values[at] = bad;
      EXPECT_THAT(
          MessageOf(MakeFloatTensor("floats", {5}, values)),
          AllOf(HasSubstr("tensor 'floats': element " + std::to_string(at)), HasSubstr("finite")));
    }
  }
}

// The mask decides how many codes follow: one bit more or fewer and the count no longer agrees.
TEST(TensorTest, EveryFlippedMaskBitIsAnError) {
  testing::Random random(6);
  const Tensor valid = MakeAf8Tensor("sparse", {7, 9}, 0, RandomCodes(63, 0.7, random));
  for (size_t bit = 0; bit < 8 * MaskBytes(63); ++bit) {
    Tensor tensor = valid;
    tensor.payload[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
    EXPECT_FALSE(ValidateTensor(tensor).ok()) << bit;
  }
}

TEST(TensorTest, CountsZerosAndSaturatedCodes) {
  const std::vector<uint8_t> codes = {0x00, 0x80, 0x7F, 0xFF, 0x11, 0x7E, 0x00, 0x00};
  const TensorStatistics dense =
      ComputeStatistics(Tensor{"t", {8}, TensorEncoding::kAf8, 0, codes});
  EXPECT_EQ(dense.zero_share, 0.5);
  EXPECT_EQ(dense.saturated_share, 0.25);
  const Tensor sparse = MakeAf8Tensor("t", {8}, 0, codes);
  ASSERT_EQ(sparse.encoding, TensorEncoding::kAf8Bitmask);
  EXPECT_EQ(ComputeStatistics(sparse).zero_share, 0.5);
  EXPECT_EQ(ComputeStatistics(sparse).saturated_share, 0.25);
  const TensorStatistics floats =
      ComputeStatistics(MakeFloatTensor("t", {4}, std::vector<float>{0.0f, -0.0f, 1.0f, 3e38f}));
  EXPECT_EQ(floats.zero_share, 0.5);
  EXPECT_EQ(floats.saturated_share, 0.0);
}

TEST(TensorTest, EncodingsHaveNames) {
  EXPECT_EQ(TensorEncodingName(TensorEncoding::kFloat32), "float32");
  EXPECT_EQ(TensorEncodingName(TensorEncoding::kAf8), "af8");
  EXPECT_EQ(TensorEncodingName(TensorEncoding::kAf8Bitmask), "af8-bitmask");
}

}  // namespace
}  // namespace edgebert
