// Included once for each instruction set, by kernels that round to AF8.
#if defined(EDGEBERT_KERNELS_QUANTIZE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EDGEBERT_KERNELS_QUANTIZE_INL_H_
#undef EDGEBERT_KERNELS_QUANTIZE_INL_H_
#else
#define EDGEBERT_KERNELS_QUANTIZE_INL_H_
#endif

#include <hwy/highway.h>

#include <limits>

#include "edgebert/numeric/adaptivfloat.h"

HWY_BEFORE_NAMESPACE();
namespace edgebert::HWY_NAMESPACE {

/// The AF8 integer nearest to value · scale, as a float or double; `scale` is a power of two.
template <class D, class V>
HWY_INLINE V RoundToAf8(D tag, V value, V scale) {
  using T = hwy::HWY_NAMESPACE::TFromD<D>;
  using Bits = hwy::HWY_NAMESPACE::RebindToUnsigned<D>;
  using U = hwy::HWY_NAMESPACE::TFromD<Bits>;
  const Bits bits_tag;
  // Scaling is exact but where it over- or underflows, far outside of what AF8 resolves.
  const V units =
      hwy::HWY_NAMESPACE::Min(hwy::HWY_NAMESPACE::Mul(hwy::HWY_NAMESPACE::Abs(value), scale),
                              hwy::HWY_NAMESPACE::Set(tag, T{kAf8MaxInteger}));
  // From the smallest code on, a code has as many leading bits as its mantissa: the rest is rounded
  // half to even. A carry runs into the exponent, as it should.
  constexpr int kDropped = std::numeric_limits<T>::digits - 1 - kAf8MantissaBits;
  constexpr U kHalf = U{1} << (kDropped - 1);
  const auto bits = hwy::HWY_NAMESPACE::BitCast(bits_tag, units);
  const auto is_odd = hwy::HWY_NAMESPACE::And(hwy::HWY_NAMESPACE::ShiftRight<kDropped>(bits),
                                              hwy::HWY_NAMESPACE::Set(bits_tag, U{1}));
  const auto raised = hwy::HWY_NAMESPACE::Add(
      hwy::HWY_NAMESPACE::Add(bits, hwy::HWY_NAMESPACE::Set(bits_tag, kHalf - 1)), is_odd);
  const V rounded = hwy::HWY_NAMESPACE::BitCast(
      tag, hwy::HWY_NAMESPACE::AndNot(hwy::HWY_NAMESPACE::Set(bits_tag, 2 * kHalf - 1), raised));
  const V smallest = hwy::HWY_NAMESPACE::Set(tag, static_cast<T>(kAf8.min_integer()));
  // What lies above half of the smallest non-zero magnitude becomes at least that.
  const auto is_zero = hwy::HWY_NAMESPACE::Le(
      units, hwy::HWY_NAMESPACE::Set(tag, static_cast<T>(kAf8.min_integer()) / 2));
  return hwy::HWY_NAMESPACE::CopySign(
      hwy::HWY_NAMESPACE::IfThenZeroElse(is_zero, hwy::HWY_NAMESPACE::Max(rounded, smallest)),
      value);
}

/// Sums as floats that RoundToAf8() rounds as it would round the sums: below 2^24 exact, above with
/// the lowest bits, of which a float keeps but some, gathered into one that says if any was set.
template <class Floats, class IntVector>
HWY_INLINE hwy::HWY_NAMESPACE::Vec<Floats> SumsForRounding(Floats floats, IntVector sums) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::RebindToSigned<Floats> ints;
  const auto low = hn::Set(ints, 127);
  const auto magnitude = hn::Abs(sums);
  const auto gathered = hn::AndNot(low, hn::Or(magnitude, hn::Add(hn::And(magnitude, low), low)));
  const auto is_small = hn::Lt(magnitude, hn::Set(ints, 1 << 24));
  return hn::CopySignToAbs(hn::ConvertTo(floats, hn::IfThenElse(is_small, magnitude, gathered)),
                           hn::BitCast(floats, sums));
}

}  // namespace edgebert::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
