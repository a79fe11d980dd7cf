#ifndef EDGEBERT_NUMERIC_PIECEWISE_LINEAR_H_
#define EDGEBERT_NUMERIC_PIECEWISE_LINEAR_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "edgebert/numeric/fixed_point.h"

namespace edgebert {

/// A function between knots, as a table in the hardware holds it: straight lines through the
/// function's own rounded values, hence continuous, monotone where the function is, and exact (to
/// half a unit) at every knot. Between them the error is at most width² / 8 · max |f''|.
template <size_t kSegments>
class PiecewiseLinear {
 public:
  /// `value_at(i)` ≥ 0 is the function at knot i, in units of the table's values.
  template <typename Function>
  constexpr explicit PiecewiseLinear(Function value_at) {
    for (size_t knot = 0; knot <= kSegments; ++knot) {
      knots_[knot] = static_cast<int32_t>(value_at(static_cast<int>(knot)) + 0.5);
    }
  }

  /// The value at `fraction` / 2^fraction_bits of segment `segment`.
  constexpr int32_t At(uint32_t segment, uint32_t fraction, int fraction_bits) const {
    const int32_t begin = knots_[segment];
    const int64_t rise = knots_[segment + 1] - begin;
    return begin + static_cast<int32_t>(RoundShift(rise * fraction, fraction_bits));
  }

 private:
  std::array<int32_t, kSegments + 1> knots_{};
};

}  // namespace edgebert

#endif  // EDGEBERT_NUMERIC_PIECEWISE_LINEAR_H_
