// vpmaddwd and vpaddd for processors that have no instruction for both.

#include "edgebert/kernels/panel_product.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define EDGEBERT_TARGET __attribute__((target("avx2")))

#include "edgebert/kernels/panel_product_256-inl.h"

namespace edgebert {
namespace {

struct Avx2 {
  /// 12 of 16 registers hold sums, two weights, one the activations of a row and one products.
  static constexpr size_t kMaxRows = 6;

  /// Not by intrinsics: compilers take more than the one register for products, and spill sums.
  EDGEBERT_TARGET static inline void AddProducts(__m256i activations, __m256i weights0,
                                                 __m256i weights1, __m256i& sums0, __m256i& sums1) {
    __m256i products;
    asm("vpmaddwd %4, %2, %3\n\t"
        "vpaddd %3, %0, %0\n\t"
        "vpmaddwd %5, %2, %2\n\t"
        "vpaddd %2, %1, %1"
        : "+&x"(sums0), "+&x"(sums1), "+&x"(activations), "=&x"(products)
        : "x"(weights0), "x"(weights1));
  }
};

}  // namespace

void MultiplyPanelAvx2(const PanelProduct& product) { MultiplyPanel256<Avx2>(product); }

}  // namespace edgebert

#endif
