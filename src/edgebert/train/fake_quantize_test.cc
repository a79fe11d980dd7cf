#include "edgebert/train/fake_quantize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "edgebert/numeric/adaptivfloat.h"

namespace edgebert {
namespace {

std::vector<float> RandomValues(size_t count, double deviation) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal(0, deviation);
  std::vector<float> values(count);
  for (float& value : values) {
    value = static_cast<float>(normal(random));
  }
  return values;
}

torch::Tensor ToTensor(std::vector<float> values) { return torch::tensor(values); }

TEST(FakeQuantizeTest, GivesTheValuesOfTheScalarReference) {
  for (const int bias : {-12, -6, -3, 0, 2}) {
    // Values around and beyond the range of the format at this bias, and its awkward ones.
    std::vector<float> values = RandomValues(9001, std::ldexp(60.0, bias));
    for (const float special : {0.0F, -0.0F, 1.0F, 17.0F, 16.0F, 8.5F, 3968.0F, 4096.0F}) {
      values.push_back(std::ldexp(special, bias - kAf8MantissaBits));
    }
    const torch::Tensor quantized = FakeQuantizeAf8(ToTensor(values), bias);
    for (size_t i = 0; i < values.size(); ++i) {
      const double expected = Decode(kAf8, Encode(kAf8, double{values[i]}, bias), bias);
      ASSERT_EQ(quantized[static_cast<int64_t>(i)].item<double>(), expected)
          << values[i] << " at bias " << bias;
    }
  }
}

TEST(FakeQuantizeTest, Bfloat16HoldsTheSameValuesAndPassesTheSameGradients) {
  const int bias = -6;
  torch::Tensor values = ToTensor(RandomValues(9001, 2));
  values.set_requires_grad(true);
  const torch::Tensor narrow = FakeQuantizeAf8(values, bias, torch::kBFloat16);
  EXPECT_EQ(narrow.scalar_type(), torch::kBFloat16);
  EXPECT_TRUE(torch::equal(narrow.to(torch::kFloat32), FakeQuantizeAf8(values, bias)));
  narrow.sum().backward();
  const float largest = std::ldexp(3968.0F, bias - kAf8MantissaBits);
  EXPECT_TRUE(torch::equal(values.grad(), (values.abs() <= largest).to(torch::kFloat32)));
  EXPECT_GT((values.grad() == 0).sum().item<int64_t>(), 0);
}

TEST(FakeQuantizeTest, GradientPassesThroughButBeyondTheRange) {
  const int bias = -4;
  const float largest = std::ldexp(3968.0F, bias - kAf8MantissaBits);
  torch::Tensor values = ToTensor({0.3F, -largest, 1.5F * largest, -2 * largest});
  values.set_requires_grad(true);
  FakeQuantizeAf8(values, bias).sum().backward();
  EXPECT_TRUE(torch::equal(values.grad(), torch::tensor({1.0F, 1.0F, 0.0F, 0.0F})));
}

TEST(CompressWeightTest, MasksThenQuantisesAndKeepsTheGradientOfWhatIsPruned) {
  torch::Tensor weight = ToTensor({0.11F, -0.37F, 0.9F, 0.02F});
  weight.set_requires_grad(true);
  WeightCompression compression;
  compression.mask = torch::tensor({true, false, true, true});
  compression.exponent_bias = -5;
  const torch::Tensor seen = CompressWeight(weight, compression, torch::kBFloat16);
  EXPECT_EQ(seen.scalar_type(), torch::kBFloat16);
  EXPECT_EQ(seen[1].item<float>(), 0.0F);
  for (const int64_t i : {0, 2, 3}) {
    // bfloat16 holds every AF8 value exactly.
    EXPECT_EQ(seen[i].item<double>(), Decode(kAf8, Encode(kAf8, weight[i].item<double>(), -5), -5));
  }
  seen.sum().backward();
  EXPECT_TRUE(torch::equal(weight.grad(), torch::ones({4})));
}

TEST(CompressWeightTest, WithoutCompressionIsTheWeight) {
  const torch::Tensor weight = ToTensor(RandomValues(33, 1));
  EXPECT_TRUE(torch::equal(CompressWeight(weight, {}, torch::kFloat32), weight));
}

TEST(SearchAf8BiasTest, IsThatOfTheScalarSearch) {
  const std::vector<float> values = RandomValues(5000, 0.04);
  EXPECT_EQ(SearchAf8Bias(ToTensor(values)), SearchBias(kAf8, values));
}

}  // namespace
}  // namespace edgebert
