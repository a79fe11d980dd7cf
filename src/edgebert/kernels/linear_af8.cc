// What follows the sums of a product: a panel's worth at a time, while it is in the cache.

#include <algorithm>
#include <cstddef>

#include "edgebert/kernels/elementwise.h"
#include "edgebert/kernels/matmul.h"
#include "edgebert/kernels/panel_product.h"
#include "edgebert/kernels/panel_sums.h"
#include "edgebert/kernels/powers_of_two.h"
#include "edgebert/kernels/quantize.h"
#include "edgebert/numeric/adaptivfloat.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "edgebert/kernels/linear_af8.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "edgebert/kernels/blocks-inl.h"
#include "edgebert/kernels/elementwise-inl.h"
#include "edgebert/kernels/quantize-inl.h"

HWY_BEFORE_NAMESPACE();
namespace edgebert::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Ints = hn::RebindToSigned<BlockFloats>;
using IntVector = hn::Vec<Ints>;

/// Calls function(sums, to) for each vector of a panel's sums, then copies rows of fewer columns.
template <typename Out, typename Function>
HWY_INLINE void ForEachVector(const PanelSums& sums, Out* output, size_t width, Function function) {
  const Ints ints;
  for (size_t row = 0; row < sums.rows; ++row) {
    const int32_t* from = sums.values + row * kPanelColumns;
    HWY_ALIGN Out padded[kPanelColumns];
    const bool whole = sums.columns == kPanelColumns;
    Out* to = whole ? output + row * width : padded;
    for (size_t i = 0; i < kPanelColumns; i += hn::Lanes(ints)) {
      function(hn::Load(ints, from + i), to + i);
    }
    if (!whole) {
      std::copy_n(padded, sums.columns, output + row * width);
    }
  }
}

void SumsToFloat(const PanelSums& sums, float unit, size_t width, float* output) {
  const BlockFloats floats;
  const BlockVector units = hn::Set(floats, unit);
  ForEachVector(sums, output, width, [&](IntVector sum, float* to) HWY_ATTR {
    hn::StoreU(hn::Mul(hn::ConvertTo(floats, sum), units), floats, to);
  });
}

HWY_INLINE void StoreAf8(BlockVector rounded, int16_t* to) {
  const Ints ints;
  const hn::Rebind<int16_t, BlockFloats> shorts;
  hn::StoreU(hn::DemoteTo(shorts, hn::ConvertTo(ints, rounded)), shorts, to);
}

void SumsToAf8(const PanelSums& sums, float scale, size_t width, int16_t* output) {
  const BlockFloats floats;
  const BlockVector scales = hn::Set(floats, scale);
  ForEachVector(sums, output, width, [&](IntVector sum, int16_t* to) HWY_ATTR {
    StoreAf8(RoundToAf8(floats, SumsForRounding(floats, sum), scales), to);
  });
}

template <typename Function>
HWY_INLINE void FunctionToAf8(const PanelSums& sums, float unit, float scale, size_t width,
                              int16_t* output, Function function) {
  const BlockFloats floats;
  const BlockVector units = hn::Set(floats, unit);
  const BlockVector scales = hn::Set(floats, scale);
  ForEachVector(sums, output, width, [&](IntVector sum, int16_t* to) HWY_ATTR {
    const BlockVector value = hn::Mul(hn::ConvertTo(floats, sum), units);
    StoreAf8(RoundToAf8(floats, function(value), scales), to);
  });
}

void SumsThroughFunction(const PanelSums& sums, SumFunction function, float unit, float scale,
                         size_t width, int16_t* output) {
  switch (function) {
    case SumFunction::kNone:
      return;
    case SumFunction::kGelu:
      return FunctionToAf8(sums, unit, scale, width, output,
                           [](BlockVector x) HWY_ATTR { return elementwise::GeluOf(x); });
    case SumFunction::kGeluTanh:
      return FunctionToAf8(sums, unit, scale, width, output,
                           [](BlockVector x) HWY_ATTR { return elementwise::GeluTanhOf(x); });
    case SumFunction::kRelu:
      return FunctionToAf8(sums, unit, scale, width, output,
                           [](BlockVector x) HWY_ATTR { return elementwise::PositivePart(x); });
    case SumFunction::kTanh:
      return FunctionToAf8(sums, unit, scale, width, output,
                           [](BlockVector x) HWY_ATTR { return elementwise::TanhOf(x); });
  }
}

}  // namespace
}  // namespace edgebert::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace edgebert {
namespace {

HWY_EXPORT(SumsToFloat);
HWY_EXPORT(SumsToAf8);
HWY_EXPORT(SumsThroughFunction);

void ApplyInPlace(SumFunction function, std::span<float> values) {
  switch (function) {
    case SumFunction::kNone:
      return;
    case SumFunction::kGelu:
      return Gelu(values);
    case SumFunction::kGeluTanh:
      return GeluTanh(values);
    case SumFunction::kRelu:
      return Relu(values);
    case SumFunction::kTanh:
      return Tanh(values);
  }
}

/// One row of a panel whose sums need 64 bits, bias included: the way of kernels/quantize.h.
void FinishWideRow(std::span<const int64_t> sums, int unit_exponent, SumFunction function,
                   int exponent_bias, std::span<int16_t> output) {
  if (function == SumFunction::kNone) {
    return RequantizeAf8(sums, unit_exponent, exponent_bias, output);
  }
  float values[kPanelColumns];
  const std::span<float> row(values, sums.size());
  AccumulatorsToFloat(sums, unit_exponent, row);
  ApplyInPlace(function, row);
  QuantizeAf8(row, exponent_bias, output);
}

}  // namespace

void RoundPanelToAf8(const PanelSums& sums, int unit_exponent, int exponent_bias, size_t width,
                     int16_t* output) {
  HWY_DYNAMIC_DISPATCH(SumsToAf8)
  (sums, FloatPowerOfTwo(unit_exponent + kAf8MantissaBits - exponent_bias), width, output);
}

void LinearAf8(std::span<const int16_t> activations, int rows, const PackedMatrixAf8& weights,
               const PackedBiasAf8& bias, int unit_exponent, SumFunction function,
               int exponent_bias, PanelRange panels, MatMulScratch& scratch,
               std::span<int16_t> integers) {
  const auto width = static_cast<size_t>(weights.outputs());
  const float to_code = FloatPowerOfTwo(kAf8MantissaBits - exponent_bias);
  ForEachPanelSums(
      activations, static_cast<size_t>(rows), weights, bias, panels, scratch,
      [&](const PanelSums& sums) {
        int16_t* output = integers.data() + sums.first_column;
        if (function == SumFunction::kNone) {
          RoundPanelToAf8(sums, unit_exponent, exponent_bias, width, output);
        } else {
          HWY_DYNAMIC_DISPATCH(SumsThroughFunction)
          (sums, function, FloatPowerOfTwo(unit_exponent), to_code, width, output);
        }
      },
      [&](size_t row, size_t column, std::span<const int64_t> sums) {
        FinishWideRow(sums, unit_exponent, function, exponent_bias,
                      integers.subspan(row * width + column, sums.size()));
      });
}

void LinearAf8ToFloat(std::span<const int16_t> activations, int rows,
                      const PackedMatrixAf8& weights, const PackedBiasAf8& bias, int unit_exponent,
                      PanelRange panels, MatMulScratch& scratch, std::span<float> values) {
  const auto width = static_cast<size_t>(weights.outputs());
  ForEachPanelSums(
      activations, static_cast<size_t>(rows), weights, bias, panels, scratch,
      [&](const PanelSums& sums) {
        HWY_DYNAMIC_DISPATCH(SumsToFloat)
        (sums, FloatPowerOfTwo(unit_exponent), width, values.data() + sums.first_column);
      },
      [&](size_t row, size_t column, std::span<const int64_t> sums) {
        AccumulatorsToFloat(sums, unit_exponent, values.subspan(row * width + column, sums.size()));
      });
}

}  // namespace edgebert
#endif
