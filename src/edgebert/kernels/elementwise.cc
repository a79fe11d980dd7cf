#include "edgebert/kernels/elementwise.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "edgebert/kernels/elementwise.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "edgebert/kernels/blocks-inl.h"

HWY_BEFORE_NAMESPACE();
namespace edgebert::HWY_NAMESPACE {
namespace {

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

template <typename Function>
void Transform(float* values, size_t size, Function function) {
  ForEachBlock(values, size, values, [&](const float* from, float* to) HWY_ATTR {
    for (size_t i = 0; i < kBlock; i += hn::Lanes(kTag)) {
      hn::StoreU(function(hn::LoadU(kTag, from + i)), kTag, to + i);
    }
  });
}

void ApplyGelu(float* values, size_t size) {
  Transform(values, size, [](V x) HWY_ATTR { return GeluOf(x); });
}
void ApplyGeluTanh(float* values, size_t size) {
  Transform(values, size, [](V x) HWY_ATTR { return GeluTanhOf(x); });
}
void ApplyRelu(float* values, size_t size) {
  Transform(values, size, [](V x) HWY_ATTR { return PositivePart(x); });
}
void ApplyTanh(float* values, size_t size) {
  Transform(values, size, [](V x) HWY_ATTR { return TanhOf(x); });
}

/// Σ map(values[i]); the map of `neutral` is 0.
template <typename Map>
float Sum(const float* values, size_t size, float neutral, Map map) {
  HWY_ALIGN float partials[kBlock];
  ReduceToPartials(
      values, size, neutral, map, [](V a, V b) HWY_ATTR { return hn::Add(a, b); }, partials);
  return SumOfPartials(partials);
}

void ApplySoftmax(float* values, size_t size) {
  HWY_ALIGN float partials[kBlock];
  ReduceToPartials(
      values, size, values[0], [](V x) HWY_ATTR { return x; },
      [](V a, V b) HWY_ATTR { return hn::Max(a, b); }, partials);
  const V largest = Constant(*std::max_element(partials, partials + kBlock));
  Transform(values, size, [&](V x) HWY_ATTR { return ExpOfNegative(hn::Sub(x, largest)); });
  const V total = Constant(Sum(values, size, 0.0f, [](V x) HWY_ATTR { return x; }));
  Transform(values, size, [&](V x) HWY_ATTR { return hn::Div(x, total); });
}

void ApplyAddLayerNorm(const float* update, const float* residual, const float* gain,
                       const float* bias, float epsilon, size_t size, float* output) {
  for (size_t i = 0; i < size; ++i) {
    output[i] = residual == nullptr ? update[i] : update[i] + residual[i];
  }
  const auto count = static_cast<float>(size);
  const float mean = Sum(output, size, 0.0f, [](V x) HWY_ATTR { return x; }) / count;
  const V means = Constant(mean);
  const float variance = Sum(output, size, mean,
                             [&](V x) HWY_ATTR {
                               const V deviation = hn::Sub(x, means);
                               return hn::Mul(deviation, deviation);
                             }) /
                         count;
  const float scale = 1.0f / std::sqrt(variance + epsilon);
  for (size_t i = 0; i < size; ++i) {
    output[i] = (output[i] - mean) * scale * gain[i] + bias[i];
  }
}

void ApplyMeanOverRows(const float* input, size_t rows, size_t width, float* output) {
  std::fill_n(output, width, 0.0f);
  for (size_t row = 0; row < rows; ++row, input += width) {
    for (size_t i = 0; i < width; ++i) {
      output[i] += input[i];
    }
  }
  for (size_t i = 0; i < width; ++i) {
    output[i] /= static_cast<float>(rows);
  }
}

}  // namespace
}  // namespace edgebert::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace edgebert {
namespace {

HWY_EXPORT(ApplyGelu);
HWY_EXPORT(ApplyGeluTanh);
HWY_EXPORT(ApplyRelu);
HWY_EXPORT(ApplyTanh);
HWY_EXPORT(ApplySoftmax);
HWY_EXPORT(ApplyAddLayerNorm);
HWY_EXPORT(ApplyMeanOverRows);

}  // namespace

void Gelu(std::span<float> values) {
  HWY_DYNAMIC_DISPATCH(ApplyGelu)(values.data(), values.size());
}

void GeluTanh(std::span<float> values) {
  HWY_DYNAMIC_DISPATCH(ApplyGeluTanh)(values.data(), values.size());
}

void Relu(std::span<float> values) {
  HWY_DYNAMIC_DISPATCH(ApplyRelu)(values.data(), values.size());
}

void Tanh(std::span<float> values) {
  HWY_DYNAMIC_DISPATCH(ApplyTanh)(values.data(), values.size());
}

void SoftmaxInPlace(std::span<float> values) {
  HWY_DYNAMIC_DISPATCH(ApplySoftmax)(values.data(), values.size());
}

void AddLayerNorm(std::span<const float> update, std::span<const float> residual,
                  std::span<const float> gain, std::span<const float> bias, float epsilon,
                  std::span<float> output) {
  HWY_DYNAMIC_DISPATCH(ApplyAddLayerNorm)
  (update.data(), residual.empty() ? nullptr : residual.data(), gain.data(), bias.data(), epsilon,
   update.size(), output.data());
}

void MeanOverRows(std::span<const float> input, int rows, int width, std::span<float> output) {
  HWY_DYNAMIC_DISPATCH(ApplyMeanOverRows)
  (input.data(), static_cast<size_t>(rows), static_cast<size_t>(width), output.data());
}

}  // namespace edgebert
#endif
