#include "edgebert/kernels/attention.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "edgebert/kernels/dispatch.h"
#include "edgebert/kernels/elementwise.h"
#include "edgebert/numeric/adaptivfloat.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using testing::Random;

size_t Width(const Attention& attention) {
  return attention.heads.size() * static_cast<size_t>(attention.head_size);
}

size_t Size(const Attention& attention) {
  return static_cast<size_t>(attention.tokens) * Width(attention);
}

bool Sees(const HeadSpan& head, int query, int key) { return std::abs(query - key) < head.span; }

/// Head sizes around every vector's length; spans from one key to all; a subset of heads.
std::vector<Attention> Shapes() {
  std::vector<Attention> shapes;
  for (const int head_size : {1, 4, 7, 8, 16, 20, 31, 32, 33, 64, 100, 128}) {
    shapes.push_back({11, head_size, {{0, 11}, {3, 1}, {5, 4}}});
  }
  for (const int tokens : {1, 2, 15, 16, 17, 33, 70}) {
    shapes.push_back({tokens, 32, {{1, tokens}, {2, 1 + tokens / 3}}});
  }
  shapes.push_back({9, 1024, {{0, 5}}});
  shapes.push_back({3, 32, {}});
  shapes.push_back({5, 8, {{0, 1000}}});
  return shapes;
}

struct FloatOperands {
  std::vector<float> query;
  std::vector<float> key;
  std::vector<float> value;
};

FloatOperands RandomFloats(const Attention& attention, Random& random) {
  std::normal_distribution<float> normal;
  FloatOperands operands;
  for (std::vector<float>* values : {&operands.query, &operands.key, &operands.value}) {
    values->resize(Size(attention));
    for (float& value : *values) {
      value = normal(random);
    }
  }
  return operands;
}

std::vector<float> RunF32(const Attention& attention, const FloatOperands& operands) {
  std::vector<float> scratch(static_cast<size_t>(attention.tokens));
  std::vector<float> context(Size(attention), -1.0f);
  AttentionF32(attention, operands.query, operands.key, operands.value, scratch, context);
  return context;
}

struct IntegerOperands {
  std::vector<int16_t> query;
  std::vector<int16_t> key;
  std::vector<int16_t> value;
};

std::vector<int16_t> RunAf8(const Attention& attention, const AttentionBiases& biases,
                            const IntegerOperands& operands) {
  AttentionScratch scratch;
  std::vector<int16_t> context(Size(attention), -1);
  const size_t half = attention.heads.size() / 2;
  for (const HeadRange& heads : {HeadRange{0, half}, HeadRange{half, attention.heads.size()}}) {
    AttentionAf8(attention, attention.tokens, heads, biases, operands.query, operands.key,
                 operands.value, scratch, context);
  }
  return context;
}

/// The definition, in 64-bit integers and numeric/'s scalar rounding.
std::vector<int16_t> ReferenceAf8(const Attention& attention, const AttentionBiases& biases,
                                  const IntegerOperands& operands) {
  const size_t width = Width(attention);
  const auto head_size = static_cast<size_t>(attention.head_size);
  std::vector<int16_t> context(Size(attention));
  for (size_t head = 0; head < attention.heads.size(); ++head) {
    for (int query = 0; query < attention.tokens; ++query) {
      const size_t here = static_cast<size_t>(query) * width + head * head_size;
      std::vector<size_t> keys;
      std::vector<float> scores;
      for (int key = 0; key < attention.tokens; ++key) {
        if (!Sees(attention.heads[head], query, key)) {
          continue;
        }
        keys.push_back(static_cast<size_t>(key) * width + head * head_size);
        int64_t sum = 0;
        for (size_t i = 0; i < head_size; ++i) {
          sum += int64_t{operands.query[here + i]} * operands.key[keys.back() + i];
        }
        const double units = std::ldexp(1.0, biases.query - 4 + biases.key - 4);
        scores.push_back(
            static_cast<float>(static_cast<double>(sum) * (units / std::sqrt(double(head_size)))));
      }
      SoftmaxInPlace(scores);
      for (size_t i = 0; i < head_size; ++i) {
        int64_t sum = 0;
        for (size_t j = 0; j < keys.size(); ++j) {
          const uint32_t code = Encode(kAf8, scores[j], biases.probability);
          sum += DecodeInteger(kAf8, code) * operands.value[keys[j] + i];
        }
        const uint32_t code =
            EncodeAccumulator(kAf8, sum, biases.probability - 4 + biases.value - 4, biases.context);
        context[here + i] = static_cast<int16_t>(DecodeInteger(kAf8, code));
      }
    }
  }
  return context;
}

class AttentionTest : public ::testing::TestWithParam<std::string> {
 protected:
  AttentionTest() : scope_(GetParam()) {}
  void SetUp() override { ASSERT_OK(scope_.status()); }

 private:
  ScopedInstructionSet scope_;
};

INSTANTIATE_TEST_SUITE_P(, AttentionTest, ::testing::ValuesIn(SupportedInstructionSets()),
                         [](const auto& set) { return set.param; });

TEST_P(AttentionTest, F32IsCloseToExact) {
  Random random(1);
  for (const Attention& attention : Shapes()) {
    SCOPED_TRACE(::testing::Message() << attention.tokens << " x " << attention.head_size);
    const FloatOperands operands = RandomFloats(attention, random);
    const std::vector<float> context = RunF32(attention, operands);
    const size_t width = Width(attention);
    const auto head_size = static_cast<size_t>(attention.head_size);
    for (size_t head = 0; head < attention.heads.size(); ++head) {
      for (int query = 0; query < attention.tokens; ++query) {
        const size_t here = static_cast<size_t>(query) * width + head * head_size;
        std::vector<double> weights(static_cast<size_t>(attention.tokens));
        double total = 0;
        for (int key = 0; key < attention.tokens; ++key) {
          if (!Sees(attention.heads[head], query, key)) {
            continue;
          }
          double sum = 0;
          for (size_t i = 0; i < head_size; ++i) {
            sum += double{operands.query[here + i]} *
                   operands.key[static_cast<size_t>(key) * width + head * head_size + i];
          }
          total += weights[static_cast<size_t>(key)] =
              std::exp(sum / std::sqrt(static_cast<double>(head_size)));
        }
        for (size_t i = 0; i < head_size; ++i) {
          double exact = 0;
          for (size_t key = 0; key < weights.size(); ++key) {
            exact += weights[key] / total * operands.value[key * width + head * head_size + i];
          }
          ASSERT_NEAR(context[here + i], exact, 1e-5);
        }
      }
    }
  }
}

TEST_P(AttentionTest, Af8EqualsExactIntegers) {
  Random random(2);
  for (const Attention& attention : Shapes()) {
    SCOPED_TRACE(::testing::Message() << attention.tokens << " x " << attention.head_size);
    for (const AttentionBiases& biases :
         {AttentionBiases{-6, -6, -5, -7, -6}, AttentionBiases{-9, -5, 3, -10, 2}}) {
      IntegerOperands operands;
      for (std::vector<int16_t>* values : {&operands.query, &operands.key, &operands.value}) {
        values->resize(Size(attention));
        for (int16_t& value : *values) {
          value = static_cast<int16_t>(DecodeInteger(kAf8, random() % 256));
        }
      }
      ASSERT_EQ(RunAf8(attention, biases, operands), ReferenceAf8(attention, biases, operands));
    }
  }
}

TEST_P(AttentionTest, Af8WorstCaseDoesNotOverflow) {
  // Probabilities of 1/n, all beyond the largest code of their bias, times the largest values.
  const Attention attention{700, 72, {{0, 700}}};
  const AttentionBiases biases{-20, -20, -5, -20, -2};
  IntegerOperands operands;
  operands.query.assign(Size(attention), int16_t{kAf8MaxInteger});
  operands.key.assign(Size(attention), int16_t{-kAf8MaxInteger});
  operands.value.assign(Size(attention), int16_t{kAf8MaxInteger});
  const std::vector<int16_t> expected = [&] {
    // Every query gives the same; the reference needs one row only.
    const int64_t sum = int64_t{700} * kAf8MaxInteger * kAf8MaxInteger;
    const uint32_t code = EncodeAccumulator(kAf8, sum, -33, biases.context);
    return std::vector<int16_t>(Size(attention), static_cast<int16_t>(DecodeInteger(kAf8, code)));
  }();
  ASSERT_LT(expected.front(), kAf8MaxInteger);
  ASSERT_GT(expected.front(), 17);
  EXPECT_EQ(RunAf8(attention, biases, operands), expected);
}

TEST_P(AttentionTest, Af8ScoresOfTheLargestHeadDoNotOverflow) {
  // Two keys of opposite sign: a wrapped sum would turn the winner into the loser.
  const Attention attention{2, 1024, {{0, 2}}};
  const AttentionBiases biases{-6, -6, -7, -7, -7};
  IntegerOperands operands;
  operands.query.assign(Size(attention), int16_t{kAf8MaxInteger});
  operands.key.assign(Size(attention), int16_t{kAf8MaxInteger});
  std::fill_n(operands.key.begin(), 1024, int16_t{-kAf8MaxInteger});
  operands.value.assign(Size(attention), 32);
  std::fill_n(operands.value.begin(), 1024, int16_t{1024});
  EXPECT_EQ(RunAf8(attention, biases, operands), std::vector<int16_t>(Size(attention), 32));
}

TEST(AttentionBitsTest, EveryInstructionSetGivesTheSame) {
  std::vector<std::vector<float>> expected;
  for (const std::string& name : SupportedInstructionSets()) {
    const ScopedInstructionSet scope(name);
    ASSERT_OK(scope.status());
    Random random(3);
    std::vector<std::vector<float>> contexts;
    for (const Attention& attention : Shapes()) {
      contexts.push_back(RunF32(attention, RandomFloats(attention, random)));
    }
    if (expected.empty()) {
      expected = contexts;
    }
    EXPECT_EQ(contexts, expected) << name;
  }
}

}  // namespace
}  // namespace edgebert
