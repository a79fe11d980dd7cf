#include "edgebert/numeric/fixed_embedding.h"

#include <cmath>

namespace edgebert {

int EmbeddingExponent(int word_bias, double largest_position, double largest_segment) {
  const double largest = std::ldexp(3968.0, word_bias - 4) + largest_position + largest_segment;
  int exponent = std::ilogb(largest) - (kNormInputBits - 2);
  // Each of the three may round up by half a unit.
  if (largest > std::ldexp(static_cast<double>(kEmbeddingLimit) - 1.5, exponent)) {
    ++exponent;
  }
  return exponent;
}

}  // namespace edgebert
