#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>

#include "edgebert/kernels/matmul.h"
#include "edgebert/kernels/panel.h"
#include "edgebert/kernels/panel_multiplier.h"
#include "edgebert/kernels/panel_product.h"
#include "edgebert/numeric/adaptivfloat.h"

namespace edgebert {
namespace {

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

/// All of them in one sum: even, and at least kAlwaysSafeInputs.
size_t AllInputs(size_t inputs) { return std::max(kAlwaysSafeInputs, (inputs + 1) / 2 * 2); }

/// Even, and at least kAlwaysSafeInputs: halved from all inputs until sums fit.
size_t ChooseInputsPerSum(const int16_t* panel, size_t inputs) {
  size_t inputs_per_sum = AllInputs(inputs);
  while (inputs_per_sum > kAlwaysSafeInputs && !SumsFit(panel, inputs, inputs_per_sum)) {
    inputs_per_sum = std::max(kAlwaysSafeInputs, (inputs_per_sum / 2 + 1) / 2 * 2);
  }
  return inputs_per_sum;
}

/// By AF8 code.
struct CodeTables {
  std::array<uint8_t, 256> canonical;  ///< Of the two codes of zero, kernels know but one.
  std::array<int16_t, 256> magnitude;
};

CodeTables MakeCodeTables() {
  CodeTables tables;
  for (size_t code = 0; code < tables.canonical.size(); ++code) {
    const int64_t integer = DecodeInteger(kAf8, static_cast<uint32_t>(code));
    tables.canonical[code] = static_cast<uint8_t>(integer == 0 ? 0 : code);
    tables.magnitude[code] = static_cast<int16_t>(std::abs(integer));
  }
  return tables;
}

}  // namespace

PackedMatrixAf8::PackedMatrixAf8(std::span<const uint8_t> codes, int outputs, int inputs,
                                 WeightStorage storage)
    : outputs_(outputs), inputs_(inputs), storage_(storage) {
  const CodeTables tables = MakeCodeTables();
  const auto num_outputs = static_cast<size_t>(outputs);
  const auto num_inputs = static_cast<size_t>(inputs);
  const size_t size = panel_size();
  const bool keeps_codes = storage == WeightStorage::kCodes;
  keeps_codes ? codes_.resize(num_panels() * size) : integers_.resize(num_panels() * size);
  magnitudes_.resize(num_panels() * kPanelColumns);
  PanelVector<uint8_t> panel_codes(keeps_codes ? 0 : size);
  PanelVector<int16_t> decoded;
  for (size_t panel = 0; panel < num_panels(); ++panel) {
    uint8_t* const to = keeps_codes ? codes_.data() + panel * size : panel_codes.data();
    int64_t* const magnitudes = magnitudes_.data() + panel * kPanelColumns;
    const size_t first = panel * kPanelColumns;
    const size_t columns = std::min(kPanelColumns, num_outputs - first);
    std::fill(to, to + size, uint8_t{0});
    for (size_t column = 0; column < columns; ++column) {
      const uint8_t* row = codes.data() + (first + column) * num_inputs;
      for (size_t input = 0; input < num_inputs; ++input) {
        to[CodeIndex(num_quads(), input, column)] = tables.canonical[row[input]];
        magnitudes[column] += tables.magnitude[row[input]];
      }
    }
    if (!keeps_codes) {
      DecodePanel(to, num_quads(), integers_.data() + panel * size);
    }
    const int64_t most = *std::max_element(magnitudes, magnitudes + columns);
    inputs_per_sum_.push_back(static_cast<int>(
        most * kAf8MaxInteger < kSumLimit ? AllInputs(num_inputs)
                                          : ChooseInputsPerSum(Panel(panel, decoded), num_inputs)));
  }
}

const int16_t* PackedMatrixAf8::Panel(size_t index, PanelVector<int16_t>& decoded) const {
  if (storage_ == WeightStorage::kInt16) {
    return integers_.data() + index * panel_size();
  }
  int16_t* integers = AtLeast(decoded, panel_size());
  DecodePanel(codes_.data() + index * panel_size(), num_quads(), integers);
  return integers;
}

std::span<const uint8_t> PackedMatrixAf8::PanelBytes(size_t index) const {
  if (storage_ == WeightStorage::kCodes) {
    return std::span(codes_).subspan(index * panel_size(), panel_size());
  }
  const auto* bytes = reinterpret_cast<const uint8_t*>(integers_.data() + index * panel_size());
  return {bytes, panel_size() * sizeof(int16_t)};
}

PackedBiasAf8::PackedBiasAf8(const PackedMatrixAf8& weights, std::span<const int64_t> values)
    : values_(values.begin(), values.end()),
      initial_(weights.num_panels() * kPanelColumns),
      fits_(weights.num_panels(), 1) {
  for (size_t column = 0; column < values.size(); ++column) {
    const int64_t most = weights.magnitude(column) * kAf8MaxInteger + std::abs(values[column]);
    if (most < kSumLimit) {
      initial_[column] = static_cast<int32_t>(values[column]);
    } else {
      fits_[column / kPanelColumns] = 0;
    }
  }
}

void MatMulAf8(std::span<const int16_t> activations, int rows, const PackedMatrixAf8& weights,
               MatMulScratch& scratch, std::span<int64_t> output) {
  const auto num_rows = static_cast<size_t>(rows);
  const auto outputs = static_cast<size_t>(weights.outputs());
  const PanelMultiplier multiplier(activations, num_rows, weights, scratch);
  for (size_t panel = 0; panel < weights.num_panels(); ++panel) {
    const int64_t* sums = multiplier.WideSums(panel);
    const size_t first = panel * kPanelColumns;
    for (size_t row = 0; row < num_rows; ++row) {
      std::copy_n(sums + row * kPanelColumns, std::min(kPanelColumns, outputs - first),
                  &output[row * outputs + first]);
    }
  }
}

}  // namespace edgebert
