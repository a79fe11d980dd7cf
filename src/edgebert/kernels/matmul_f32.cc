#include <algorithm>
#include <cstddef>

#include "edgebert/kernels/matmul.h"
#include "edgebert/kernels/panel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "edgebert/kernels/matmul_f32.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace edgebert::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Floats = hn::CappedTag<float, kPanelColumns / 2>;
using FloatVector = hn::Vec<Floats>;

/// Two vectors of sums for each row, the weights and a product must fit in the registers: 32 with
/// AVX-512, else 16.
constexpr size_t kMaxRows = hn::MaxLanes(Floats()) >= 16 ? 12 : 6;

/// What one panel contributes to: `columns` of `outputs` columns of the output.
struct PanelF32 {
  const float* weights;  ///< [inputs × kPanelColumns]
  const float* bias;     ///< [kPanelColumns]
  size_t inputs;
  size_t outputs;
  size_t columns;
};

void StoreColumns(FloatVector values, size_t first, size_t columns, float* row) {
  const Floats tag;
  const size_t lanes = hn::Lanes(tag);
  if (first + lanes <= columns) {
    hn::StoreU(values, tag, row + first);
  } else if (first < columns) {
    HWY_ALIGN float padded[kPanelColumns];
    hn::Store(values, tag, padded);
    std::copy_n(padded, columns - first, row + first);
  }
}

template <size_t kRows>
void MultiplyRows(const PanelF32& panel, const float* activations, float* output) {
  const Floats tag;
  const size_t lanes = hn::Lanes(tag);
  for (size_t first = 0; first < panel.columns; first += 2 * lanes) {
    FloatVector sums[kRows][2];
    for (size_t row = 0; row < kRows; ++row) {
      sums[row][0] = hn::Zero(tag);
      sums[row][1] = hn::Zero(tag);
    }
    const float* weights = panel.weights + first;
    for (size_t input = 0; input < panel.inputs; ++input, weights += kPanelColumns) {
      const FloatVector weights0 = hn::Load(tag, weights);
      const FloatVector weights1 = hn::Load(tag, weights + lanes);
      for (size_t row = 0; row < kRows; ++row) {
        const FloatVector activation = hn::Set(tag, activations[row * panel.inputs + input]);
        sums[row][0] = hn::Add(sums[row][0], hn::Mul(activation, weights0));
        sums[row][1] = hn::Add(sums[row][1], hn::Mul(activation, weights1));
      }
    }
    const FloatVector bias0 = hn::LoadU(tag, panel.bias + first);
    const FloatVector bias1 = hn::LoadU(tag, panel.bias + first + lanes);
    for (size_t row = 0; row < kRows; ++row) {
      float* output_row = output + row * panel.outputs;
      StoreColumns(hn::Add(sums[row][0], bias0), first, panel.columns, output_row);
      StoreColumns(hn::Add(sums[row][1], bias1), first + lanes, panel.columns, output_row);
    }
  }
}

template <size_t kRows>
void MultiplyUpTo(size_t rows, const PanelF32& panel, const float* activations, float* output) {
  if constexpr (kRows > 1) {
    if (rows < kRows) {
      return MultiplyUpTo<kRows - 1>(rows, panel, activations, output);
    }
  }
  MultiplyRows<kRows>(panel, activations, output);
}

void MultiplyF32(const float* activations, size_t rows, const PackedMatrixF32& weights,
                 const float* bias, float* output) {
  PanelF32 panel;
  panel.inputs = static_cast<size_t>(weights.inputs());
  panel.outputs = static_cast<size_t>(weights.outputs());
  for (size_t first = 0; first < panel.outputs; first += kPanelColumns) {
    panel.columns = std::min(kPanelColumns, panel.outputs - first);
    panel.weights = weights.panels().data() + first * panel.inputs;
    float padded_bias[kPanelColumns] = {};
    std::copy_n(bias + first, panel.columns, padded_bias);
    panel.bias = padded_bias;
    ForEachRowBlock(rows, kMaxRows, [&](size_t row, size_t count) HWY_ATTR {
      MultiplyUpTo<kMaxRows>(count, panel, activations + row * panel.inputs,
                             output + row * panel.outputs + first);
    });
  }
}

}  // namespace
}  // namespace edgebert::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace edgebert {

HWY_EXPORT(MultiplyF32);

PackedMatrixF32::PackedMatrixF32(std::span<const float> weights, int outputs, int inputs)
    : outputs_(outputs), inputs_(inputs) {
  const auto num_outputs = static_cast<size_t>(outputs);
  const auto num_inputs = static_cast<size_t>(inputs);
  panels_.resize(NumPanels(num_outputs) * kPanelColumns * num_inputs);
  for (size_t output = 0; output < num_outputs; ++output) {
    const size_t column = output % kPanelColumns;
    float* panel = panels_.data() + (output - column) * num_inputs;
    for (size_t input = 0; input < num_inputs; ++input) {
      panel[input * kPanelColumns + column] = weights[output * num_inputs + input];
    }
  }
}

void MatMulF32(std::span<const float> activations, int rows, const PackedMatrixF32& weights,
               std::span<const float> bias, std::span<float> output) {
  HWY_DYNAMIC_DISPATCH(MultiplyF32)
  (activations.data(), static_cast<size_t>(rows), weights, bias.data(), output.data());
}

}  // namespace edgebert
#endif
