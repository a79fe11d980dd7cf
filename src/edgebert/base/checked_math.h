#ifndef EDGEBERT_BASE_CHECKED_MATH_H_
#define EDGEBERT_BASE_CHECKED_MATH_H_

#include <concepts>
#include <optional>

namespace edgebert {

/// a + b, or nothing when the sum does not fit. Sizes read from files are combined only with these.
template <std::integral T>
constexpr std::optional<T> CheckedAdd(T a, T b) {
  T sum;
  if (__builtin_add_overflow(a, b, &sum)) {
    return std::nullopt;
  }
  return sum;
}

/// a * b, or nothing when the product does not fit.
template <std::integral T>
constexpr std::optional<T> CheckedMultiply(T a, T b) {
  T product;
  if (__builtin_mul_overflow(a, b, &product)) {
    return std::nullopt;
  }
  return product;
}

/// The smallest multiple of `alignment` (a power of two) that is not below `size`, or nothing when
/// it does not fit.
template <std::unsigned_integral T>
constexpr std::optional<T> CheckedAlignUp(T size, T alignment) {
  const std::optional<T> padded = CheckedAdd<T>(size, alignment - 1);
  if (!padded) {
    return std::nullopt;
  }
  return *padded & ~(alignment - 1);
}

}  // namespace edgebert

#endif  // EDGEBERT_BASE_CHECKED_MATH_H_
