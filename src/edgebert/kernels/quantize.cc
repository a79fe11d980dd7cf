#include "edgebert/kernels/quantize.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <limits>

#include "edgebert/numeric/adaptivfloat.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "edgebert/kernels/quantize.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "edgebert/kernels/blocks-inl.h"

HWY_BEFORE_NAMESPACE();
namespace edgebert::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Floats = hn::CappedTag<float, kBlock>;
using Doubles = hn::CappedTag<double, kBlock / 2>;

/// The AF8 integer nearest to value · scale, as a float or double; `scale` is a power of two.
template <class D, class V>
V RoundToAf8(D tag, V value, V scale) {
  using T = hn::TFromD<D>;
  using Bits = hn::RebindToUnsigned<D>;
  using U = hn::TFromD<Bits>;
  const Bits bits_tag;
  // Scaling is exact but where it over- or underflows, far outside of what AF8 resolves.
  const V units = hn::Min(hn::Mul(hn::Abs(value), scale), hn::Set(tag, T{kAf8MaxInteger}));
  // From the smallest code on, a code has as many leading bits as its mantissa: the rest is rounded
  // half to even. A carry runs into the exponent, as it should.
  constexpr int kDropped = std::numeric_limits<T>::digits - 1 - kAf8MantissaBits;
  constexpr U kHalf = U{1} << (kDropped - 1);
  const auto bits = hn::BitCast(bits_tag, units);
  const auto is_odd = hn::And(hn::ShiftRight<kDropped>(bits), hn::Set(bits_tag, U{1}));
  const auto raised = hn::Add(hn::Add(bits, hn::Set(bits_tag, kHalf - 1)), is_odd);
  const V rounded = hn::BitCast(tag, hn::AndNot(hn::Set(bits_tag, 2 * kHalf - 1), raised));
  const V smallest = hn::Set(tag, static_cast<T>(kAf8.min_integer()));
  const V below_smallest =
      hn::IfThenElseZero(hn::Gt(units, hn::Mul(smallest, hn::Set(tag, T(0.5)))), smallest);
  return hn::CopySign(hn::IfThenElse(hn::Lt(units, smallest), below_smallest, rounded), value);
}

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

float FloatPowerOfTwo(int exponent) {
  return std::bit_cast<float>(static_cast<uint32_t>(exponent + 127) << 23);
}

/// Of an exponent so cut that any non-zero integer below 2^53 times it still over- or underflows
/// every float and AF8 value when it did before.
double DoublePowerOfTwo(int64_t exponent) {
  const int64_t cut = std::clamp<int64_t>(exponent, -300, 300);
  return std::bit_cast<double>(static_cast<uint64_t>(cut + 1023) << 52);
}

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
