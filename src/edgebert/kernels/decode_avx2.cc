// The same as decode_avx512.cc on 256 bits.

#include "edgebert/kernels/panel_product.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define EDGEBERT_TARGET __attribute__((target("avx2")))

namespace edgebert {

EDGEBERT_TARGET void DecodePanelAvx2(const uint8_t* codes, size_t quads, int16_t* integers) {
  const __m256i low_four = _mm256_set1_epi8(0x0F);
  const __m256i leading_one = _mm256_set1_epi8(0x10);
  const __m256i first_pair = _mm256_set1_epi16(0x00FF);
  // By exponent, whatever the sign above it.
  const __m256i powers = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128));
  constexpr size_t kPairSize = 2 * kPanelColumns;
  for (size_t half = 0; half < 2; ++half) {
    int16_t* to = integers + half * kPanelColumns;
    for (size_t quad = 0; quad < quads; ++quad, codes += 64, to += 2 * kPairSize) {
      for (size_t i = 0; i < 2; ++i) {
        const __m256i code = _mm256_load_si256(reinterpret_cast<const __m256i*>(codes + 32 * i));
        const __m256i exponent = _mm256_and_si256(_mm256_srli_epi16(code, 4), low_four);
        const __m256i power = _mm256_shuffle_epi8(powers, exponent);
        const __m256i magnitude = _mm256_or_si256(_mm256_and_si256(code, low_four), leading_one);
        // Zero where the code is.
        const __m256i significand = _mm256_sign_epi8(magnitude, code);
        // It adds the products of neighbours, of which one is zero.
        const __m256i first =
            _mm256_maddubs_epi16(_mm256_and_si256(first_pair, power), significand);
        const __m256i second =
            _mm256_maddubs_epi16(_mm256_andnot_si256(first_pair, power), significand);
        _mm256_store_si256(reinterpret_cast<__m256i*>(to + 16 * i), first);
        _mm256_store_si256(reinterpret_cast<__m256i*>(to + kPairSize + 16 * i), second);
      }
    }
  }
}

}  // namespace edgebert

#endif
