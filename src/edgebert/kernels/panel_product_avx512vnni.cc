// One instruction multiplies 32 pairs of 16-bit integers and adds the products to 16 sums.

#include "edgebert/kernels/panel_product.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <cstring>

#define EDGEBERT_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

namespace edgebert {
namespace {

/// 24 registers of sums, two of weights and one for the activations of a row.
constexpr size_t kMaxRows = 12;
/// Fewer rows fetch the next panel into the second cache only: measured, docs/performance.md.
constexpr size_t kFewRows = 6;

/// Adds the products of pairs to sums. Not by intrinsic: GCC 12 copies the register of a sum before
/// or after most of them, which halves the speed of processors with two such multipliers.
EDGEBERT_TARGET inline __attribute__((always_inline)) void AddProducts(__m512i activations,
                                                                       __m512i weights,
                                                                       __m512i& sums) {
  asm("vpdpwssd %2, %1, %0" : "+v"(sums) : "v"(activations), "v"(weights));
}

template <size_t kRows>
EDGEBERT_TARGET void MultiplyRows(const PanelProduct& product, const int16_t* activations,
                                  int32_t* output, const char* next, size_t next_step) {
  constexpr auto kHint = kRows < kFewRows ? _MM_HINT_T1 : _MM_HINT_T0;
  __m512i sums[kRows][2];
  const __m512i initial0 = _mm512_loadu_si512(product.initial);
  const __m512i initial1 = _mm512_loadu_si512(product.initial + 16);
#pragma GCC unroll 12
  for (size_t row = 0; row < kRows; ++row) {
    sums[row][0] = initial0;
    sums[row][1] = initial1;
  }
  const int16_t* weights = product.weights;
  const size_t stride = product.activation_stride;
  // A pointer for three rows: one a row would be more than there are registers.
  const int16_t* groups[(kRows + 2) / 3];
  for (size_t group = 0; group < (kRows + 2) / 3; ++group) {
    groups[group] = activations + 3 * group * stride;
  }
  for (size_t pair = product.pairs; pair > 0; --pair) {
    const __m512i weights0 = _mm512_load_si512(weights);
    const __m512i weights1 = _mm512_load_si512(weights + 32);
    _mm_prefetch(next, kHint);
    next += next_step;
#pragma GCC unroll 12
    for (size_t row = 0; row < kRows; ++row) {
      int32_t bits;
      std::memcpy(&bits, groups[row / 3] + row % 3 * stride, sizeof(bits));
      const __m512i activation = _mm512_set1_epi32(bits);
      AddProducts(activation, weights0, sums[row][0]);
      AddProducts(activation, weights1, sums[row][1]);
    }
#pragma GCC unroll 4
    for (const int16_t*& group : groups) {
      group += 2;
    }
    weights += 2 * kPanelColumns;
  }
#pragma GCC unroll 12
  for (size_t row = 0; row < kRows; ++row) {
    _mm512_storeu_si512(output + row * product.sums_stride, sums[row][0]);
    _mm512_storeu_si512(output + row * product.sums_stride + 16, sums[row][1]);
  }
}

template <size_t kRows>
void MultiplyUpTo(size_t rows, const PanelProduct& product, const int16_t* activations,
                  int32_t* output, const char* next, size_t next_step) {
  if constexpr (kRows > 1) {
    if (rows < kRows) {
      return MultiplyUpTo<kRows - 1>(rows, product, activations, output, next, next_step);
    }
  }
  MultiplyRows<kRows>(product, activations, output, next, next_step);
}

}  // namespace

void MultiplyPanelAvx512Vnni(const PanelProduct& product) {
  // The next panel is spread over the pairs of all row blocks.
  const size_t blocks = (product.rows + kMaxRows - 1) / kMaxRows;
  const bool fetches = product.next != nullptr;
  const char* next =
      static_cast<const char*>(fetches ? product.next : static_cast<const void*>(product.weights));
  const size_t share = fetches ? product.next_bytes / (blocks > 0 ? blocks : 1) : 0;
  const size_t step = product.pairs > 0 ? share / product.pairs : 0;
  ForEachRowBlock(product.rows, kMaxRows, [&](size_t row, size_t count) {
    MultiplyUpTo<kMaxRows>(count, product, product.activations + row * product.activation_stride,
                           product.sums + row * product.sums_stride, next, step);
    next += share;
  });
}

}  // namespace edgebert

#endif
