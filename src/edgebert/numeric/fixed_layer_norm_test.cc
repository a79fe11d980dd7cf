#include "edgebert/numeric/fixed_layer_norm.h"

#include <gtest/gtest.h>

#include <cmath>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

constexpr int32_t kLargest = (1 << (kNormInputBits - 1)) - 1;

/// The row's normalised values times gain plus bias, as the unit computes them.
std::vector<double> NormaliseRow(const std::vector<int32_t>& words, const NormShape& shape,
                                 const FixedNormWeights& weights) {
  NormMoments moments;
  for (const int32_t word : words) {
    moments.Add(word);
  }
  const NormRow row = FinishMoments(moments, shape);
  std::vector<double> values;
  for (size_t i = 0; i < words.size(); ++i) {
    const int64_t value = Normalise(words[i], row, weights.gain[i], weights.bias[i]);
    values.push_back(std::ldexp(static_cast<double>(value), weights.unit_exponent));
  }
  return values;
}

struct Moments {
  double mean = 0;
  double variance = 0;
};

Moments ExactMoments(const std::vector<int32_t>& words) {
  Moments moments;
  for (const int32_t word : words) {
    moments.mean += word;
  }
  moments.mean /= static_cast<double>(words.size());
  for (const int32_t word : words) {
    moments.variance += (word - moments.mean) * (word - moments.mean);
  }
  moments.variance /= static_cast<double>(words.size());
  return moments;
}

/// Holds a row against double precision, within the bound of Normalise()'s contract.
void ExpectNormalised(const std::vector<int32_t>& words, const std::vector<float>& gain,
                      const std::vector<float>& bias, float epsilon, int unit_exponent) {
  const NormShape shape = MakeNormShape(static_cast<int>(words.size()), epsilon, unit_exponent);
  const FixedNormWeights weights = MakeFixedNormWeights(gain, bias);
  const std::vector<double> values = NormaliseRow(words, shape, weights);
  const auto [mean, variance] = ExactMoments(words);
  const double sigma = std::sqrt(variance + std::ldexp(epsilon, -2 * unit_exponent));
  const double gain_unit = std::ldexp(1.0, weights.unit_exponent + kNormalisedFractionBits);
  for (size_t i = 0; i < words.size(); ++i) {
    const double exact = (words[i] - mean) / sigma;
    const double tolerance = 6e-5 * std::fabs(exact) + 0x1p-15 + 0.1 / sigma;
    const double weight_tolerance =
        std::fabs(exact) * gain_unit / 2 + std::ldexp(0.5, weights.unit_exponent);
    ASSERT_NEAR(values[i], exact * gain[i] + bias[i],
                tolerance * (std::fabs(gain[i]) + gain_unit) + weight_tolerance)
        << "element " << i << " of " << words.size();
  }
}

TEST(FixedLayerNormTest, IsWithinItsBoundOfDoublePrecision) {
  testing::Random random(1);
  std::normal_distribution<double> normal;
  for (const int width : {1, 2, 3, 16, 100, 384, 768, 1024, 4096, 65'536}) {
    for (const double sigma : {1.0, 30.0, 500.0, 8000.0, 100'000.0}) {
      std::vector<int32_t> words;
      std::vector<float> gain;
      std::vector<float> bias;
      const double mean = 2 * sigma * normal(random);
      for (int i = 0; i < width; ++i) {
        const auto value = static_cast<int64_t>(std::nearbyint(mean + sigma * normal(random)));
        words.push_back(static_cast<int32_t>(Saturate(value, kNormInputBits)));
        gain.push_back(static_cast<float>(1 + 0.3 * normal(random)));
        bias.push_back(static_cast<float>(0.5 * normal(random)));
      }
      if (ExactMoments(words).variance > 0) {
        ExpectNormalised(words, gain, bias, 1e-12f, -10);
        ExpectNormalised(words, gain, bias, 1e-3f, -8);
      }
    }
  }
}

TEST(FixedLayerNormTest, OneOutlierAmongEqualWords) {
  std::vector<int32_t> words(768, -7);
  words[5] = kLargest;
  const std::vector<float> ones(768, 1.0f);
  ExpectNormalised(words, ones, std::vector<float>(768, 0.0f), 1e-12f, -9);
}

TEST(FixedLayerNormTest, RowsOfEqualWordsGiveTheBias) {
  for (const int width : {1, 3, 384, 768, 65'535}) {
    const auto size = static_cast<size_t>(width);
    const FixedNormWeights weights =
        MakeFixedNormWeights(std::vector<float>(size, 1.5f), std::vector<float>(size, 0.25f));
    for (const int32_t word : {-kLargest, -1, 0, 123'456, kLargest}) {
      for (const double value : NormaliseRow(std::vector<int32_t>(size, word),
                                             MakeNormShape(width, 1e-12f, -9), weights)) {
        ASSERT_EQ(value, 0.25) << width << " words of " << word;
      }
    }
  }
}

TEST(FixedLayerNormTest, RowsDoNotDependOnTheUnitButForEpsilon) {
  testing::Random random(2);
  std::vector<int32_t> words;
  for (int i = 0; i < 384; ++i) {
    words.push_back(static_cast<int32_t>(random() % 2001) - 1000);
  }
  const FixedNormWeights weights =
      MakeFixedNormWeights(std::vector<float>(384, 1.0f), std::vector<float>(384, 0.0f));
  const std::vector<double> values = NormaliseRow(words, MakeNormShape(384, 0, 0), weights);
  EXPECT_EQ(values, NormaliseRow(words, MakeNormShape(384, 0, -12), weights));
  EXPECT_NE(values, NormaliseRow(words, MakeNormShape(384, 0.1f, -9), weights));
}

TEST(FixedLayerNormTest, EveryBitIsTheSameEverywhere) {
  // FNV-1a over outputs before their rounding to AF8.
  testing::Random random(3);
  uint64_t hash = 14695981039346656037u;
  for (int row = 0; row < 2000; ++row) {
    const int width = 1 + static_cast<int>(random() % 400);
    const int span = 2 << (random() % 18);
    std::vector<int32_t> words;
    NormMoments moments;
    for (int i = 0; i < width; ++i) {
      words.push_back(static_cast<int32_t>(random() % static_cast<uint64_t>(span)) - span / 3);
      moments.Add(words.back());
    }
    const NormRow constants = FinishMoments(moments, MakeNormShape(width, 1e-5f, -10));
    for (const int32_t word : words) {
      hash =
          (hash ^ static_cast<uint64_t>(Normalise(word, constants, 12'345, -678))) * 1099511628211u;
    }
  }
  EXPECT_EQ(hash, 6611576176400572522u);
}

TEST(FixedLayerNormTest, WorkedExample) {
  // Mean 4, variance (4 · 84 - 16²) / 16 = 5: (x - 4) / √5.
  NormMoments moments;
  for (const int32_t word : {1, 3, 5, 7}) {
    moments.Add(word);
  }
  EXPECT_EQ(moments.sum, 16);
  EXPECT_EQ(moments.sum_of_squares, 84);
  const NormRow row = FinishMoments(moments, MakeNormShape(4, 0, 0));
  EXPECT_EQ(row.mean, 4 * 8);
  // √80 lies in [8, 16): the root's mantissa is 2^16 · 8 / √80 = 58617.4, off by the table's error,
  // times 4 / 4; the shift is 3 - 14 + 16 + 3 - 2.
  EXPECT_NEAR(static_cast<double>(row.multiplier), 65536 * 8 / std::sqrt(80.0), 6);
  EXPECT_EQ(row.shift, 6);
  EXPECT_NEAR(static_cast<double>(Normalise(7, row, 1, 0)), 16384 * 3 / std::sqrt(5.0), 2);
  EXPECT_EQ(Normalise(7, row, 3, 11), 3 * Normalise(7, row, 1, 0) + 11);
  EXPECT_EQ(Normalise(1, row, 1, 0), -Normalise(7, row, 1, 0));
}

TEST(FixedLayerNormTest, ConvertsGainAndBiasWithOneRounding) {
  const FixedNormWeights weights =
      MakeFixedNormWeights({1.0f, -1.75f, 0x1p-15f, 0x1.8p-14f}, {0.5f, -3.0f, 0x1p-29f, 0.0f});
  EXPECT_EQ(weights.unit_exponent, -28);
  EXPECT_EQ(weights.gain, (std::vector<int32_t>{1 << 14, -28672, 0, 2}));
  EXPECT_EQ(weights.bias, (std::vector<int32_t>{1 << 27, -3 * (1 << 28), 0, 0}));
}

TEST(FixedLayerNormTest, GainGivesWayToALargeBias) {
  const FixedNormWeights weights = MakeFixedNormWeights({0.01f}, {1000.0f});
  EXPECT_EQ(weights.unit_exponent, 9 - 30);
  EXPECT_EQ(weights.bias[0], 1000 << 21);
  EXPECT_EQ(weights.gain[0], static_cast<int32_t>(std::nearbyint(0.01f * 128)));
  const FixedNormWeights zero = MakeFixedNormWeights({0.0f}, {0.0f});
  EXPECT_EQ(zero.gain[0], 0);
  EXPECT_EQ(zero.bias[0], 0);
}

TEST(FixedLayerNormTest, UpdatesRoundOnceAndSaturate) {
  // The unit is 2^(-3 - 4 - 3): an accumulator in units of 2^-12 loses two bits.
  EXPECT_EQ(NormInputExponent(-3), -10);
  EXPECT_EQ(UpdateWord(6, -12, -3), 2);
  EXPECT_EQ(UpdateWord(10, -12, -3), 2);
  EXPECT_EQ(UpdateWord(-11, -12, -3), -3);
  EXPECT_EQ(UpdateWord(int64_t{1} << 30, -12, -3), kLargest);
  EXPECT_EQ(UpdateWord(-(int64_t{1} << 30), -12, -3), -kLargest);
  EXPECT_EQ(AddResidual(5, -17), 5 - 8 * 17);
  EXPECT_EQ(AddResidual(kLargest - 5, 3968), kLargest);
  EXPECT_EQ(AddResidual(5 - kLargest, -3968), -kLargest);
}

}  // namespace
}  // namespace edgebert
