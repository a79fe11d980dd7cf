// A byte of an AF8 integer is looked up in a table of 128 bytes that two registers hold.

#include <array>

#include "edgebert/kernels/panel_product.h"
#include "edgebert/numeric/adaptivfloat.h"

#if defined(__x86_64__)

#include <immintrin.h>

namespace edgebert {
namespace {

/// The low (part 0) or high bytes of the magnitudes of codes 0 to 127.
std::array<uint8_t, 128> MakeTable(int part) {
  std::array<uint8_t, 128> table{};
  for (uint32_t code = 0; code < table.size(); ++code) {
    table[code] = static_cast<uint8_t>((DecodeInteger(kAf8, code) >> (8 * part)) & 0xFF);
  }
  return table;
}

}  // namespace

__attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi"))) void DecodePanelAvx512Vbmi(
    const uint8_t* codes, size_t count, int16_t* integers) {
  static const std::array<uint8_t, 128> low_table = MakeTable(0);
  static const std::array<uint8_t, 128> high_table = MakeTable(1);
  const __m512i low0 = _mm512_loadu_si512(low_table.data());
  const __m512i low1 = _mm512_loadu_si512(low_table.data() + 64);
  const __m512i high0 = _mm512_loadu_si512(high_table.data());
  const __m512i high1 = _mm512_loadu_si512(high_table.data() + 64);
  const __m512i zero = _mm512_setzero_si512();
  for (size_t i = 0; i < count; i += 64) {
    const __m512i index = _mm512_load_si512(codes + i);
    // The eighth bit of an index is ignored by the look-up, and is the sign.
    const __m512i low = _mm512_permutex2var_epi8(low0, index, low1);
    const __m512i high = _mm512_permutex2var_epi8(high0, index, high1);
    const __m512i sign = _mm512_movm_epi8(_mm512_movepi8_mask(index));
    const __m512i signs0 = _mm512_unpacklo_epi8(sign, sign);
    const __m512i signs1 = _mm512_unpackhi_epi8(sign, sign);
    const __m512i magnitudes0 = _mm512_unpacklo_epi8(low, high);
    const __m512i magnitudes1 = _mm512_unpackhi_epi8(low, high);
    _mm512_store_si512(
        integers + i,
        _mm512_mask_sub_epi16(magnitudes0, _mm512_movepi16_mask(signs0), zero, magnitudes0));
    _mm512_store_si512(
        integers + i + 32,
        _mm512_mask_sub_epi16(magnitudes1, _mm512_movepi16_mask(signs1), zero, magnitudes1));
  }
}

}  // namespace edgebert

#endif
