#ifndef EDGEBERT_KERNELS_PANEL_PRODUCT_H_
#define EDGEBERT_KERNELS_PANEL_PRODUCT_H_

#include <cstddef>
#include <cstdint>

#include "edgebert/kernels/panel.h"

namespace edgebert {

/// The innermost product of the `host` and `device` arithmetics: rows of 16-bit activations times
/// one panel of 16-bit weights, summed in 32 bits that wrap around.
struct PanelProduct {
  const int16_t* activations;  ///< [rows] of 2 · pairs, `activation_stride` apart.
  size_t activation_stride;
  size_t rows;
  size_t pairs;            ///< Pairs of inputs.
  const int16_t* weights;  ///< [pairs × kPanelColumns × 2], at a cache line.
  const int32_t* initial;  ///< [kPanelColumns], what every row's sums start from.
  int32_t* sums;           ///< [rows × kPanelColumns], `sums_stride` apart; overwritten.
  size_t sums_stride;
  const void* next = nullptr;  ///< What to fetch into the cache meanwhile; may be null.
  size_t next_bytes = 0;
};

using PanelProductFunction = void (*)(const PanelProduct& product);

/// sums = initial + activations · weights modulo 2^32, in the instruction set in use.
void MultiplyPanel(const PanelProduct& product);

/// Where a panel of codes of 4 · `quads` inputs keeps one: [half of the columns][quad][column][4].
/// Of four inputs, those of the first pair are the low bytes of 16 bits, those of the second the
/// high ones, so that decoding puts each pair in its place.
constexpr size_t CodeIndex(size_t quads, size_t input, size_t column) {
  constexpr size_t kHalf = kPanelColumns / 2;
  const size_t quad = (column / kHalf * quads + input / 4) * kHalf + column % kHalf;
  return quad * 4 + input % 2 * 2 + input % 4 / 2;
}

using DecodeFunction = void (*)(const uint8_t* codes, size_t quads, int16_t* integers);

/// integers = a panel's codes as a PanelProduct reads its weights, [2 · quads × kPanelColumns × 2],
/// in the instruction set in use; both arrays lie at cache lines, and no code is 0x80, a second
/// zero.
void DecodePanel(const uint8_t* codes, size_t quads, int16_t* integers);

/// A product of weights that are still codes, of an even number of pairs. `weights` is where
/// product.weights points, and gets them decoded.
using CodesProductFunction = void (*)(const PanelProduct& product, const uint8_t* codes,
                                      int16_t* weights);

/// What an instruction set has of its own; null where Highway's version serves, and where codes are
/// decoded before they are multiplied.
struct PanelFunctions {
  PanelProductFunction multiply = nullptr;
  DecodeFunction decode = nullptr;
  CodesProductFunction multiply_codes = nullptr;
};
PanelFunctions PanelFunctionsInUse();

#if defined(__x86_64__)
/// With `vpdpwssd` on 512 bits; needs AVX-512 F, BW, VL and VNNI.
void MultiplyPanelAvx512Vnni(const PanelProduct& product);
void MultiplyCodesAvx512Vnni(const PanelProduct& product, const uint8_t* codes, int16_t* weights);
/// With `vpmaddwd` and `vpaddd` on 256 bits; needs AVX2.
void MultiplyPanelAvx2(const PanelProduct& product);
/// With `vpdpwssd` on 256 bits in its VEX encoding; needs AVX2 and AVX-VNNI.
void MultiplyPanelAvxVnni(const PanelProduct& product);
/// With `vpmaddubsw` on 512 bits; needs AVX-512 F, BW and VL.
void DecodePanelAvx512(const uint8_t* codes, size_t quads, int16_t* integers);
/// With `vpmaddubsw` on 256 bits; needs AVX2.
void DecodePanelAvx2(const uint8_t* codes, size_t quads, int16_t* integers);
#endif

}  // namespace edgebert

#endif  // EDGEBERT_KERNELS_PANEL_PRODUCT_H_
