// Three `tdpbssd` multiply 16 rows × 64 inputs with 64 inputs × 16 columns of AF8 integers.

#include "edgebert/kernels/tile_product.h"

#if defined(__x86_64__)

#include <algorithm>
#include <array>

#include "edgebert/kernels/avx512_intrinsics.h"
#include "edgebert/kernels/panel.h"
#include "edgebert/kernels/panel_product.h"
#include "edgebert/numeric/adaptivfloat.h"

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#define EDGEBERT_TARGET \
  __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,amx-tile,amx-int8")))

namespace edgebert {
namespace {

constexpr size_t kTileRows = 16;
constexpr size_t kTileBytes = 1024;
constexpr size_t kParts = 3;  ///< h, l and h + l.
/// Inputs that one tile takes, and bytes of a row of one.
constexpr size_t kChunk = 64;
constexpr size_t kQuadsOfChunk = kChunk / 4;
constexpr size_t kHalfColumns = kPanelColumns / 2;

/// How rows are cut into blocks, each of one or two tiles of equal height.
struct Blocks {
  explicit Blocks(size_t rows)
      : count(std::max<size_t>(1, (rows + 2 * kTileRows - 1) / (2 * kTileRows))),
        most_rows(std::max<size_t>(1, (rows + count - 1) / count)),
        tiles(most_rows > kTileRows ? 2 : 1),
        height((most_rows + tiles - 1) / tiles) {}

  size_t count;
  size_t most_rows;
  size_t tiles;
  size_t height;

  size_t chunk_bytes() const { return kParts * tiles * height * kChunk; }
};

constexpr size_t NumChunks(size_t inputs) { return (inputs + kChunk - 1) / kChunk; }

size_t PartsBytes(size_t rows, size_t inputs) {
  const Blocks blocks(rows);
  return blocks.count * NumChunks(inputs) * blocks.chunk_bytes();
}

/// The parts of a panel's weights: of all of its chunks, for the row blocks after the first.
size_t WorkspaceBytes(size_t inputs) {
  return 2 * kParts * kTileBytes * std::max<size_t>(1, NumChunks(inputs));
}

/// Whether compilers see it or not, tile instructions read and write memory.
inline void FenceCompiler() { asm volatile("" ::: "memory"); }

struct Split16 {
  __m512i high;
  __m512i low;
};

EDGEBERT_TARGET inline Split16 SplitIntegers(__m512i integers) {
  const __m512i high = _mm512_srai_epi16(_mm512_add_epi16(integers, _mm512_set1_epi16(32)), 6);
  return {high, _mm512_sub_epi16(integers, _mm512_slli_epi16(high, 6))};
}

/// Where the bytes of two vectors of 16-bit integers come from once they are packed, which leaves
/// them in turns of eight: four neighbours in the order in which CodeIndex() has their weights.
constexpr std::array<uint8_t, kChunk> MakePackedOrder() {
  std::array<uint8_t, kChunk> order{};
  for (size_t input = 0; input < kChunk; ++input) {
    const size_t vector = input / 32;
    const size_t place = input % 32;
    order[CodeIndex(kQuadsOfChunk, input, 0) % 4 + input / 4 * 4] =
        static_cast<uint8_t>(place / 8 * 16 + vector * 8 + place % 8);
  }
  return order;
}

alignas(kCacheLineBytes) constexpr std::array<uint8_t, kChunk> kPackedOrder = MakePackedOrder();

EDGEBERT_TARGET inline __m512i Narrow(__m512i first, __m512i second) {
  return _mm512_permutexvar_epi8(_mm512_load_si512(kPackedOrder.data()),
                                 _mm512_packs_epi16(first, second));
}

/// One row's chunks, whose parts lie `part_step` and `chunk_step` apart.
EDGEBERT_TARGET void SplitRow(const int16_t* row, size_t inputs, size_t part_step,
                              size_t chunk_step, int8_t* to) {
  for (size_t first = 0; first < inputs; first += kChunk, to += chunk_step) {
    const size_t here = std::min(kChunk, inputs - first);
    const auto mask = ~uint64_t{0} >> (kChunk - here);
    const Split16 a =
        SplitIntegers(_mm512_maskz_loadu_epi16(static_cast<__mmask32>(mask), row + first));
    const Split16 b = SplitIntegers(
        _mm512_maskz_loadu_epi16(static_cast<__mmask32>(mask >> 32), row + first + 32));
    const __m512i high = Narrow(a.high, b.high);
    const __m512i low = Narrow(a.low, b.low);
    _mm512_store_si512(to, high);
    _mm512_store_si512(to + part_step, low);
    _mm512_store_si512(to + 2 * part_step, _mm512_add_epi8(high, low));
  }
}

/// [block][chunk][part][tile][height × kChunk]; rows that only fill up a tile are zero.
EDGEBERT_TARGET void SplitRows(const int16_t* activations, size_t rows, size_t inputs,
                               int8_t* parts) {
  const Blocks blocks(rows);
  const size_t part_step = blocks.tiles * blocks.height * kChunk;
  const size_t parts_of_block = NumChunks(inputs) * kParts;
  ForEachRowBlock(rows, blocks.most_rows, [&](size_t first, size_t count) {
    for (size_t row = 0; row < count; ++row) {
      SplitRow(activations + (first + row) * inputs, inputs, part_step, blocks.chunk_bytes(),
               parts + row * kChunk);
    }
    for (size_t i = 0; count < blocks.tiles * blocks.height && i < parts_of_block; ++i) {
      std::fill(parts + i * part_step + count * kChunk, parts + (i + 1) * part_step, int8_t{0});
    }
    parts += parts_of_block * part_step;
  });
}

/// 128 entries of a byte, for the magnitudes of codes.
struct PartTables {
  std::array<int8_t, 128> high;
  std::array<int8_t, 128> low;
};

constexpr PartTables MakePartTables() {
  PartTables tables{};
  for (uint32_t code = 0; code < 128; ++code) {
    const int64_t integer = DecodeInteger(kAf8, code);
    const int64_t high = (integer + 32) / 64;
    tables.high[code] = static_cast<int8_t>(high);
    tables.low[code] = static_cast<int8_t>(integer - 64 * high);
  }
  return tables;
}

alignas(kCacheLineBytes) constexpr PartTables kPartTables = MakePartTables();

/// Codes to parts, four inputs of 16 columns at a time.
struct Decoder {
  __m512i high0, high1, low0, low1;

  EDGEBERT_TARGET Decoder()
      : high0(_mm512_loadu_si512(kPartTables.high.data())),
        high1(_mm512_loadu_si512(kPartTables.high.data() + 64)),
        low0(_mm512_loadu_si512(kPartTables.low.data())),
        low1(_mm512_loadu_si512(kPartTables.low.data() + 64)) {}

  /// [part][quad][column][4]
  EDGEBERT_TARGET void Decode(const uint8_t* codes, size_t quads, int8_t* parts) const {
    // So far ahead that memory has answered by then.
    constexpr size_t kAhead = 4096;
    const __m512i zero = _mm512_setzero_si512();
    for (size_t quad = 0; quad < quads; ++quad, codes += 64, parts += 64) {
      _mm_prefetch(reinterpret_cast<const char*>(codes) + kAhead, _MM_HINT_T0);
      const __m512i index = _mm512_load_si512(codes);
      // The eighth bit of an index is ignored by the look-up, and is the sign.
      const __m512i high = _mm512_permutex2var_epi8(high0, index, high1);
      const __m512i low = _mm512_permutex2var_epi8(low0, index, low1);
      const __mmask64 negative = _mm512_movepi8_mask(index);
      const __m512i signed_high = _mm512_mask_sub_epi8(high, negative, zero, high);
      const __m512i signed_low = _mm512_mask_sub_epi8(low, negative, zero, low);
      _mm512_store_si512(parts, signed_high);
      _mm512_store_si512(parts + kTileBytes, signed_low);
      _mm512_store_si512(parts + 2 * kTileBytes, _mm512_add_epi8(signed_high, signed_low));
    }
  }
};

/// Sums of the three products of a tile of rows and a tile of columns.
struct TileSums {
  alignas(kCacheLineBytes) int32_t values[kParts][kTileRows * kHalfColumns];
};

/// Puts the three together: sums of `count` rows and 16 columns.
EDGEBERT_TARGET void Combine(const TileSums& tile, size_t count, const TileProduct& product,
                             size_t row, size_t column) {
  for (size_t i = 0; i < count; ++i) {
    const __m512i high = _mm512_load_si512(tile.values[0] + i * kHalfColumns);
    const __m512i low = _mm512_load_si512(tile.values[1] + i * kHalfColumns);
    const __m512i both = _mm512_load_si512(tile.values[2] + i * kHalfColumns);
    const __m512i cross = _mm512_sub_epi32(_mm512_sub_epi32(both, high), low);
    const size_t to = (row + i) * kPanelColumns + column;
    if (product.sums != nullptr) {
      const __m512i initial = _mm512_loadu_si512(product.initial + column);
      const __m512i upper =
          _mm512_slli_epi32(_mm512_add_epi32(_mm512_slli_epi32(high, 6), cross), 6);
      _mm512_store_si512(product.sums + to,
                         _mm512_add_epi32(_mm512_add_epi32(upper, low), initial));
      continue;
    }
    for (size_t half = 0; half < 2; ++half) {
      const auto widen = [&](__m512i sums) EDGEBERT_TARGET {
        return _mm512_cvtepi32_epi64(half == 0 ? _mm512_castsi512_si256(sums)
                                               : _mm512_extracti64x4_epi64(sums, 1));
      };
      const __m512i upper =
          _mm512_slli_epi64(_mm512_add_epi64(_mm512_slli_epi64(widen(high), 6), widen(cross)), 6);
      _mm512_storeu_si512(product.wide_sums + to + half * 8, _mm512_add_epi64(upper, widen(low)));
    }
  }
}

// Tiles 0 to 2 and 3 to 5 hold the sums of the parts; 6 holds activations, 7 weights.

#define EDGEBERT_ZERO_TILES() \
  _tile_zero(0);              \
  _tile_zero(1);              \
  _tile_zero(2);              \
  _tile_zero(3);              \
  _tile_zero(4);              \
  _tile_zero(5)

#define EDGEBERT_STORE_TILES(first, second)    \
  _tile_stored(0, (first).values[0], kChunk);  \
  _tile_stored(1, (first).values[1], kChunk);  \
  _tile_stored(2, (first).values[2], kChunk);  \
  _tile_stored(3, (second).values[0], kChunk); \
  _tile_stored(4, (second).values[1], kChunk); \
  _tile_stored(5, (second).values[2], kChunk); \
  FenceCompiler()

/// One tile of rows times two of columns, `weights` being [2][part][tile]; the sums are in tiles
/// `first` and `second`.
#define EDGEBERT_MULTIPLY_1X2(part, first, second)                  \
  _tile_loadd(6, rows + (part)*tile_bytes, kChunk);                 \
  _tile_loadd(7, weights + (part)*kTileBytes, kChunk);              \
  _tile_dpbssd(first, 6, 7);                                        \
  _tile_loadd(7, weights + (kParts + (part)) * kTileBytes, kChunk); \
  _tile_dpbssd(second, 6, 7)

/// Two tiles of rows times one of columns, `weights` being [part][tile].
#define EDGEBERT_MULTIPLY_2X1(part, first, second)              \
  _tile_loadd(7, weights + (part)*kTileBytes, kChunk);          \
  _tile_loadd(6, rows + 2 * (part)*tile_bytes, kChunk);         \
  _tile_dpbssd(first, 6, 7);                                    \
  _tile_loadd(6, rows + (2 * (part) + 1) * tile_bytes, kChunk); \
  _tile_dpbssd(second, 6, 7)

/// Up to 16 rows: all columns of the panel at once, decoded a chunk ahead.
EDGEBERT_TARGET void MultiplyLow(const TileProduct& product, const Blocks& blocks) {
  const Decoder decoder;
  const size_t quads = NumQuads(product.inputs);
  const size_t chunks = NumChunks(product.inputs);
  const size_t tile_bytes = blocks.height * kChunk;
  constexpr size_t kWeightsBytes = 2 * kParts * kTileBytes;
  const auto decode = [&](size_t chunk) EDGEBERT_TARGET {
    const size_t first = chunk * kQuadsOfChunk;
    const size_t here = std::min(kQuadsOfChunk, quads - first);
    int8_t* to = product.workspace + chunk % 2 * kWeightsBytes;
    decoder.Decode(product.codes + first * 64, here, to);
    decoder.Decode(product.codes + (quads + first) * 64, here, to + kParts * kTileBytes);
  };
  EDGEBERT_ZERO_TILES();
  if (chunks > 0) {
    decode(0);
  }
  const int8_t* rows = product.parts;
  for (size_t chunk = 0; chunk < chunks; ++chunk, rows += blocks.chunk_bytes()) {
    if (chunk + 1 < chunks) {
      decode(chunk + 1);
    }
    FenceCompiler();
    const int8_t* weights = product.workspace + chunk % 2 * kWeightsBytes;
    EDGEBERT_MULTIPLY_1X2(0, 0, 3);
    EDGEBERT_MULTIPLY_1X2(1, 1, 4);
    EDGEBERT_MULTIPLY_1X2(2, 2, 5);
  }
  TileSums sums[2];
  EDGEBERT_STORE_TILES(sums[0], sums[1]);
  Combine(sums[0], product.rows, product, 0, 0);
  Combine(sums[1], product.rows, product, 0, kHalfColumns);
}

/// More rows: half of the columns, decoded a chunk ahead of the first block of rows and kept for
/// the others, then the other half.
EDGEBERT_TARGET void MultiplyHigh(const TileProduct& product, const Blocks& blocks) {
  const Decoder decoder;
  const size_t quads = NumQuads(product.inputs);
  const size_t chunks = NumChunks(product.inputs);
  const size_t tile_bytes = blocks.height * kChunk;
  constexpr size_t kWeightsBytes = kParts * kTileBytes;
  // One block of rows alone needs two chunks of weights, which then stay in the nearest cache.
  const size_t kept = blocks.count == 1 ? 2 : std::max<size_t>(1, chunks);
  for (size_t column = 0; column < kPanelColumns; column += kHalfColumns) {
    const uint8_t* codes = product.codes + column / kHalfColumns * quads * 64;
    const auto decode = [&](size_t chunk) EDGEBERT_TARGET {
      const size_t first = chunk * kQuadsOfChunk;
      decoder.Decode(codes + first * 64, std::min(kQuadsOfChunk, quads - first),
                     product.workspace + chunk % kept * kWeightsBytes);
    };
    if (chunks > 0) {
      decode(0);
    }
    const int8_t* rows = product.parts;
    size_t decoded = 1;
    ForEachRowBlock(
        product.rows, blocks.most_rows, [&](size_t first, size_t count) EDGEBERT_TARGET {
          EDGEBERT_ZERO_TILES();
          for (size_t chunk = 0; chunk < chunks; ++chunk, rows += blocks.chunk_bytes()) {
            if (decoded < chunks) {
              decode(decoded++);
            }
            FenceCompiler();
            const int8_t* weights = product.workspace + chunk % kept * kWeightsBytes;
            EDGEBERT_MULTIPLY_2X1(0, 0, 3);
            EDGEBERT_MULTIPLY_2X1(1, 1, 4);
            EDGEBERT_MULTIPLY_2X1(2, 2, 5);
          }
          TileSums sums[2];
          EDGEBERT_STORE_TILES(sums[0], sums[1]);
          const size_t upper = std::min(count, blocks.height);
          Combine(sums[0], upper, product, first, column);
          Combine(sums[1], count - upper, product, first + upper, column);
        });
  }
}

void Multiply(const TileProduct& product) {
  const Blocks blocks(product.rows);
  blocks.tiles == 1 ? MultiplyLow(product, blocks) : MultiplyHigh(product, blocks);
}

/// As `ldtilecfg` reads it.
struct alignas(kCacheLineBytes) TileConfiguration {
  uint8_t palette = 1;
  uint8_t start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t row_bytes[16] = {};
  uint8_t rows[16] = {};
};
static_assert(sizeof(TileConfiguration) == 64);

EDGEBERT_TARGET void Begin(size_t rows) {
  TileConfiguration configuration;
  const Blocks blocks(rows);
  for (size_t tile = 0; tile < 8; ++tile) {
    configuration.row_bytes[tile] = kChunk;
    configuration.rows[tile] =
        static_cast<uint8_t>(tile == 7 ? kTileRows : std::max<size_t>(1, blocks.height));
  }
  FenceCompiler();
  _tile_loadconfig(&configuration);
}

EDGEBERT_TARGET void End() { _tile_release(); }

constexpr TileFunctions kFunctions{PartsBytes, WorkspaceBytes, SplitRows, Begin, Multiply, End};

/// Linux keeps the registers of tiles of those processes alone that have asked for it.
bool MayUseTiles() {
#if defined(__linux__)
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;               // XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

}  // namespace

const TileFunctions* TileFunctionsAmx() {
  static const bool allowed = MayUseTiles();
  return allowed ? &kFunctions : nullptr;
}

}  // namespace edgebert

#endif
