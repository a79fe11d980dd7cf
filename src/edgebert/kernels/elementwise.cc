#include "edgebert/kernels/elementwise.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "edgebert/kernels/elementwise.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "edgebert/kernels/blocks-inl.h"
#include "edgebert/kernels/elementwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace edgebert::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using namespace elementwise;  // NOLINT(google-build-using-namespace)

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
