#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "edgebert/kernels/matmul.h"
#include "edgebert/kernels/panel.h"
#include "edgebert/numeric/adaptivfloat.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "edgebert/kernels/matmul_af8.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace edgebert::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// What one panel contributes to: `columns` of `outputs` columns of the output.
struct PanelAf8 {
  const int16_t* weights;  ///< [⌈inputs / 2⌉ × kPanelColumns × 2]
  size_t inputs;
  size_t inputs_per_sum;
  size_t outputs;
  size_t columns;
};

void AddSums(const int32_t* sums, size_t columns, bool is_first, int64_t* output) {
  for (size_t column = 0; column < columns; ++column) {
    output[column] = (is_first ? 0 : output[column]) + sums[column];
  }
}

#if HWY_TARGET == HWY_SCALAR

constexpr size_t kMaxRows = 1;

template <size_t kRows>
void MultiplyRows(const PanelAf8& panel, const int16_t* activations, int64_t* output) {
  static_assert(kRows == 1);
  for (size_t begin = 0; begin < panel.inputs; begin += panel.inputs_per_sum) {
    const size_t end = std::min(panel.inputs, begin + panel.inputs_per_sum);
    int32_t sums[kPanelColumns] = {};
    for (size_t input = begin; input < end; input += 2) {
      const int32_t even = activations[input];
      const int32_t odd = input + 1 < panel.inputs ? activations[input + 1] : 0;
      const int16_t* weights = panel.weights + input * kPanelColumns;
      for (size_t column = 0; column < kPanelColumns; ++column) {
        sums[column] += even * weights[2 * column] + odd * weights[2 * column + 1];
      }
    }
    AddSums(sums, panel.columns, begin == 0, output);
  }
}

#else

using Ints = hn::CappedTag<int32_t, kPanelColumns / 2>;
using Shorts = hn::Repartition<int16_t, Ints>;
using IntVector = hn::Vec<Ints>;
using ShortVector = hn::Vec<Shorts>;

/// Two vectors of sums for each row, the weights and a product must fit in the registers: 32 with
/// AVX-512, else 16.
constexpr size_t kMaxRows = hn::MaxLanes(Ints()) >= 16 ? 12 : 6;

/// Two consecutive activations as their bits lie in memory; the second is 0 past the last input.
int32_t LoadPair(const int16_t* activations, size_t input, size_t inputs) {
  int16_t pair[2] = {activations[input], 0};
  if (input + 1 < inputs) {
    pair[1] = activations[input + 1];
  }
  int32_t bits;
  std::memcpy(&bits, pair, sizeof(bits));
  return bits;
}

/// Sums of one row for 2 · lanes columns. Where the machine multiplies and adds neighbours in one
/// instruction, as x86 does, `spare` stays zero and costs nothing.
struct RowSums {
  IntVector sums[2];
  IntVector spare[2];
};

template <size_t kRows>
void AddPair(const int16_t* weights, const int32_t (&pairs)[kRows], RowSums (&rows)[kRows]) {
  const Ints ints;
  const Shorts shorts;
  const ShortVector weights0 = hn::Load(shorts, weights);
  const ShortVector weights1 = hn::Load(shorts, weights + hn::Lanes(shorts));
  for (size_t row = 0; row < kRows; ++row) {
    const ShortVector pair = hn::BitCast(shorts, hn::Set(ints, pairs[row]));
    rows[row].sums[0] =
        hn::ReorderWidenMulAccumulate(ints, pair, weights0, rows[row].sums[0], rows[row].spare[0]);
    rows[row].sums[1] =
        hn::ReorderWidenMulAccumulate(ints, pair, weights1, rows[row].sums[1], rows[row].spare[1]);
  }
}

template <size_t kRows>
void MultiplyRows(const PanelAf8& panel, const int16_t* activations, int64_t* output) {
  const Ints ints;
  const size_t lanes = hn::Lanes(ints);
  for (size_t first = 0; first < panel.columns; first += 2 * lanes) {
    const size_t columns = std::min(2 * lanes, panel.columns - first);
    for (size_t begin = 0; begin < panel.inputs; begin += panel.inputs_per_sum) {
      const size_t end = std::min(panel.inputs, begin + panel.inputs_per_sum);
      RowSums rows[kRows];
      for (RowSums& row : rows) {
        row.sums[0] = row.sums[1] = row.spare[0] = row.spare[1] = hn::Zero(ints);
      }
      const int16_t* weights = panel.weights + (begin * kPanelColumns + 2 * first);
      int32_t pairs[kRows];
      size_t input = begin;
      for (; input + 1 < end; input += 2, weights += 2 * kPanelColumns) {
        for (size_t row = 0; row < kRows; ++row) {
          std::memcpy(&pairs[row], activations + row * panel.inputs + input, sizeof(int32_t));
        }
        AddPair<kRows>(weights, pairs, rows);
      }
      if (input < end) {
        for (size_t row = 0; row < kRows; ++row) {
          pairs[row] = LoadPair(activations + row * panel.inputs, input, panel.inputs);
        }
        AddPair<kRows>(weights, pairs, rows);
      }
      for (size_t row = 0; row < kRows; ++row) {
        HWY_ALIGN int32_t sums[kPanelColumns];
        const RowSums& from = rows[row];
        hn::Store(hn::RearrangeToOddPlusEven(from.sums[0], from.spare[0]), ints, sums);
        hn::Store(hn::RearrangeToOddPlusEven(from.sums[1], from.spare[1]), ints, sums + lanes);
        AddSums(sums, columns, begin == 0, output + row * panel.outputs + first);
      }
    }
  }
}

#endif

template <size_t kRows>
void MultiplyUpTo(size_t rows, const PanelAf8& panel, const int16_t* activations, int64_t* output) {
  if constexpr (kRows > 1) {
    if (rows < kRows) {
      return MultiplyUpTo<kRows - 1>(rows, panel, activations, output);
    }
  }
  MultiplyRows<kRows>(panel, activations, output);
}

void MultiplyAf8(const int16_t* activations, size_t rows, const PackedMatrixAf8& weights,
                 int64_t* output) {
  PanelAf8 panel;
  panel.inputs = static_cast<size_t>(weights.inputs());
  panel.outputs = static_cast<size_t>(weights.outputs());
  const size_t panel_size = (panel.inputs + 1) / 2 * 2 * kPanelColumns;
  for (size_t index = 0; index < NumPanels(panel.outputs); ++index) {
    const size_t first = index * kPanelColumns;
    panel.columns = std::min(kPanelColumns, panel.outputs - first);
    panel.weights = weights.panels().data() + index * panel_size;
    panel.inputs_per_sum = static_cast<size_t>(weights.inputs_per_sum(static_cast<int>(index)));
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
namespace {

HWY_EXPORT(MultiplyAf8);

/// Any sum of so many products of AF8 integers fits in 32 bits.
constexpr size_t kAlwaysSafeInputs = 128;
constexpr int64_t kSumLimit = int64_t{1} << 31;
static_assert(int64_t{kAlwaysSafeInputs} * kAf8MaxInteger * kAf8MaxInteger < kSumLimit);

/// Whether, for every column and every run of `inputs_per_sum` inputs from a multiple of it on, no
/// partial sum in any order can leave 32 bits, whatever the activations are.
bool SumsFit(const int16_t* panel, size_t inputs, size_t inputs_per_sum) {
  for (size_t begin = 0; begin < inputs; begin += inputs_per_sum) {
    const size_t end = std::min(inputs, begin + inputs_per_sum);
    std::array<int64_t, kPanelColumns> magnitudes{};
    for (size_t input = begin; input < end; ++input) {
      for (size_t column = 0; column < kPanelColumns; ++column) {
        const size_t pair = input / 2 * kPanelColumns + column;
        magnitudes[column] += std::abs(panel[2 * pair + input % 2]);
      }
    }
    if (*std::max_element(magnitudes.begin(), magnitudes.end()) * kAf8MaxInteger >= kSumLimit) {
      return false;
    }
  }
  return true;
}

/// Even, and at least kAlwaysSafeInputs: halved from all inputs until sums fit.
size_t ChooseInputsPerSum(const int16_t* panel, size_t inputs) {
  size_t inputs_per_sum = std::max(kAlwaysSafeInputs, (inputs + 1) / 2 * 2);
  while (inputs_per_sum > kAlwaysSafeInputs && !SumsFit(panel, inputs, inputs_per_sum)) {
    inputs_per_sum = std::max(kAlwaysSafeInputs, (inputs_per_sum / 2 + 1) / 2 * 2);
  }
  return inputs_per_sum;
}

std::array<int16_t, 256> MakeDecodeTable() {
  std::array<int16_t, 256> table;
  for (size_t code = 0; code < table.size(); ++code) {
    table[code] = static_cast<int16_t>(DecodeInteger(kAf8, static_cast<uint32_t>(code)));
  }
  return table;
}

}  // namespace

PackedMatrixAf8::PackedMatrixAf8(std::span<const uint8_t> codes, int outputs, int inputs)
    : outputs_(outputs), inputs_(inputs) {
  const std::array<int16_t, 256> integers = MakeDecodeTable();
  const auto num_outputs = static_cast<size_t>(outputs);
  const auto num_inputs = static_cast<size_t>(inputs);
  const size_t num_panels = NumPanels(num_outputs);
  const size_t panel_size = (num_inputs + 1) / 2 * 2 * kPanelColumns;
  panels_.resize(num_panels * panel_size);
  for (size_t output = 0; output < num_outputs; ++output) {
    int16_t* panel = panels_.data() + output / kPanelColumns * panel_size;
    for (size_t input = 0; input < num_inputs; ++input) {
      const size_t pair = input / 2 * kPanelColumns + output % kPanelColumns;
      panel[2 * pair + input % 2] = integers[codes[output * num_inputs + input]];
    }
  }
  for (size_t panel = 0; panel < num_panels; ++panel) {
    inputs_per_sum_.push_back(
        static_cast<int>(ChooseInputsPerSum(panels_.data() + panel * panel_size, num_inputs)));
  }
}

void MatMulAf8(std::span<const int16_t> activations, int rows, const PackedMatrixAf8& weights,
               std::span<int64_t> output) {
  if (weights.inputs() == 0) {
    std::fill(output.begin(), output.end(), 0);
    return;
  }
  HWY_DYNAMIC_DISPATCH(MultiplyAf8)
  (activations.data(), static_cast<size_t>(rows), weights, output.data());
}

}  // namespace edgebert
#endif
