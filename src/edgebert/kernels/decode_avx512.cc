// An AF8 integer is a power of two times a signed significand: one instruction multiplies 32 of
// them.

#include "edgebert/kernels/panel_product.h"

#if defined(__x86_64__)

#include "edgebert/kernels/avx512_intrinsics.h"

#define EDGEBERT_TARGET __attribute__((target("avx512f,avx512bw,avx512vl")))

namespace edgebert {

EDGEBERT_TARGET void DecodePanelAvx512(const uint8_t* codes, size_t quads, int16_t* integers) {
  const __m512i low_four = _mm512_set1_epi8(0x0F);
  const __m512i all_but_sign = _mm512_set1_epi8(0x7F);
  const __m512i leading_one = _mm512_set1_epi8(0x10);
  const __m512i first_pair = _mm512_set1_epi16(0x00FF);
  const __m512i zero = _mm512_setzero_si512();
  // By exponent, whatever the sign above it.
  const __m512i powers = _mm512_broadcast_i32x4(
      _mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128));
  constexpr size_t kPairSize = 2 * kPanelColumns;
  for (size_t half = 0; half < 2; ++half) {
    int16_t* to = integers + half * kPanelColumns;
    for (size_t quad = 0; quad < quads; ++quad, codes += 64, to += 2 * kPairSize) {
      const __m512i code = _mm512_load_si512(codes);
      const __m512i exponent = _mm512_and_si512(_mm512_srli_epi16(code, 4), low_four);
      const __m512i power =
          _mm512_maskz_shuffle_epi8(_mm512_test_epi8_mask(code, all_but_sign), powers, exponent);
      // (code & low_four) | leading_one
      const __m512i magnitude = _mm512_ternarylogic_epi32(code, low_four, leading_one, 0xEA);
      const __m512i significand =
          _mm512_mask_sub_epi8(magnitude, _mm512_movepi8_mask(code), zero, magnitude);
      // It adds the products of neighbours, of which one is zero.
      _mm512_store_si512(to,
                         _mm512_maddubs_epi16(_mm512_and_si512(first_pair, power), significand));
      _mm512_store_si512(to + kPairSize,
                         _mm512_maddubs_epi16(_mm512_andnot_si512(first_pair, power), significand));
    }
  }
}

}  // namespace edgebert

#endif
