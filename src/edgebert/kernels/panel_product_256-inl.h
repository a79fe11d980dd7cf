// Panels on 256 bits, 16 of their columns at a time. Before it includes this, a file defines
// EDGEBERT_TARGET, the attribute of functions that may use its instructions; and it names what it
// multiplies with:
//
//   struct Instructions {
//     static constexpr size_t kMaxRows;  // Whose sums, two registers each, stay in 16 registers.
//     // Adds the products of pairs to the sums of 16 columns.
//     static void AddProducts(__m256i activations, __m256i weights0, __m256i weights1,
//                             __m256i& sums0, __m256i& sums1);
//   };

#ifndef EDGEBERT_KERNELS_PANEL_PRODUCT_256_INL_H_
#define EDGEBERT_KERNELS_PANEL_PRODUCT_256_INL_H_

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "edgebert/kernels/panel_product.h"

namespace edgebert {
namespace {

/// What is fetched meanwhile: `bytes` from `from`, spread over as many loops.
struct Fetch {
  const char* from;
  size_t bytes;
};

EDGEBERT_TARGET inline __m256i LoadVector(const void* from) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}

template <typename Instructions, size_t kRows>
EDGEBERT_TARGET void MultiplyRows(const PanelProduct& product, const int16_t* activations,
                                  size_t column, int32_t* output, Fetch fetch) {
  __m256i sums[kRows][2];
  const __m256i initial0 = LoadVector(product.initial + column);
  const __m256i initial1 = LoadVector(product.initial + column + 8);
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
  const char* next = fetch.from;
  const size_t step = product.pairs > 0 ? fetch.bytes / product.pairs : 0;
  for (size_t pair = product.pairs; pair > 0; --pair) {
    const __m256i weights0 = LoadVector(weights);
    const __m256i weights1 = LoadVector(weights + 16);
    _mm_prefetch(next, _MM_HINT_T0);
    next += step;
#pragma GCC unroll 6
    for (size_t row = 0; row < kRows; ++row) {
      int32_t bits;
      std::memcpy(&bits, groups[row / 3] + row % 3 * stride, sizeof(bits));
      Instructions::AddProducts(_mm256_set1_epi32(bits), weights0, weights1, sums[row][0],
                                sums[row][1]);
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

template <typename Instructions, size_t kRows>
void MultiplyUpTo(size_t rows, const PanelProduct& product, const int16_t* activations,
                  size_t column, int32_t* output, Fetch fetch) {
  if constexpr (kRows > 1) {
    if (rows < kRows) {
      return MultiplyUpTo<Instructions, kRows - 1>(rows, product, activations, column, output,
                                                   fetch);
    }
  }
  MultiplyRows<Instructions, kRows>(product, activations, column, output, fetch);
}

template <typename Instructions>
void MultiplyPanel256(const PanelProduct& product) {
  constexpr size_t kColumns = 16;
  const size_t blocks = (product.rows + Instructions::kMaxRows - 1) / Instructions::kMaxRows;
  Fetch fetch{reinterpret_cast<const char*>(product.weights), 0};
  if (product.next != nullptr && blocks > 0) {
    fetch = {static_cast<const char*>(product.next),
             product.next_bytes / (blocks * (kPanelColumns / kColumns))};
  }
  for (size_t column = 0; column < kPanelColumns; column += kColumns) {
    ForEachRowBlock(product.rows, Instructions::kMaxRows, [&](size_t row, size_t count) {
      MultiplyUpTo<Instructions, Instructions::kMaxRows>(
          count, product, product.activations + row * product.activation_stride, column,
          product.sums + row * product.sums_stride, fetch);
      fetch.from += fetch.bytes;
    });
  }
}

}  // namespace
}  // namespace edgebert

#endif  // EDGEBERT_KERNELS_PANEL_PRODUCT_256_INL_H_
