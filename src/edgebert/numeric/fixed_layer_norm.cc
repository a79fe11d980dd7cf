#include "edgebert/numeric/fixed_layer_norm.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "edgebert/numeric/fixed_functions.h"

namespace edgebert {
namespace {

/// ⌊log2⌋ of the largest magnitude; far below any other number's where all are 0.
int LargestExponent(const std::vector<float>& values) {
  float largest = 0;
  for (const float value : values) {
    largest = std::max(largest, std::fabs(value));
  }
  return largest == 0 ? -200 : std::ilogb(largest);
}

std::vector<int32_t> ToWords(const std::vector<float>& values, int unit_exponent, int bits) {
  std::vector<int32_t> words;
  words.reserve(values.size());
  for (const float value : values) {
    words.push_back(static_cast<int32_t>(
        ToFixed(static_cast<double>(value), unit_exponent, (int64_t{1} << (bits - 1)) - 1)));
  }
  return words;
}

}  // namespace

FixedNormWeights MakeFixedNormWeights(const std::vector<float>& gain,
                                      const std::vector<float>& bias) {
  // A gain fills its 16 bits unless the bias would not fit in 32 then.
  const int gain_exponent =
      std::max(LargestExponent(gain) - 14, LargestExponent(bias) - 30 + kNormalisedFractionBits);
  FixedNormWeights weights;
  weights.unit_exponent = gain_exponent - kNormalisedFractionBits;
  weights.gain = ToWords(gain, gain_exponent, 16);
  weights.bias = ToWords(bias, weights.unit_exponent, 32);
  return weights;
}

NormShape MakeNormShape(int width, float epsilon, int unit_exponent) {
  NormShape shape;
  shape.width = width;
  shape.width_bits = BitWidth(static_cast<uint64_t>(width)) - 1;
  shape.reciprocal = MakeReciprocal(width);
  const double scaled = static_cast<double>(epsilon) * width * width;
  // An epsilon cut to 62 bits makes every normalised value 0 too.
  shape.epsilon = static_cast<uint64_t>(
      std::nearbyint(std::min(std::ldexp(scaled, -2 * unit_exponent), 0x1p62)));
  return shape;
}

NormRow FinishMoments(const NormMoments& moments, const NormShape& shape) {
  __extension__ using Wide = unsigned __int128;
  const auto width = static_cast<Wide>(shape.width);
  const auto magnitude = static_cast<Wide>(std::abs(moments.sum));
  Wide variance = width * static_cast<Wide>(moments.sum_of_squares) - magnitude * magnitude;
  variance += shape.epsilon;
  // The table sees the leading bits alone.
  int shift = 0;
  for (; variance >> 64 != 0; variance >>= 2) {
    ++shift;
  }
  // Only rows of equal words have none, whose deviations are 0 whatever they are multiplied with.
  ReciprocalRoot root = ReciprocalSqrt(std::max<uint64_t>(static_cast<uint64_t>(variance), 1));
  root.exponent += shift;
  NormRow row;
  row.mean = RoundShift(moments.sum * shape.reciprocal.multiplier,
                        shape.reciprocal.shift - kMeanFractionBits);
  row.multiplier = RoundShift(shape.width * int64_t{root.mantissa}, shape.width_bits);
  // σ = √variance / width: 1 / σ = width · mantissa · 2^(-16 - exponent).
  row.shift = kMeanFractionBits - kNormalisedFractionBits + 16 + root.exponent - shape.width_bits;
  return row;
}

}  // namespace edgebert
