#ifndef EDGEBERT_KERNELS_TILE_PRODUCT_H_
#define EDGEBERT_KERNELS_TILE_PRODUCT_H_

#include <cstddef>
#include <cstdint>

// Products of AF8 integers in tile registers, which multiply 8 bits at a time. An AF8 integer a is
// 64 · h + l with h, l and h + l in 8 bits, so that
//   a · b = 4096 · h h' + 64 · ((h + l) (h' + l') - h h' - l l') + l l':
// three products of 8 bits, where all pairs of pieces would take four. Every sum of one of the
// three fits in 32 bits for up to kMaxTileInputs inputs.

namespace edgebert {

inline constexpr size_t kMaxTileInputs = 65536;

/// Rows of activations times one panel of weights.
struct TileProduct {
  const int8_t* parts;  ///< What TileFunctions::split made of the rows.
  size_t rows;
  size_t inputs;         ///< Up to kMaxTileInputs.
  const uint8_t* codes;  ///< The panel, as PackedMatrixAf8 keeps it.
  int8_t* workspace;     ///< Of TileFunctions::workspace_bytes.
  /// One of the two is not null: the sums modulo 2^32, from `initial` [kPanelColumns] on, or exact;
  /// [rows × kPanelColumns], at a cache line.
  const int32_t* initial = nullptr;
  int32_t* sums = nullptr;
  int64_t* wide_sums = nullptr;
};

/// What an instruction set with tiles offers. `begin` for so many rows and `end` enclose any number
/// of calls of `multiply` in the same thread.
struct TileFunctions {
  size_t (*parts_bytes)(size_t rows, size_t inputs);
  size_t (*workspace_bytes)(size_t inputs);
  /// `activations` are AF8 integers, [rows × inputs]; `parts` lies at a cache line.
  void (*split)(const int16_t* activations, size_t rows, size_t inputs, int8_t* parts);
  void (*begin)(size_t rows);
  void (*multiply)(const TileProduct& product);
  void (*end)();
};

/// Of the instruction set in use; null where it has no tiles.
const TileFunctions* TileFunctionsInUse();

#if defined(__x86_64__)
/// With AMX's `tdpbssd`; null where the operating system does not let this process use tiles. Needs
/// AMX-TILE, AMX-INT8 and AVX-512 F, BW, VL and VBMI.
const TileFunctions* TileFunctionsAmx();
#endif

}  // namespace edgebert

#endif  // EDGEBERT_KERNELS_TILE_PRODUCT_H_
