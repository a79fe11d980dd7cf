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

/// Where, in a block of 64 codes, the code of integer `index` of the block lies: such that the
/// lower and upper halves of 16 bytes are integers 32 apart, which is what interleaving makes of
/// them.
constexpr size_t DecodeOrder(size_t index) {
  const size_t block = index / 64 * 64;
  return block + index % 32 / 8 * 16 + index % 64 / 32 * 8 + index % 8;
}

using DecodeFunction = void (*)(const uint8_t* codes, size_t count, int16_t* integers);

/// integers[i] = DecodeInteger(codes[DecodeOrder(i)]), in the instruction set in use; `count` is a
/// multiple of 64 and both arrays lie at cache lines.
void DecodePanel(const uint8_t* codes, size_t count, int16_t* integers);

/// What an instruction set has of its own; null where Highway's version serves.
struct PanelFunctions {
  PanelProductFunction multiply = nullptr;
  DecodeFunction decode = nullptr;
};
PanelFunctions PanelFunctionsInUse();

#if defined(__x86_64__)
/// With `vpdpwssd` on 512 bits; needs AVX-512 F, BW, VL and VNNI.
void MultiplyPanelAvx512Vnni(const PanelProduct& product);
/// With `vpdpwssd` on 256 bits in its VEX encoding; needs AVX2 and AVX-VNNI.
void MultiplyPanelAvxVnni(const PanelProduct& product);
/// With `vpermi2b` as a table of 128 bytes; needs AVX-512 F, BW, VL and VBMI.
void DecodePanelAvx512Vbmi(const uint8_t* codes, size_t count, int16_t* integers);
#endif

}  // namespace edgebert

#endif  // EDGEBERT_KERNELS_PANEL_PRODUCT_H_
