#ifndef EDGEBERT_NUMERIC_CONSTEXPR_MATH_H_
#define EDGEBERT_NUMERIC_CONSTEXPR_MATH_H_

// What the tables of numeric/fixed_functions.cc are computed from, by the compiler and hence
// without the C library, whose last bits differ from machine to machine. Relative errors are below
// 1e-13.

namespace edgebert::constexpr_math {

inline constexpr double kLn2 = 0.693147180559945309417;
inline constexpr double kTwoOverSqrtPi = 1.128379167095512573896;
inline constexpr double kSqrtTwoOverPi = 0.797884560802865355880;
inline constexpr double kSqrtHalf = 0.707106781186547524401;

/// e^x, |x| ≤ 200.
constexpr double Exp(double x) {
  // e^x = (e^(x / 256))^256, the inner one by its Taylor series.
  const double small = x / 256;
  double sum = 1;
  double term = 1;
  for (int n = 1; n < 16; ++n) {
    term *= small / n;
    sum += term;
  }
  for (int squaring = 0; squaring < 8; ++squaring) {
    sum *= sum;
  }
  return sum;
}

/// ln(x), 1 ≤ x ≤ 4.
constexpr double Log(double x) {
  const double ratio = (x - 1) / (x + 1);
  double power = ratio;
  double sum = 0;
  for (int n = 1; n < 80; n += 2) {
    sum += power / n;
    power *= ratio * ratio;
  }
  return 2 * sum;
}

/// √x, 1 ≤ x ≤ 4.
constexpr double Sqrt(double x) {
  double root = x;
  for (int step = 0; step < 8; ++step) {
    root = (root + x / root) / 2;
  }
  return root;
}

/// Φ(-t), the standard normal distribution's lower tail, 0 ≤ t ≤ 8, to an absolute 1e-13.
constexpr double NormalTail(double t) {
  // erf(z) = 2/√π · e^(-z²) · Σ 2ⁿ z^(2n+1) / (1 · 3 · … · (2n + 1)): no term is negative.
  const double z = t * kSqrtHalf;
  double term = z;
  double sum = 0;
  for (int n = 1; n < 160; ++n) {
    sum += term;
    term *= 2 * z * z / (2 * n + 1);
  }
  return (1 - kTwoOverSqrtPi * Exp(-z * z) * sum) / 2;
}

}  // namespace edgebert::constexpr_math

#endif  // EDGEBERT_NUMERIC_CONSTEXPR_MATH_H_
