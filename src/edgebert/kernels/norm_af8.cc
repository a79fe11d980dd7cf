#include "edgebert/kernels/norm_af8.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "edgebert/kernels/panel_multiplier.h"
#include "edgebert/kernels/powers_of_two.h"
#include "edgebert/numeric/adaptivfloat.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "edgebert/kernels/norm_af8.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "edgebert/kernels/blocks-inl.h"
#include "edgebert/kernels/elementwise-inl.h"
#include "edgebert/kernels/quantize-inl.h"

HWY_BEFORE_NAMESPACE();
namespace edgebert::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

struct Row {
  const float* update;
  const int16_t* residual;
  const float* gain;
  const float* bias;
  size_t size;
};

/// Rounds `size` floats, of which there are as many as a whole number of blocks needs.
void Round(const float* values, size_t size, float scale, int16_t* output) {
  const BlockFloats floats;
  const hn::RebindToSigned<BlockFloats> ints;
  const hn::Rebind<int16_t, BlockFloats> shorts;
  const auto scales = hn::Set(floats, scale);
  const auto round = [&](const float* from, int16_t* to) HWY_ATTR {
    for (size_t i = 0; i < kBlock; i += hn::Lanes(floats)) {
      const auto rounded = RoundToAf8(floats, hn::LoadU(floats, from + i), scales);
      hn::StoreU(hn::DemoteTo(shorts, hn::ConvertTo(ints, rounded)), shorts, to + i);
    }
  };
  const size_t whole = size / kBlock * kBlock;
  for (size_t i = 0; i < whole; i += kBlock) {
    round(values + i, output + i);
  }
  if (whole < size) {
    HWY_ALIGN int16_t last[kBlock];
    round(values + whole, last);
    std::copy_n(last, size - whole, output + whole);
  }
}

/// `values` holds a whole number of blocks.
void NormaliseRow(const Row& row, float residual_unit, float epsilon, float scale, float* values,
                  int16_t* output) {
  const BlockFloats floats;
  const hn::RebindToSigned<BlockFloats> ints;
  const hn::Rebind<int16_t, BlockFloats> shorts;
  const size_t lanes = hn::Lanes(floats);
  const size_t whole = row.size / lanes * lanes;
  const auto unit = hn::Set(floats, residual_unit);
  for (size_t i = 0; i < whole; i += lanes) {
    const auto integers = hn::PromoteTo(ints, hn::LoadU(shorts, row.residual + i));
    const auto residual = hn::Mul(hn::ConvertTo(floats, integers), unit);
    hn::StoreU(hn::Add(hn::LoadU(floats, row.update + i), residual), floats, values + i);
  }
  for (size_t i = whole; i < row.size; ++i) {
    values[i] = row.update[i] + static_cast<float>(row.residual[i]) * residual_unit;
  }
  const auto count = static_cast<float>(row.size);
  const float mean =
      elementwise::Sum(values, row.size, 0.0f, [](BlockVector x) HWY_ATTR { return x; }) / count;
  const auto means = hn::Set(floats, mean);
  const float variance = elementwise::Sum(values, row.size, mean,
                                          [&](BlockVector x) HWY_ATTR {
                                            const auto deviation = hn::Sub(x, means);
                                            return hn::Mul(deviation, deviation);
                                          }) /
                         count;
  const float factor = 1.0f / std::sqrt(variance + epsilon);
  const auto factors = hn::Set(floats, factor);
  for (size_t i = 0; i < whole; i += lanes) {
    const auto normal = hn::Mul(hn::Sub(hn::LoadU(floats, values + i), means), factors);
    hn::StoreU(
        hn::Add(hn::Mul(normal, hn::LoadU(floats, row.gain + i)), hn::LoadU(floats, row.bias + i)),
        floats, values + i);
  }
  for (size_t i = whole; i < row.size; ++i) {
    values[i] = (values[i] - mean) * factor * row.gain[i] + row.bias[i];
  }
  Round(values, row.size, scale, output);
}

void NormaliseRows(const float* update, const int16_t* residual, float residual_unit,
                   const NormAf8& norm, float scale, size_t rows, float* values, int16_t* output) {
  const size_t width = norm.gain.size();
  for (size_t row = 0; row < rows; ++row) {
    const size_t first = row * width;
    NormaliseRow({update + first, residual + first, norm.gain.data(), norm.bias.data(), width},
                 residual_unit, norm.epsilon, scale, values, output + first);
  }
}

void MeanOfRows(const int16_t* integers, size_t rows, size_t width, float unit, float* mean) {
  std::fill_n(mean, width, 0.0f);
  for (size_t row = 0; row < rows; ++row, integers += width) {
    for (size_t i = 0; i < width; ++i) {
      mean[i] += static_cast<float>(integers[i]);
    }
  }
  for (size_t i = 0; i < width; ++i) {
    mean[i] = mean[i] * unit / static_cast<float>(rows);
  }
}

}  // namespace
}  // namespace edgebert::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace edgebert {
namespace {

HWY_EXPORT(NormaliseRows);
HWY_EXPORT(MeanOfRows);

}  // namespace

void AddNormToAf8(std::span<const float> update, const IntegersAf8& residual, const NormAf8& norm,
                  int exponent_bias, PanelVector<float>& row, std::span<int16_t> output) {
  constexpr size_t kWholeBlock = 16;
  const size_t width = norm.gain.size();
  float* values = AtLeast(row, (width + kWholeBlock - 1) / kWholeBlock * kWholeBlock);
  HWY_DYNAMIC_DISPATCH(NormaliseRows)
  (update.data(), residual.values.data(),
   FloatPowerOfTwo(residual.exponent_bias - kAf8MantissaBits), norm,
   FloatPowerOfTwo(kAf8MantissaBits - exponent_bias), update.size() / width, values, output.data());
}

void MeanOfAf8Rows(const IntegersAf8& states, int rows, std::span<float> mean) {
  HWY_DYNAMIC_DISPATCH(MeanOfRows)
  (states.values.data(), static_cast<size_t>(rows), mean.size(),
   FloatPowerOfTwo(states.exponent_bias - kAf8MantissaBits), mean.data());
}

}  // namespace edgebert
#endif
