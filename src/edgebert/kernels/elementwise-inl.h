// Included once for each instruction set, by kernels that apply float functions to vectors.
#if defined(EDGEBERT_KERNELS_ELEMENTWISE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EDGEBERT_KERNELS_ELEMENTWISE_INL_H_
#undef EDGEBERT_KERNELS_ELEMENTWISE_INL_H_
#else
#define EDGEBERT_KERNELS_ELEMENTWISE_INL_H_
#endif

#include <hwy/highway.h>

#include "edgebert/kernels/blocks-inl.h"

HWY_BEFORE_NAMESPACE();
namespace edgebert::HWY_NAMESPACE {
namespace elementwise {

namespace hn = hwy::HWY_NAMESPACE;
using V = BlockVector;

constexpr BlockFloats kTag;

HWY_INLINE V Constant(float value) { return hn::Set(kTag, value); }

/// coefficients[0] + x · (coefficients[1] + x · (...)).
template <size_t kCount>
HWY_INLINE V Polynomial(V x, const float (&coefficients)[kCount]) {
  V sum = Constant(coefficients[kCount - 1]);
  for (size_t i = kCount - 1; i > 0; --i) {
    sum = hn::Add(hn::Mul(sum, x), Constant(coefficients[i - 1]));
  }
  return sum;
}

/// exp(x) for x ≤ 0, with a relative error of at most 3e-7; 0 below -87, near the smallest normal
/// float.
HWY_INLINE V ExpOfNegative(V x) {
  const V smallest = Constant(-87.0f);
  const V cut = hn::Max(x, smallest);
  // Adding 1.5 · 2^23 rounds to an integer, half to even, and leaves it in the low bits of the sum.
  const V rounder = Constant(12582912.0f);
  const V raised = hn::Add(hn::Mul(cut, Constant(1.44269504f)), rounder);
  const V power = hn::Sub(raised, rounder);
  // ln 2 in two parts, of which the first has few enough bits for an exact product.
  const V upper = hn::Sub(cut, hn::Mul(power, Constant(0.693359375f)));
  const V rest = hn::Sub(upper, hn::Mul(power, Constant(-2.12194440e-4f)));
  // (exp(r) - 1 - r) / r² for |r| ≤ ln(2) / 2: a minimax fit.
  constexpr float kExp[] = {0.499999934f, 0.166665204f, 0.0416683908f, 0.00836874512f,
                            0.001381454f};
  const V tail = hn::Mul(hn::Mul(rest, rest), Polynomial(rest, kExp));
  const V fraction = hn::Add(Constant(1.0f), hn::Add(rest, tail));
  const hn::RebindToSigned<BlockFloats> ints;
  const auto exponent =
      hn::Add(hn::ShiftLeft<23>(hn::BitCast(ints, raised)), hn::Set(ints, 127 << 23));
  return hn::IfThenElseZero(hn::Ge(x, smallest), hn::Mul(fraction, hn::BitCast(kTag, exponent)));
}

/// max(x, 0) with +0 for both zeros, of which instruction sets prefer different ones.
HWY_INLINE V PositivePart(V x) { return hn::IfThenElseZero(hn::Gt(x, hn::Zero(kTag)), x); }

/// x · Φ(x) = max(x, 0) - |x| · Φ(-|x|), which keeps its digits for negative x.
HWY_INLINE V GeluOf(V x) {
  // Φ(-20) and all beyond are 0 in float; so is no product with infinity left.
  const V t = hn::Min(hn::Abs(x), Constant(20.0f));
  // Φ(-t) · exp(t² / 2) is smooth and falls like 1 / t: a minimax fit in s = 1 / (1 + 0.24 t).
  const V s = hn::Div(Constant(1.0f), hn::Add(Constant(1.0f), hn::Mul(Constant(0.24f), t)));
  constexpr float kTail[] = {0.095755741f, 0.0954746604f,  0.0932549313f, 0.0616112389f,
                             0.122554801f, -0.0710819885f, 0.156401902f,  -0.0539714247f};
  const V ratio = hn::Mul(s, Polynomial(s, kTail));
  const V density = ExpOfNegative(hn::Mul(hn::Mul(t, t), Constant(-0.5f)));
  return hn::Sub(PositivePart(x), hn::Mul(t, hn::Mul(density, ratio)));
}

/// x / (1 + exp(-2u)) with u = √(2/π) (x + 0.044715 x³), by the same symmetry.
HWY_INLINE V GeluTanhOf(V x) {
  const V t = hn::Min(hn::Abs(x), Constant(20.0f));
  const V cubic = hn::Mul(hn::Mul(hn::Mul(t, t), t), Constant(0.044715f));
  const V small = ExpOfNegative(hn::Mul(Constant(-1.59576912f), hn::Add(t, cubic)));
  const V share = hn::Div(small, hn::Add(Constant(1.0f), small));
  return hn::Sub(PositivePart(x), hn::Mul(t, share));
}

HWY_INLINE V TanhOf(V x) {
  const V t = hn::Abs(x);
  const V one = Constant(1.0f);
  const V small = ExpOfNegative(hn::Mul(Constant(-2.0f), t));
  const V far = hn::Div(hn::Sub(one, small), hn::Add(one, small));
  // Near zero the difference would lose digits: (tanh(t) / t - 1) / t² as a minimax fit.
  constexpr float kTanh[] = {-0.333332819f, 0.13331442f, -0.0537397017f, 0.0206390415f,
                             -0.00570493352f};
  const V square = hn::Mul(t, t);
  const V near = hn::Add(t, hn::Mul(t, hn::Mul(square, Polynomial(square, kTanh))));
  return hn::CopySign(hn::IfThenElse(hn::Lt(t, Constant(0.625f)), near, far), x);
}

/// Σ map(values[i]); the map of `neutral` is 0.
template <typename Map>
float Sum(const float* values, size_t size, float neutral, Map map) {
  HWY_ALIGN float partials[kBlock];
  ReduceToPartials(
      values, size, neutral, map, [](V a, V b) HWY_ATTR { return hn::Add(a, b); }, partials);
  return SumOfPartials(partials);
}

}  // namespace elementwise
}  // namespace edgebert::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
