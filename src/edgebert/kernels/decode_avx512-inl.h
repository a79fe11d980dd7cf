// Decoding with 512-bit instructions. The file that includes this defines EDGEBERT_TARGET, the
// attribute of functions that may use AVX-512 F, BW and VL.

#ifndef EDGEBERT_KERNELS_DECODE_AVX512_INL_H_
#define EDGEBERT_KERNELS_DECODE_AVX512_INL_H_

#include <cstdint>

#include "edgebert/kernels/avx512_intrinsics.h"

namespace edgebert {
namespace {

/// The integers of four inputs' codes in half of a panel's columns: those of either pair.
struct DecodedQuad {
  __m512i first;
  __m512i second;
};

/// An AF8 integer is a power of two times a signed significand: one instruction multiplies 32 of
/// them. `codes` are 64, in the order of CodeIndex().
EDGEBERT_TARGET inline __attribute__((always_inline)) DecodedQuad DecodeQuad(const uint8_t* codes) {
  const __m512i low_four = _mm512_set1_epi8(0x0F);
  const __m512i all_but_sign = _mm512_set1_epi8(0x7F);
  const __m512i leading_one = _mm512_set1_epi8(0x10);
  const __m512i first_pair = _mm512_set1_epi16(0x00FF);
  // By exponent, whatever the sign above it.
  const __m512i powers = _mm512_broadcast_i32x4(
      _mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128));
  const __m512i code = _mm512_load_si512(codes);
  const __m512i exponent = _mm512_and_si512(_mm512_srli_epi16(code, 4), low_four);
  const __m512i power =
      _mm512_maskz_shuffle_epi8(_mm512_test_epi8_mask(code, all_but_sign), powers, exponent);
  // (code & low_four) | leading_one
  const __m512i magnitude = _mm512_ternarylogic_epi32(code, low_four, leading_one, 0xEA);
  const __m512i significand =
      _mm512_mask_sub_epi8(magnitude, _mm512_movepi8_mask(code), _mm512_setzero_si512(), magnitude);
  // It adds the products of neighbours, of which one is zero.
  return {_mm512_maddubs_epi16(_mm512_and_si512(first_pair, power), significand),
          _mm512_maddubs_epi16(_mm512_andnot_si512(first_pair, power), significand)};
}

}  // namespace
}  // namespace edgebert

#endif  // EDGEBERT_KERNELS_DECODE_AVX512_INL_H_
