#ifndef EDGEBERT_ACCEL_ENVM_TABLE_H_
#define EDGEBERT_ACCEL_ENVM_TABLE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "edgebert/accel/envm_cell.h"
#include "edgebert/base/status.h"

namespace edgebert {

/// The three arrays that a bitmask-coded table with random access to its rows needs.
enum class EnvmRegion : uint8_t {
  kMask,    ///< A bit an element, 1 where it is not zero. A word is a row of the table.
  kValues,  ///< The non-zero AF8 codes in order. A word is a code, its sign first.
  kIndex,   ///< Where the values of every index_stride-th row begin. A word is an entry.
};
inline constexpr int kNumEnvmRegions = 3;
std::string_view EnvmRegionName(EnvmRegion region);  ///< "mask", "values", "index"
Result<EnvmRegion> ParseEnvmRegion(std::string_view name);

/// How a table is laid out in cells.
struct EnvmLayout {
  CellKind value_cells = CellKind::kMlc2;
  CellKind mask_cells = CellKind::kSlc;  ///< Of the index too.
  LevelCoding coding = LevelCoding::kBinary;
  /// Rows that share an index entry: the values of the others begin where the mask bits of the rows
  /// between them and the entry say. At least 1; as many as there are rows means no random access.
  int64_t index_stride = 1;

  CellKind CellsOf(EnvmRegion region) const {
    return region == EnvmRegion::kValues ? value_cells : mask_cells;
  }
};

/// What a region takes.
struct EnvmRegionSize {
  uint64_t words = 0;
  int bits_per_word = 0;
  int cells_per_word = 0;  ///< Words begin in cells of their own.

  uint64_t bits() const { return words * static_cast<uint64_t>(bits_per_word); }
  uint64_t cells() const { return words * static_cast<uint64_t>(cells_per_word); }
};

/// A cell of a region; cells are numbered from 0 word by word, most significant bits first.
struct EnvmCell {
  EnvmRegion region;
  uint64_t cell;
  bool operator==(const EnvmCell&) const = default;
};

/// A table of AF8 codes as it lies in the cells: what they hold can be read and changed cell by
/// cell, and rows are decoded from whatever they then hold. Copying it copies the cells.
class EnvmTable {
 public:
  /// Stores `codes`, [rows × width] row-major; both zero codes (0, 0x80) come back as 0. Errors:
  /// rows or width below 1, a stride outside [1, rows], more than 2³² codes.
  static Result<EnvmTable> Store(std::span<const uint8_t> codes, int64_t rows, int width,
                                 const EnvmLayout& layout);

  int64_t rows() const { return rows_; }
  int width() const { return width_; }
  const EnvmLayout& layout() const { return layout_; }
  const EnvmRegionSize& size(EnvmRegion region) const {
    return sizes_[static_cast<size_t>(region)];
  }
  uint64_t bits() const;   ///< Of all regions.
  uint64_t cells() const;  ///< Of all regions.

  /// Levels that the cell is programmed to: fewer than its kind allows where the last cell of a
  /// word has fewer bits left.
  uint32_t NumLevels(const EnvmCell& cell) const;
  uint32_t Level(const EnvmCell& cell) const;
  void SetLevel(const EnvmCell& cell, uint32_t level);

  /// Where the values of each row begin according to index and mask. [rows]
  std::vector<uint64_t> RowStarts() const;

  /// Decodes a row as the hardware would: the codes from `start` on go, in order, where the row's
  /// mask has bits set. Cells past the end of the values read as 0. `codes` is [width].
  void DecodeRow(int64_t row, uint64_t start, std::span<uint8_t> codes) const;

  /// The number of values in a row according to its mask.
  int64_t ValuesInRow(int64_t row) const;

 private:
  EnvmTable(int64_t rows, int width, const EnvmLayout& layout);

  /// Where a cell's bits stand in its word: bits [first, first + count).
  struct Place {
    uint64_t word;
    int first;
    int count;
  };
  Place PlaceOf(const EnvmCell& cell) const;
  bool MaskBit(uint64_t element) const { return (mask_[element / 8] >> (element % 8)) & 1; }

  int64_t rows_;
  int width_;
  EnvmLayout layout_;
  std::array<EnvmRegionSize, kNumEnvmRegions> sizes_;
  std::vector<uint8_t> mask_;    ///< As BitmaskCode has it.
  std::vector<uint8_t> values_;  ///< As BitmaskCode has it.
  std::vector<uint64_t> index_;
};

/// Sets the `share` of codes that are smallest in magnitude to 0: ⌊share · size⌋ of them, zeros
/// counted. Of codes as large as the largest that goes, those that go are spread evenly.
/// 0 ≤ share ≤ 1.
void PruneByMagnitude(double share, std::span<uint8_t> codes);

}  // namespace edgebert

#endif  // EDGEBERT_ACCEL_ENVM_TABLE_H_
