#include "edgebert/numeric/fixed_functions.h"

#include <algorithm>
#include <cstdlib>

#include "edgebert/numeric/constexpr_math.h"
#include "edgebert/numeric/piecewise_linear.h"

namespace edgebert {
namespace {

constexpr double kUnit16 = 1 << 16;
constexpr double kActivationUnit = 1 << kActivationOutputFractionBits;

/// 2^-x on [0, 1], 64 segments, units of 2^-20.
constexpr PiecewiseLinear<64> kExp2Table([](int knot) {
  return constexpr_math::Exp(-knot / 64.0 * constexpr_math::kLn2) * (1 << kExpFractionBits);
});

/// log2(x) on [1, 2], 64 segments, units of 2^-16.
constexpr PiecewiseLinear<64> kLog2Table([](int knot) {
  return constexpr_math::Log(1 + knot / 64.0) / constexpr_math::kLn2 * kUnit16;
});

/// 1 / √x on [1, 4], 192 segments, units of 2^-16.
constexpr PiecewiseLinear<192> kReciprocalSqrtTable([](int knot) {
  return kUnit16 / constexpr_math::Sqrt(1 + knot / 64.0);
});

// Tables over t = |x|: 256 segments on [0, 4), where functions bend, and 32 on [4, 8).
constexpr int kNearSegments = 256;
constexpr int kFarSegments = 32;
constexpr size_t kTableSegments = kNearSegments + kFarSegments;
constexpr int kNearFractionBits = 10;  // A segment is 2^-6 wide.
constexpr int kFarFractionBits = 13;   // A segment is 2^-3 wide.
constexpr int32_t kFarBegin = 4 << kActivationInputFractionBits;
constexpr int32_t kFarEnd = 8 << kActivationInputFractionBits;

constexpr double KnotPosition(int knot) {
  return knot <= kNearSegments ? knot / 64.0 : 4 + (knot - kNearSegments) / 8.0;
}

/// max(x, 0) - x · Φ(x) = t · Φ(-t).
constexpr PiecewiseLinear<kTableSegments> kGeluTable([](int knot) {
  const double t = KnotPosition(knot);
  return t * constexpr_math::NormalTail(t) * kActivationUnit;
});

/// The same with the tanh approximation: t / (1 + exp(2 √(2/π) (t + 0.044715 t³))).
constexpr PiecewiseLinear<kTableSegments> kGeluTanhTable([](int knot) {
  const double t = KnotPosition(knot);
  const double inner = 2 * constexpr_math::kSqrtTwoOverPi * (t + 0.044715 * t * t * t);
  return t / (1 + constexpr_math::Exp(inner)) * kActivationUnit;
});

constexpr PiecewiseLinear<kTableSegments> kTanhTable([](int knot) {
  const double small = constexpr_math::Exp(-2 * KnotPosition(knot));
  return (1 - small) / (1 + small) * kActivationUnit;
});

/// The table's value at t = magnitude / 2^16 < 8.
int32_t LookUp(const PiecewiseLinear<kTableSegments>& table, int32_t magnitude) {
  if (magnitude < kFarBegin) {
    const auto t = static_cast<uint32_t>(magnitude);
    return table.At(t >> kNearFractionBits, t & ((1u << kNearFractionBits) - 1), kNearFractionBits);
  }
  const auto t = static_cast<uint32_t>(magnitude - kFarBegin);
  return table.At(kNearSegments + (t >> kFarFractionBits), t & ((1u << kFarFractionBits) - 1),
                  kFarFractionBits);
}

/// max(x, 0) in units of the output.
int32_t PositivePart(int32_t x) {
  constexpr int kMoreBits = kActivationOutputFractionBits - kActivationInputFractionBits;
  return std::max(x, 0) * (1 << kMoreBits);
}

int32_t GeluBy(const PiecewiseLinear<kTableSegments>& table, int32_t x) {
  const int32_t magnitude = std::abs(x);
  return PositivePart(x) - (magnitude < kFarEnd ? LookUp(table, magnitude) : 0);
}

}  // namespace

uint32_t Exp2OfNegative(uint32_t x) {
  if (x >= kExpDomain) {
    return 0;
  }
  constexpr int kFractionBits = kLog2FractionBits - 6;
  const uint32_t fraction = x & ((1u << kLog2FractionBits) - 1);
  const int32_t mantissa = kExp2Table.At(fraction >> kFractionBits,
                                         fraction & ((1u << kFractionBits) - 1), kFractionBits);
  return static_cast<uint32_t>(RoundShift(mantissa, static_cast<int>(x >> kLog2FractionBits)));
}

int32_t Log2(uint64_t value) {
  constexpr int kBits = 20;
  constexpr int kFractionBits = kBits - 6;
  const int exponent = BitWidth(value) - 1;
  // In [1, 2) with 20 fraction bits, the bits below cut off.
  const uint64_t aligned =
      exponent <= kBits ? value << (kBits - exponent) : value >> (exponent - kBits);
  const auto position = static_cast<uint32_t>(aligned - (uint64_t{1} << kBits));
  return (exponent << kLog2FractionBits) + kLog2Table.At(position >> kFractionBits,
                                                         position & ((1u << kFractionBits) - 1),
                                                         kFractionBits);
}

ReciprocalRoot ReciprocalSqrt(uint64_t value) {
  constexpr int kBits = 18;
  constexpr int kFractionBits = kBits - 6;
  const int exponent = (BitWidth(value) - 1) / 2;
  // In [1, 4) with 18 fraction bits, the bits below cut off.
  const int shift = 2 * exponent - kBits;
  const uint64_t aligned = shift <= 0 ? value << -shift : value >> shift;
  const auto position = static_cast<uint32_t>(aligned - (uint64_t{1} << kBits));
  return {static_cast<uint32_t>(kReciprocalSqrtTable.At(
              position >> kFractionBits, position & ((1u << kFractionBits) - 1), kFractionBits)),
          exponent};
}

int32_t FixedGelu(int32_t x) { return GeluBy(kGeluTable, x); }

int32_t FixedGeluTanh(int32_t x) { return GeluBy(kGeluTanhTable, x); }

int32_t FixedTanh(int32_t x) {
  const int32_t magnitude = std::abs(x);
  const int32_t value =
      magnitude < kFarEnd ? LookUp(kTanhTable, magnitude) : 1 << kActivationOutputFractionBits;
  return x < 0 ? -value : value;
}

int32_t ApplyFixedActivation(FixedActivation function, int32_t x) {
  switch (function) {
    case FixedActivation::kGelu:
      return FixedGelu(x);
    case FixedActivation::kGeluTanh:
      return FixedGeluTanh(x);
    case FixedActivation::kRelu:
      return PositivePart(x);
    case FixedActivation::kTanh:
      return FixedTanh(x);
  }
  return 0;
}

}  // namespace edgebert
