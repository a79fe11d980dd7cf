// vpdpwssd for processors that have it on 256 bits only.

#include "edgebert/kernels/panel_product.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <cstring>

#define EDGEBERT_TARGET __attribute__((target("avx2,avxvnni")))

namespace edgebert {
namespace {

/// 12 of 16 registers hold sums, two weights and one the activations of a row.
constexpr size_t kMaxRows = 6;
constexpr size_t kColumns = 16;

EDGEBERT_TARGET inline __m256i Load(const void* from) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}

template <size_t kRows>
EDGEBERT_TARGET void MultiplyRows(const PanelProduct& product, const int16_t* activations,
                                  size_t column, int32_t* output) {
  __m256i sums[kRows][2];
  const __m256i initial0 = Load(product.initial + column);
  const __m256i initial1 = Load(product.initial + column + 8);
#pragma GCC unroll 6
  for (size_t row = 0; row < kRows; ++row) {
    sums[row][0] = initial0;
    sums[row][1] = initial1;
  }
  const int16_t* weights = product.weights + 2 * column;
  const size_t stride = product.activation_stride;
  // A pointer for three rows: one a row would be more than there are registers.
  const int16_t* groups[(kRows + 2) / 3];
  for (size_t group = 0; group < (kRows + 2) / 3; ++group) {
    groups[group] = activations + 3 * group * stride;
  }
  for (size_t pair = product.pairs; pair > 0; --pair) {
    const __m256i weights0 = Load(weights);
    const __m256i weights1 = Load(weights + 16);
#pragma GCC unroll 6
    for (size_t row = 0; row < kRows; ++row) {
      int32_t bits;
      std::memcpy(&bits, groups[row / 3] + row % 3 * stride, sizeof(bits));
      const __m256i activation = _mm256_set1_epi32(bits);
      sums[row][0] = _mm256_dpwssd_avx_epi32(sums[row][0], activation, weights0);
      sums[row][1] = _mm256_dpwssd_avx_epi32(sums[row][1], activation, weights1);
    }
#pragma GCC unroll 4
    for (const int16_t*& group : groups) {
      group += 2;
    }
    weights += 2 * kPanelColumns;
  }
#pragma GCC unroll 6
  for (size_t row = 0; row < kRows; ++row) {
    auto* to = reinterpret_cast<__m256i*>(output + row * product.sums_stride + column);
    _mm256_storeu_si256(to, sums[row][0]);
    _mm256_storeu_si256(to + 1, sums[row][1]);
  }
}

template <size_t kRows>
void MultiplyUpTo(size_t rows, const PanelProduct& product, const int16_t* activations,
                  size_t column, int32_t* output) {
  if constexpr (kRows > 1) {
    if (rows < kRows) {
      return MultiplyUpTo<kRows - 1>(rows, product, activations, column, output);
    }
  }
  MultiplyRows<kRows>(product, activations, column, output);
}

}  // namespace

void MultiplyPanelAvxVnni(const PanelProduct& product) {
  for (size_t column = 0; column < kPanelColumns; column += kColumns) {
    ForEachRowBlock(product.rows, kMaxRows, [&](size_t row, size_t count) {
      MultiplyUpTo<kMaxRows>(count, product, product.activations + row * product.activation_stride,
                             column, product.sums + row * product.sums_stride);
    });
  }
}

}  // namespace edgebert

#endif
