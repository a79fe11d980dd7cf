#include "edgebert/kernels/panel_product.h"

#include <cstring>

#include "edgebert/kernels/dispatch.h"
#include "edgebert/numeric/adaptivfloat.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "edgebert/kernels/panel_product.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace edgebert::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR

void MultiplyPanelHere(const PanelProduct& product) {
  for (size_t row = 0; row < product.rows; ++row) {
    const int16_t* activations = product.activations + row * product.activation_stride;
    // Unsigned sums wrap around by definition.
    uint32_t sums[kPanelColumns];
    std::memcpy(sums, product.initial, sizeof(sums));
    const int16_t* weights = product.weights;
    for (size_t pair = 0; pair < product.pairs; ++pair, weights += 2 * kPanelColumns) {
      const int32_t even = activations[2 * pair];
      const int32_t odd = activations[2 * pair + 1];
      for (size_t column = 0; column < kPanelColumns; ++column) {
        sums[column] += static_cast<uint32_t>(even * weights[2 * column]);
        sums[column] += static_cast<uint32_t>(odd * weights[2 * column + 1]);
      }
    }
    std::memcpy(product.sums + row * product.sums_stride, sums, sizeof(sums));
  }
}

void DecodeHere(const uint8_t* codes, size_t quads, int16_t* integers) {
  constexpr size_t kPairSize = 2 * kPanelColumns;
  for (size_t half = 0; half < 2; ++half) {
    int16_t* to = integers + half * kPanelColumns;
    for (size_t quad = 0; quad < quads; ++quad, codes += 64, to += 2 * kPairSize) {
      for (size_t i = 0; i < 64; ++i) {
        to[i % 2 * kPairSize + i / 2] = static_cast<int16_t>(DecodeInteger(kAf8, codes[i]));
      }
    }
  }
}

#else

using Ints = hn::CappedTag<int32_t, kPanelColumns / 2>;
using Shorts = hn::Repartition<int16_t, Ints>;
using IntVector = hn::Vec<Ints>;
using ShortVector = hn::Vec<Shorts>;

/// Two vectors of sums for each row, the weights and products must fit in the registers: 32 with
/// AVX-512, else 16, of which compilers spill some before all are taken. Other machines have 32,
/// and need twice the sums.
constexpr size_t kMaxRows = !HWY_ARCH_X86 ? 6 : hn::MaxLanes(Ints()) >= 16 ? 8 : 4;

/// Sums for 2 · lanes columns of each row.
template <size_t kRows>
void MultiplyRows(const PanelProduct& product, const int16_t* activations, size_t first,
                  int32_t* output) {
  const Ints ints;
  const Shorts shorts;
  const size_t lanes = hn::Lanes(ints);
  IntVector sums[kRows][2];
  // Where the machine multiplies and adds neighbours in one instruction, as x86 does, these stay
  // zero and cost nothing.
  IntVector spare[kRows][2];
  for (size_t row = 0; row < kRows; ++row) {
    sums[row][0] = sums[row][1] = spare[row][0] = spare[row][1] = hn::Zero(ints);
  }
  const int16_t* weights = product.weights + 2 * first;
  for (size_t pair = 0; pair < product.pairs; ++pair) {
    const ShortVector weights0 = hn::Load(shorts, weights);
    const ShortVector weights1 = hn::Load(shorts, weights + hn::Lanes(shorts));
    for (size_t row = 0; row < kRows; ++row) {
      int32_t bits;
      std::memcpy(&bits, activations + row * product.activation_stride, sizeof(bits));
      const ShortVector activation = hn::BitCast(shorts, hn::Set(ints, bits));
      sums[row][0] =
          hn::ReorderWidenMulAccumulate(ints, activation, weights0, sums[row][0], spare[row][0]);
      sums[row][1] =
          hn::ReorderWidenMulAccumulate(ints, activation, weights1, sums[row][1], spare[row][1]);
    }
    activations += 2;
    weights += 2 * kPanelColumns;
  }
  // Which lane a column has is known only now.
  const IntVector initial0 = hn::LoadU(ints, product.initial + first);
  const IntVector initial1 = hn::LoadU(ints, product.initial + first + lanes);
  for (size_t row = 0; row < kRows; ++row) {
    int32_t* to = output + row * product.sums_stride + first;
    hn::StoreU(hn::Add(initial0, hn::RearrangeToOddPlusEven(sums[row][0], spare[row][0])), ints,
               to);
    hn::StoreU(hn::Add(initial1, hn::RearrangeToOddPlusEven(sums[row][1], spare[row][1])), ints,
               to + lanes);
  }
}

template <size_t kRows>
void MultiplyUpTo(size_t rows, const PanelProduct& product, const int16_t* activations,
                  size_t first, int32_t* output) {
  if constexpr (kRows > 1) {
    if (rows < kRows) {
      return MultiplyUpTo<kRows - 1>(rows, product, activations, first, output);
    }
  }
  MultiplyRows<kRows>(product, activations, first, output);
}

void MultiplyPanelHere(const PanelProduct& product) {
  for (size_t first = 0; first < kPanelColumns; first += 2 * hn::Lanes(Ints())) {
    ForEachRowBlock(product.rows, kMaxRows, [&](size_t row, size_t count) HWY_ATTR {
      MultiplyUpTo<kMaxRows>(count, product, product.activations + row * product.activation_stride,
                             first, product.sums + row * product.sums_stride);
    });
  }
}

/// The integers that 16-bit lanes from 0 to 255 are the codes of.
HWY_INLINE ShortVector DecodeLanes(ShortVector codes) {
  const Shorts shorts;
  const hn::Repartition<uint8_t, Shorts> bytes;
  alignas(16) static constexpr uint8_t kPowers[16] = {1, 2, 4, 8, 16, 32, 64, 128};
  const auto mantissa = hn::Or(hn::And(codes, hn::Set(shorts, 15)), hn::Set(shorts, 16));
  const auto exponent = hn::And(hn::ShiftRight<4>(codes), hn::Set(shorts, 7));
  // The upper byte of an index has its highest bit set, for which the look-up gives 0.
  const auto index = hn::Or(exponent, hn::Set(shorts, static_cast<int16_t>(0x8000)));
  const auto powers = hn::BitCast(
      shorts, hn::TableLookupBytesOr0(hn::LoadDup128(bytes, kPowers), hn::BitCast(bytes, index)));
  const auto magnitude = hn::Mul(mantissa, powers);
  const auto without_sign = hn::And(codes, hn::Set(shorts, 0x7F));
  const auto nonzero = hn::IfThenZeroElse(hn::Eq(without_sign, hn::Zero(shorts)), magnitude);
  const auto sign = hn::ShiftRight<15>(hn::ShiftLeft<8>(codes));
  return hn::Sub(hn::Xor(nonzero, sign), sign);
}

void DecodeHere(const uint8_t* codes, size_t quads, int16_t* integers) {
  const Shorts shorts;
  const hn::RebindToUnsigned<Shorts> unsigned_shorts;
  const hn::Repartition<uint8_t, Shorts> bytes;
  constexpr size_t kPairSize = 2 * kPanelColumns;
  for (size_t half = 0; half < 2; ++half) {
    int16_t* to = integers + half * kPanelColumns;
    for (size_t quad = 0; quad < quads; ++quad, codes += 64, to += 2 * kPairSize) {
      for (size_t i = 0; i < kPairSize / 2; i += hn::Lanes(shorts)) {
        const auto here = hn::BitCast(unsigned_shorts, hn::Load(bytes, codes + 2 * i));
        const auto first = hn::And(here, hn::Set(unsigned_shorts, 0xFF));
        const auto second = hn::ShiftRight<8>(here);
        hn::Store(DecodeLanes(hn::BitCast(shorts, first)), shorts, to + i);
        hn::Store(DecodeLanes(hn::BitCast(shorts, second)), shorts, to + kPairSize + i);
      }
    }
  }
}

#endif

}  // namespace
}  // namespace edgebert::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace edgebert {
namespace {

HWY_EXPORT(MultiplyPanelHere);
HWY_EXPORT(DecodeHere);

}  // namespace

void MultiplyPanel(const PanelProduct& product) {
  if (const PanelProductFunction multiply = PanelFunctionsInUse().multiply; multiply != nullptr) {
    return multiply(product);
  }
  HWY_DYNAMIC_DISPATCH(MultiplyPanelHere)(product);
}

void DecodePanel(const uint8_t* codes, size_t quads, int16_t* integers) {
  if (const DecodeFunction decode = PanelFunctionsInUse().decode; decode != nullptr) {
    return decode(codes, quads, integers);
  }
  HWY_DYNAMIC_DISPATCH(DecodeHere)(codes, quads, integers);
}

}  // namespace edgebert
#endif
