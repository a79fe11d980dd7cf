#include "edgebert/numeric/fixed_softmax.h"

#include <algorithm>
#include <cmath>

namespace edgebert {

ScoreScale MakeScoreScale(int head_size, int unit_exponent) {
  constexpr double kLog2E = 1.44269504088896340736;
  const double scale = kLog2E / std::sqrt(static_cast<double>(head_size));
  const int exponent = std::ilogb(scale) - 15;
  return {ToFixed(scale, exponent, (1 << 16) - 1), -kScoreFractionBits - unit_exponent - exponent};
}

int32_t FixedEntropy::Nats() const {
  constexpr int64_t kLn2 = 45426;  // 16 fraction bits.
  return static_cast<int32_t>(
      RoundShift(bits * kLn2, kExpFractionBits + kLog2FractionBits + 16 - kEntropyFractionBits));
}

int32_t ThresholdWord(double threshold_nats) {
  const double words = std::ceil(std::ldexp(threshold_nats, kEntropyFractionBits));
  return static_cast<int32_t>(std::clamp(words, 0.0, 2147483647.0));
}

}  // namespace edgebert
