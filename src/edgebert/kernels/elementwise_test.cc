#include "edgebert/kernels/elementwise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <vector>

#include "edgebert/kernels/dispatch.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::Each;
using testing::Random;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// The whole useful domain densely, every binade of both signs, and extremes.
std::vector<float> Grid() {
  std::vector<float> grid = {0.0f,  -0.0f,  1e30f, -1e30f, 1e-30f, -1e-30f, 1e-45f,
                             -3.0f, 0.625f, -20.f, 20.0f,  88.0f,  -88.0f};
  for (int i = -40 * 1024; i <= 40 * 1024; ++i) {
    grid.push_back(static_cast<float>(i) / 1024);
  }
  for (int exponent = -149; exponent <= 127; ++exponent) {
    for (const float significand : {1.0f, 1.3f, 1.99f}) {
      grid.push_back(std::ldexp(significand, exponent));
      grid.push_back(-std::ldexp(significand, exponent));
    }
  }
  return grid;
}

std::vector<float> RandomValues(Random& random, size_t size, float spread, float offset = 0) {
  std::normal_distribution<float> normal(offset, spread);
  std::vector<float> values(size);
  for (float& value : values) {
    value = normal(random);
  }
  return values;
}

double ExactGelu(double x) { return 0.5 * x * std::erfc(-x / std::numbers::sqrt2); }

double ExactGeluTanh(double x) {
  // By the logistic function, as 1 + tanh would lose digits.
  const double u = std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x);
  return x / (1 + std::exp(-2 * u));
}

class ElementwiseTest : public ::testing::TestWithParam<std::string> {
 protected:
  ElementwiseTest() : scope_(GetParam()) {}
  void SetUp() override { ASSERT_OK(scope_.status()); }

 private:
  ScopedInstructionSet scope_;
};

INSTANTIATE_TEST_SUITE_P(, ElementwiseTest, ::testing::ValuesIn(SupportedInstructionSets()),
                         [](const auto& set) { return set.param; });

void ExpectGelu(void (*function)(std::span<float>), double (*exact)(double)) {
  const std::vector<float> grid = Grid();
  std::vector<float> values = grid;
  function(values);
  for (size_t i = 0; i < grid.size(); ++i) {
    const double x = grid[i];
    const double expected = exact(x);
    const double error = std::fabs(values[i] - expected);
    if (x > 6) {
      ASSERT_EQ(values[i], grid[i]);
      continue;
    }
    ASSERT_LE(error, 2e-6) << "at " << x << ": " << values[i];
    if (x > -3) {
      // Below the normal floats, the last place is the limit.
      ASSERT_LE(error, 1e-5 * std::fabs(expected) + 1e-45) << "at " << x << ": " << values[i];
    }
  }
  std::vector<float> limits = {kInfinity, -kInfinity, std::numeric_limits<float>::max(),
                               std::numeric_limits<float>::lowest()};
  function(limits);
  EXPECT_EQ(limits[0], kInfinity);
  EXPECT_EQ(limits[1], 0.0f);
  EXPECT_EQ(limits[2], std::numeric_limits<float>::max());
  EXPECT_EQ(limits[3], 0.0f);
}

TEST_P(ElementwiseTest, GeluIsWithinItsErrors) { ExpectGelu(Gelu, ExactGelu); }

TEST_P(ElementwiseTest, GeluTanhIsWithinItsErrors) { ExpectGelu(GeluTanh, ExactGeluTanh); }

TEST_P(ElementwiseTest, GeluRisesFromItsMinimum) {
  for (void (*function)(std::span<float>) : {Gelu, GeluTanh}) {
    std::vector<float> values;
    for (int i = -70; i <= 1000; ++i) {
      values.push_back(static_cast<float>(i) / 100);
    }
    function(values);
    for (size_t i = 1; i < values.size(); ++i) {
      ASSERT_GT(values[i], values[i - 1]);
    }
  }
}

TEST_P(ElementwiseTest, TanhIsWithinItsErrors) {
  const std::vector<float> grid = Grid();
  std::vector<float> values = grid;
  Tanh(values);
  for (size_t i = 0; i < grid.size(); ++i) {
    const double expected = std::tanh(double{grid[i]});
    ASSERT_LE(std::fabs(values[i] - expected), 1e-6 * std::fabs(expected)) << "at " << grid[i];
    ASSERT_LE(std::fabs(values[i]), 1.0f);
    ASSERT_EQ(std::signbit(values[i]), std::signbit(grid[i]));
  }
  std::vector<float> limits = {kInfinity, -kInfinity};
  Tanh(limits);
  EXPECT_EQ(limits[0], 1.0f);
  EXPECT_EQ(limits[1], -1.0f);
}

TEST_P(ElementwiseTest, TanhIsOddAndRises) {
  std::vector<float> values;
  for (int i = -1000; i <= 1000; ++i) {
    values.push_back(static_cast<float>(i) / 256);
  }
  Tanh(values);
  for (size_t i = 1; i < values.size(); ++i) {
    ASSERT_GT(values[i], values[i - 1]);
    ASSERT_EQ(values[i], -values[values.size() - 1 - i]);
  }
}

TEST_P(ElementwiseTest, ReluIsExactAndGivesNoNegativeZero) {
  const std::vector<float> grid = Grid();
  std::vector<float> values = grid;
  Relu(values);
  for (size_t i = 0; i < grid.size(); ++i) {
    ASSERT_EQ(values[i], grid[i] > 0 ? grid[i] : 0.0f);
    ASSERT_FALSE(std::signbit(values[i]));
  }
}

TEST_P(ElementwiseTest, SoftmaxIsCloseToExact) {
  Random random(1);
  for (size_t size = 1; size <= 130; ++size) {
    for (const float spread : {0.01f, 1.0f, 10.0f, 100.0f}) {
      const std::vector<float> logits = RandomValues(random, size, spread);
      std::vector<float> values = logits;
      SoftmaxInPlace(values);
      const double largest = *std::max_element(logits.begin(), logits.end());
      double total = 0;
      for (const float logit : logits) {
        total += std::exp(logit - largest);
      }
      for (size_t i = 0; i < size; ++i) {
        const double exact = std::exp(logits[i] - largest) / total;
        // Rounding x - max shifts the exponent by half a last place of it.
        const double relative = 1e-6 + 6e-8 * (largest - logits[i]);
        ASSERT_NEAR(values[i], exact, relative * exact + 1e-37);
      }
      ASSERT_NEAR(std::accumulate(values.begin(), values.end(), 0.0), 1.0, 1e-6);
    }
  }
}

TEST_P(ElementwiseTest, ExpIsCloseToExactOverItsWholeDomain) {
  // With an element so large that it alone makes up the sum, softmax shows exp itself.
  std::vector<float> shifts;
  for (int i = 0; i <= 90 * 64; ++i) {
    shifts.push_back(static_cast<float>(-i) / 64);
  }
  for (const float shift : shifts) {
    std::vector<float> pair = {0.0f, shift};
    SoftmaxInPlace(pair);
    const double exact =
        shift < -87 ? 0.0 : std::exp(double{shift}) / (1 + std::exp(double{shift}));
    ASSERT_NEAR(pair[1], exact, 5e-7 * exact) << "at " << shift;
  }
}

TEST_P(ElementwiseTest, SoftmaxOfEqualValuesIsExact) {
  for (const float value : {0.0f, -3.5f, 1e30f, std::numeric_limits<float>::lowest()}) {
    for (const size_t size : {1u, 3u, 16u, 17u, 100u}) {
      std::vector<float> values(size, value);
      SoftmaxInPlace(values);
      EXPECT_THAT(values, Each(1.0f / static_cast<float>(size)));
    }
  }
}

TEST_P(ElementwiseTest, SoftmaxOfExtremesIsSafe) {
  std::vector<float> values = {std::numeric_limits<float>::max(),
                               std::numeric_limits<float>::lowest(), -kInfinity, 0.0f};
  SoftmaxInPlace(values);
  EXPECT_THAT(values, ::testing::ElementsAre(1.0f, 0.0f, 0.0f, 0.0f));
}

TEST_P(ElementwiseTest, AddLayerNormIsCloseToExact) {
  Random random(2);
  for (const size_t size : {1u, 2u, 15u, 16u, 17u, 31u, 33u, 128u, 384u, 768u, 777u}) {
    for (const float offset : {0.0f, 3.0f}) {
      const std::vector<float> update = RandomValues(random, size, 1.0f, offset);
      const std::vector<float> residual = RandomValues(random, size, 2.0f);
      const std::vector<float> gain = RandomValues(random, size, 1.0f);
      const std::vector<float> bias = RandomValues(random, size, 1.0f);
      for (const bool has_residual : {false, true}) {
        std::vector<double> x(size);
        for (size_t i = 0; i < size; ++i) {
          x[i] = update[i] + (has_residual ? double{residual[i]} : 0.0);
        }
        const double mean = std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(size);
        double variance = 0;
        for (const double value : x) {
          variance += (value - mean) * (value - mean) / static_cast<double>(size);
        }
        std::vector<float> output(size);
        const std::span<const float> used = has_residual ? residual : std::span<const float>();
        AddLayerNorm(update, used, gain, bias, 1e-3f, output);
        for (size_t i = 0; i < size; ++i) {
          const double exact = (x[i] - mean) / std::sqrt(variance + 1e-3) * gain[i] + bias[i];
          ASSERT_NEAR(output[i], exact, 1e-5) << size << ", " << i;
        }
        std::vector<float> in_place = update;
        AddLayerNorm(in_place, used, gain, bias, 1e-3f, in_place);
        ASSERT_EQ(in_place, output);
      }
    }
  }
}

TEST_P(ElementwiseTest, AddLayerNormOfAConstantRowIsTheBias) {
  for (const size_t size : {1u, 16u, 32u, 256u}) {
    const std::vector<float> update(size, 1.5f);
    const std::vector<float> gain(size, 3.0f);
    const std::vector<float> bias(size, -0.25f);
    std::vector<float> output(size);
    AddLayerNorm(update, {}, gain, bias, 1e-12f, output);
    EXPECT_THAT(output, Each(-0.25f));
  }
}

TEST_P(ElementwiseTest, MeanOverRowsIsCloseToExact) {
  Random random(3);
  for (const int rows : {1, 2, 25, 128}) {
    const size_t width = 37;
    const auto num_rows = static_cast<size_t>(rows);
    const std::vector<float> input = RandomValues(random, num_rows * width, 1.0f);
    std::vector<float> output(width);
    MeanOverRows(input, rows, static_cast<int>(width), output);
    for (size_t i = 0; i < width; ++i) {
      double sum = 0;
      for (size_t row = 0; row < num_rows; ++row) {
        sum += input[row * width + i];
      }
      ASSERT_NEAR(output[i], sum / rows, 1e-6);
    }
  }
}

/// What every function gives for inputs of many lengths, one after the other.
std::vector<uint32_t> AllBits() {
  std::vector<uint32_t> bits;
  const auto append = [&](const std::vector<float>& values) {
    for (const float value : values) {
      bits.push_back(std::bit_cast<uint32_t>(value));
    }
  };
  for (void (*function)(std::span<float>) : {Gelu, GeluTanh, Relu, Tanh}) {
    std::vector<float> values = Grid();
    function(values);
    append(values);
  }
  Random random(4);
  for (size_t size = 1; size <= 100; ++size) {
    std::vector<float> values = RandomValues(random, size, 5.0f);
    SoftmaxInPlace(values);
    append(values);
    const std::vector<float> update = RandomValues(random, size, 1.0f, 1.0f);
    const std::vector<float> residual = RandomValues(random, size, 1.0f);
    const std::vector<float> gain = RandomValues(random, size, 1.0f);
    AddLayerNorm(update, residual, gain, residual, 1e-12f, values);
    append(values);
    MeanOverRows(RandomValues(random, 7 * size, 1.0f), 7, static_cast<int>(size), values);
    append(values);
  }
  return bits;
}

TEST(ElementwiseBitsTest, EveryInstructionSetGivesTheSame) {
  std::vector<uint32_t> expected;
  for (const std::string& name : SupportedInstructionSets()) {
    const ScopedInstructionSet scope(name);
    ASSERT_OK(scope.status());
    const std::vector<uint32_t> bits = AllBits();
    if (expected.empty()) {
      expected = bits;
    }
    EXPECT_TRUE(bits == expected) << name;
  }
}

/// The documented order of summation, one element at a time.
float SumInOrder(const std::vector<float>& values) {
  std::vector<float> partials(16);
  for (size_t i = 0; i < values.size(); ++i) {
    partials[i % 16] += values[i];
  }
  for (size_t half = 8; half > 0; half /= 2) {
    for (size_t i = 0; i < half; ++i) {
      partials[i] += partials[i + half];
    }
  }
  return partials[0];
}

TEST(ElementwiseBitsTest, SumsRunInTheDocumentedOrder) {
  Random random(5);
  for (size_t size = 1; size <= 200; ++size) {
    const std::vector<float> update = RandomValues(random, size, 1.0f, 1.0f);
    const float mean = SumInOrder(update) / static_cast<float>(size);
    std::vector<float> squares = update;
    for (float& value : squares) {
      value = (value - mean) * (value - mean);
    }
    const float variance = SumInOrder(squares) / static_cast<float>(size);
    const float scale = 1.0f / std::sqrt(variance + 1e-5f);
    const std::vector<float> ones(size, 1.0f);
    const std::vector<float> zeros(size, 0.0f);
    std::vector<float> output(size);
    AddLayerNorm(update, {}, ones, zeros, 1e-5f, output);
    for (size_t i = 0; i < size; ++i) {
      ASSERT_EQ(output[i], (update[i] - mean) * scale) << size;
    }
  }
}

}  // namespace
}  // namespace edgebert
