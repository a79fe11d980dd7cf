#include "edgebert/kernels/quantize.h"

#include <cstddef>

#include "edgebert/kernels/powers_of_two.h"
#include "edgebert/numeric/adaptivfloat.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "edgebert/kernels/quantize.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "edgebert/kernels/blocks-inl.h"
#include "edgebert/kernels/quantize-inl.h"

HWY_BEFORE_NAMESPACE();
namespace edgebert::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Floats = hn::CappedTag<float, kBlock>;
using Doubles = hn::CappedTag<double, kBlock / 2>;

void Quantize(const float* values, size_t size, float scale, int16_t* integers) {
  const Floats floats;
  const hn::Rebind<int32_t, Floats> ints;
  const hn::Rebind<int16_t, Floats> shorts;
  const auto scales = hn::Set(floats, scale);
  ForEachBlock(values, size, integers, [&](const float* from, int16_t* to) HWY_ATTR {
    for (size_t i = 0; i < kBlock; i += hn::Lanes(floats)) {
      const auto rounded = RoundToAf8(floats, hn::LoadU(floats, from + i), scales);
      hn::StoreU(hn::DemoteTo(shorts, hn::ConvertTo(ints, rounded)), shorts, to + i);
    }
  });
}

void Requantize(const int64_t* accumulators, size_t size, double scale, int16_t* integers) {
  const Doubles doubles;
  const hn::Rebind<int64_t, Doubles> longs;
  const hn::Rebind<int32_t, Doubles> ints;
  const hn::Rebind<int16_t, Doubles> shorts;
  const auto scales = hn::Set(doubles, scale);
  ForEachBlock(accumulators, size, integers, [&](const int64_t* from, int16_t* to) HWY_ATTR {
    for (size_t i = 0; i < kBlock; i += hn::Lanes(doubles)) {
      const auto values = hn::ConvertTo(doubles, hn::LoadU(longs, from + i));
      const auto rounded = RoundToAf8(doubles, values, scales);
      hn::StoreU(hn::DemoteTo(shorts, hn::DemoteTo(ints, rounded)), shorts, to + i);
    }
  });
}

void Dequantize(const int16_t* integers, size_t size, float scale, float* values) {
  const Floats floats;
  const hn::Rebind<int32_t, Floats> ints;
  const hn::Rebind<int16_t, Floats> shorts;
  const auto scales = hn::Set(floats, scale);
  ForEachBlock(integers, size, values, [&](const int16_t* from, float* to) HWY_ATTR {
    for (size_t i = 0; i < kBlock; i += hn::Lanes(floats)) {
      const auto wide = hn::PromoteTo(ints, hn::LoadU(shorts, from + i));
      hn::StoreU(hn::Mul(hn::ConvertTo(floats, wide), scales), floats, to + i);
    }
  });
}

void ScaleAccumulators(const int64_t* accumulators, size_t size, double scale, float* values) {
  const Doubles doubles;
  const hn::Rebind<int64_t, Doubles> longs;
  const auto scales = hn::Set(doubles, scale);
  ForEachBlock(accumulators, size, values, [&](const int64_t* from, float* to) HWY_ATTR {
    HWY_ALIGN double exact[kBlock];
    for (size_t i = 0; i < kBlock; i += hn::Lanes(doubles)) {
      const auto accumulator = hn::ConvertTo(doubles, hn::LoadU(longs, from + i));
      hn::Store(hn::Mul(accumulator, scales), doubles, exact + i);
    }
    // Highway's DemoteTo() is infinite on overflow with some instruction sets, and not with others.
    for (size_t i = 0; i < kBlock; ++i) {
      to[i] = static_cast<float>(exact[i]);
    }
  });
}

void AddBiasToRows(const int64_t* bias, size_t width, size_t rows, int64_t* accumulators) {
  for (size_t row = 0; row < rows; ++row, accumulators += width) {
    for (size_t i = 0; i < width; ++i) {
      accumulators[i] += bias[i];
    }
  }
}

}  // namespace
}  // namespace edgebert::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace edgebert {
namespace {

HWY_EXPORT(Quantize);
HWY_EXPORT(Requantize);
HWY_EXPORT(Dequantize);
HWY_EXPORT(ScaleAccumulators);
HWY_EXPORT(AddBiasToRows);

}  // namespace

void QuantizeAf8(std::span<const float> values, int bias, std::span<int16_t> integers) {
  HWY_DYNAMIC_DISPATCH(Quantize)
  (values.data(), values.size(), FloatPowerOfTwo(kAf8MantissaBits - bias), integers.data());
}

void RequantizeAf8(std::span<const int64_t> accumulators, int unit_exponent, int bias,
                   std::span<int16_t> integers) {
  const double scale = DoublePowerOfTwo(int64_t{unit_exponent} + kAf8MantissaBits - bias);
  HWY_DYNAMIC_DISPATCH(Requantize)
  (accumulators.data(), accumulators.size(), scale, integers.data());
}

void DequantizeAf8(std::span<const int16_t> integers, int bias, std::span<float> values) {
  HWY_DYNAMIC_DISPATCH(Dequantize)
  (integers.data(), integers.size(), FloatPowerOfTwo(bias - kAf8MantissaBits), values.data());
}

void AccumulatorsToFloat(std::span<const int64_t> accumulators, int unit_exponent,
                         std::span<float> values) {
  HWY_DYNAMIC_DISPATCH(ScaleAccumulators)
  (accumulators.data(), accumulators.size(), DoublePowerOfTwo(unit_exponent), values.data());
}

void AddBias(std::span<const int64_t> bias, int rows, std::span<int64_t> accumulators) {
  HWY_DYNAMIC_DISPATCH(AddBiasToRows)
  (bias.data(), bias.size(), static_cast<size_t>(rows), accumulators.data());
}

}  // namespace edgebert
#endif
