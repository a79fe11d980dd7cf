// vpdpwssd for processors that have it on 256 bits only.

#include "edgebert/kernels/panel_product.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define EDGEBERT_TARGET __attribute__((target("avx2,avxvnni")))

#include "edgebert/kernels/panel_product_256-inl.h"

namespace edgebert {
namespace {

struct AvxVnni {
  /// 12 of 16 registers hold sums, two weights and one the activations of a row.
  static constexpr size_t kMaxRows = 6;

  EDGEBERT_TARGET static inline void AddProducts(__m256i activations, __m256i weights0,
                                                 __m256i weights1, __m256i& sums0, __m256i& sums1) {
    sums0 = _mm256_dpwssd_avx_epi32(sums0, activations, weights0);
    sums1 = _mm256_dpwssd_avx_epi32(sums1, activations, weights1);
  }
};

}  // namespace

void MultiplyPanelAvxVnni(const PanelProduct& product) { MultiplyPanel256<AvxVnni>(product); }

}  // namespace edgebert

#endif
