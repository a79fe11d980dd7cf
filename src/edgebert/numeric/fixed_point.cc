#include "edgebert/numeric/fixed_point.h"

#include <algorithm>
#include <cmath>

namespace edgebert {

int64_t ToFixed(double value, int unit_exponent, int64_t limit) {
  const double units = std::ldexp(value, -unit_exponent);
  const auto largest = static_cast<double>(limit);
  return static_cast<int64_t>(std::nearbyint(std::clamp(units, -largest, largest)));
}

Reciprocal MakeReciprocal(int count) {
  const int shift = 23 + BitWidth(static_cast<uint64_t>(count) - 1);
  const int64_t numerator = int64_t{1} << shift;
  // The nearest integer; an odd divisor has no ties and an even one none but exact ones.
  return {(2 * numerator + count) / (2 * int64_t{count}), shift};
}

}  // namespace edgebert
