#include "edgebert/kernels/panel_product.h"

#if defined(__x86_64__)

#define EDGEBERT_TARGET __attribute__((target("avx512f,avx512bw,avx512vl")))

#include "edgebert/kernels/decode_avx512-inl.h"

namespace edgebert {

EDGEBERT_TARGET void DecodePanelAvx512(const uint8_t* codes, size_t quads, int16_t* integers) {
  constexpr size_t kPairSize = 2 * kPanelColumns;
  for (size_t half = 0; half < 2; ++half) {
    int16_t* to = integers + half * kPanelColumns;
    for (size_t quad = 0; quad < quads; ++quad, codes += 64, to += 2 * kPairSize) {
      const DecodedQuad decoded = DecodeQuad(codes);
      _mm512_store_si512(to, decoded.first);
      _mm512_store_si512(to + kPairSize, decoded.second);
    }
  }
}

}  // namespace edgebert

#endif
