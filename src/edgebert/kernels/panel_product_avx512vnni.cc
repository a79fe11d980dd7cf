// One instruction multiplies 32 pairs of 16-bit integers and adds the products to 16 sums.

#include "edgebert/kernels/panel_product.h"

#if defined(__x86_64__)

#include <cstring>

#define EDGEBERT_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

#include "edgebert/kernels/avx512_intrinsics.h"
#include "edgebert/kernels/decode_avx512-inl.h"

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

/// A row's two activations of a pair, sixteen times.
EDGEBERT_TARGET inline __attribute__((always_inline)) __m512i BroadcastPair(const int16_t* pair) {
  int32_t bits;
  std::memcpy(&bits, pair, sizeof(bits));
  return _mm512_set1_epi32(bits);
}

template <size_t kRows>
EDGEBERT_TARGET inline __attribute__((always_inline)) void StoreSums(
    const __m512i (&sums)[kRows][2], int32_t* output, size_t stride) {
#pragma GCC unroll 12
  for (size_t row = 0; row < kRows; ++row) {
    _mm512_storeu_si512(output + row * stride, sums[row][0]);
    _mm512_storeu_si512(output + row * stride + 16, sums[row][1]);
  }
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
      const __m512i pair_of_row = BroadcastPair(groups[row / 3] + row % 3 * stride);
      AddProducts(pair_of_row, weights0, sums[row][0]);
      AddProducts(pair_of_row, weights1, sums[row][1]);
    }
#pragma GCC unroll 4
    for (const int16_t*& group : groups) {
      group += 2;
    }
    weights += 2 * kPanelColumns;
  }
  StoreSums<kRows>(sums, output, product.sums_stride);
}

/// The same for the first rows of a panel that is still codes, an even number of pairs: they are
/// decoded between the products, which leave half of the processor idle, and kept in `weights` for
/// the rows that follow.
template <size_t kRows>
EDGEBERT_TARGET void MultiplyRowsFromCodes(const PanelProduct& product, const uint8_t* codes,
                                           int16_t* weights, const char* next, size_t next_step) {
  constexpr auto kHint = kRows < kFewRows ? _MM_HINT_T1 : _MM_HINT_T0;
  __m512i sums[kRows][2];
  const __m512i initial0 = _mm512_loadu_si512(product.initial);
  const __m512i initial1 = _mm512_loadu_si512(product.initial + 16);
#pragma GCC unroll 12
  for (size_t row = 0; row < kRows; ++row) {
    sums[row][0] = initial0;
    sums[row][1] = initial1;
  }
  const size_t stride = product.activation_stride;
  const int16_t* groups[(kRows + 2) / 3];
  for (size_t group = 0; group < (kRows + 2) / 3; ++group) {
    groups[group] = product.activations + 3 * group * stride;
  }
  const size_t quads = product.pairs / 2;
  const uint8_t* upper_codes = codes + 64 * quads;
  for (size_t quad = quads; quad > 0; --quad) {
    const DecodedQuad lower = DecodeQuad(codes);
    const DecodedQuad upper = DecodeQuad(upper_codes);
    codes += 64;
    upper_codes += 64;
    _mm_prefetch(next, kHint);
    _mm_prefetch(next + next_step, kHint);
    next += 2 * next_step;
    _mm512_store_si512(weights, lower.first);
    _mm512_store_si512(weights + 32, upper.first);
    _mm512_store_si512(weights + 64, lower.second);
    _mm512_store_si512(weights + 96, upper.second);
    weights += 4 * kPanelColumns;
#pragma GCC unroll 12
    for (size_t row = 0; row < kRows; ++row) {
      const __m512i pair = BroadcastPair(groups[row / 3] + row % 3 * stride);
      AddProducts(pair, lower.first, sums[row][0]);
      AddProducts(pair, upper.first, sums[row][1]);
    }
#pragma GCC unroll 12
    for (size_t row = 0; row < kRows; ++row) {
      const __m512i pair = BroadcastPair(groups[row / 3] + row % 3 * stride + 2);
      AddProducts(pair, lower.second, sums[row][0]);
      AddProducts(pair, upper.second, sums[row][1]);
    }
#pragma GCC unroll 4
    for (const int16_t*& group : groups) {
      group += 4;
    }
  }
  StoreSums<kRows>(sums, product.sums, product.sums_stride);
}

/// Calls function.operator()<rows>(), for 1 to kRows rows.
template <size_t kRows, typename Function>
void WithRows(size_t rows, Function function) {
  if constexpr (kRows > 1) {
    if (rows < kRows) {
      return WithRows<kRows - 1>(rows, function);
    }
  }
  function.template operator()<kRows>();
}

/// The next panel is fetched a piece with each pair of each block of rows.
struct Fetch {
  const char* next;
  size_t share;  ///< Bytes a block.
  size_t step;   ///< Bytes a pair.

  explicit Fetch(const PanelProduct& product) {
    const size_t blocks = (product.rows + kMaxRows - 1) / kMaxRows;
    const bool fetches = product.next != nullptr && blocks > 0;
    next = static_cast<const char*>(fetches ? product.next : product.initial);
    share = fetches ? product.next_bytes / blocks : 0;
    step = product.pairs > 0 ? share / product.pairs : 0;
  }
};

void MultiplyBlock(const PanelProduct& product, size_t row, size_t count, const Fetch& fetch) {
  WithRows<kMaxRows>(count, [&]<size_t kRows>() {
    MultiplyRows<kRows>(product, product.activations + row * product.activation_stride,
                        product.sums + row * product.sums_stride, fetch.next, fetch.step);
  });
}

}  // namespace

void MultiplyPanelAvx512Vnni(const PanelProduct& product) {
  Fetch fetch(product);
  ForEachRowBlock(product.rows, kMaxRows, [&](size_t row, size_t count) {
    MultiplyBlock(product, row, count, fetch);
    fetch.next += fetch.share;
  });
}

void MultiplyCodesAvx512Vnni(const PanelProduct& product, const uint8_t* codes, int16_t* weights) {
  Fetch fetch(product);
  ForEachRowBlock(product.rows, kMaxRows, [&](size_t row, size_t count) {
    if (row > 0) {
      MultiplyBlock(product, row, count, fetch);
    } else {
      WithRows<kMaxRows>(count, [&]<size_t kRows>() {
        MultiplyRowsFromCodes<kRows>(product, codes, weights, fetch.next, fetch.step);
      });
    }
    fetch.next += fetch.share;
  });
}

}  // namespace edgebert

#endif
