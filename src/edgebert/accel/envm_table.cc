#include "edgebert/accel/envm_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "edgebert/numeric/bitmask.h"

namespace edgebert {
namespace {

constexpr std::array<std::string_view, kNumEnvmRegions> kRegionNames = {"mask", "values", "index"};
constexpr uint8_t kMagnitude = 0x7F;

EnvmRegionSize SizeOf(uint64_t words, int bits_per_word, CellKind cells) {
  const int bits = BitsPerCell(cells);
  return {words, bits_per_word, (bits_per_word + bits - 1) / bits};
}

}  // namespace

std::string_view EnvmRegionName(EnvmRegion region) {
  return kRegionNames[static_cast<size_t>(region)];
}

Result<EnvmRegion> ParseEnvmRegion(std::string_view name) {
  for (size_t i = 0; i < kRegionNames.size(); ++i) {
    if (kRegionNames[i] == name) {
      return static_cast<EnvmRegion>(i);
    }
  }
  return InvalidArgument(fmt::format("unknown region '{}', expected mask, values or index", name));
}

EnvmTable::EnvmTable(int64_t rows, int width, const EnvmLayout& layout)
    : rows_(rows), width_(width), layout_(layout) {}

Result<EnvmTable> EnvmTable::Store(std::span<const uint8_t> codes, int64_t rows, int width,
                                   const EnvmLayout& layout) {
  constexpr uint64_t kMaxCodes = uint64_t{1} << 32;
  if (rows < 1 || width < 1 ||
      static_cast<uint64_t>(rows) > kMaxCodes / static_cast<uint64_t>(width)) {
    return InvalidArgument(
        fmt::format("a table of {} × {} codes cannot be stored: expected 1 to 2^32", rows, width));
  }
  if (codes.size() != static_cast<uint64_t>(rows) * static_cast<uint64_t>(width)) {
    return InvalidArgument(
        fmt::format("{} codes for a table of {} × {}", codes.size(), rows, width));
  }
  if (layout.index_stride < 1 || layout.index_stride > rows) {
    return InvalidArgument(
        fmt::format("{} rows share an index entry, expected 1 to {}", layout.index_stride, rows));
  }
  EnvmTable table(rows, width, layout);
  BitmaskCode coded = EncodeBitmask(codes);
  table.mask_ = std::move(coded.mask);
  table.values_ = std::move(coded.values);
  uint64_t start = 0;
  for (int64_t row = 0; row < rows; ++row) {
    if (row % layout.index_stride == 0) {
      table.index_.push_back(start);
    }
    start += static_cast<uint64_t>(table.ValuesInRow(row));
  }
  // An entry must be able to say "after the last value".
  const int index_bits =
      static_cast<int>(std::max<size_t>(1, std::bit_width(table.values_.size())));
  table.sizes_ = {SizeOf(static_cast<uint64_t>(rows), width, layout.mask_cells),
                  SizeOf(table.values_.size(), 8, layout.value_cells),
                  SizeOf(table.index_.size(), index_bits, layout.mask_cells)};
  return table;
}

uint64_t EnvmTable::bits() const { return sizes_[0].bits() + sizes_[1].bits() + sizes_[2].bits(); }

uint64_t EnvmTable::cells() const {
  return sizes_[0].cells() + sizes_[1].cells() + sizes_[2].cells();
}

EnvmTable::Place EnvmTable::PlaceOf(const EnvmCell& cell) const {
  const EnvmRegionSize& region = size(cell.region);
  const auto cells_per_word = static_cast<uint64_t>(region.cells_per_word);
  const int bits = BitsPerCell(layout_.CellsOf(cell.region));
  const int first = static_cast<int>(cell.cell % cells_per_word) * bits;
  return {cell.cell / cells_per_word, first, std::min(bits, region.bits_per_word - first)};
}

uint32_t EnvmTable::NumLevels(const EnvmCell& cell) const { return 1u << PlaceOf(cell).count; }

uint32_t EnvmTable::Level(const EnvmCell& cell) const {
  const Place place = PlaceOf(cell);
  uint32_t bits = 0;
  if (cell.region == EnvmRegion::kMask) {
    const uint64_t element =
        place.word * static_cast<uint64_t>(width_) + static_cast<uint64_t>(place.first);
    for (int i = 0; i < place.count; ++i) {
      bits = bits << 1 | static_cast<uint32_t>(MaskBit(element + static_cast<uint64_t>(i)));
    }
  } else {
    const uint64_t word =
        cell.region == EnvmRegion::kValues ? values_[place.word] : index_[place.word];
    const int shift = size(cell.region).bits_per_word - place.first - place.count;
    bits = static_cast<uint32_t>(word >> shift) & ((1u << place.count) - 1);
  }
  return LevelOfBits(layout_.coding, bits);
}

void EnvmTable::SetLevel(const EnvmCell& cell, uint32_t level) {
  const Place place = PlaceOf(cell);
  const uint32_t bits = BitsOfLevel(layout_.coding, level);
  if (cell.region == EnvmRegion::kMask) {
    const uint64_t element =
        place.word * static_cast<uint64_t>(width_) + static_cast<uint64_t>(place.first);
    for (int i = 0; i < place.count; ++i) {
      const uint64_t at = element + static_cast<uint64_t>(i);
      const auto bit = static_cast<uint8_t>(1u << (at % 8));
      const bool set = (bits >> (place.count - 1 - i)) & 1;
      mask_[at / 8] = static_cast<uint8_t>(set ? mask_[at / 8] | bit : mask_[at / 8] & ~bit);
    }
    return;
  }
  const int shift = size(cell.region).bits_per_word - place.first - place.count;
  const uint64_t clear = ~(uint64_t{(1u << place.count) - 1} << shift);
  const uint64_t set = uint64_t{bits} << shift;
  if (cell.region == EnvmRegion::kValues) {
    values_[place.word] = static_cast<uint8_t>((values_[place.word] & clear) | set);
  } else {
    index_[place.word] = (index_[place.word] & clear) | set;
  }
}

int64_t EnvmTable::ValuesInRow(int64_t row) const {
  const auto width = static_cast<uint64_t>(width_);
  uint64_t element = static_cast<uint64_t>(row) * width;
  const uint64_t end = element + width;
  int64_t count = 0;
  while (element < end) {
    if (element % 8 == 0 && element + 8 <= end) {
      count += std::popcount(mask_[element / 8]);
      element += 8;
    } else {
      count += MaskBit(element) ? 1 : 0;
      ++element;
    }
  }
  return count;
}

std::vector<uint64_t> EnvmTable::RowStarts() const {
  std::vector<uint64_t> starts(static_cast<size_t>(rows_));
  uint64_t start = 0;
  for (int64_t row = 0; row < rows_; ++row) {
    if (row % layout_.index_stride == 0) {
      start = index_[static_cast<size_t>(row / layout_.index_stride)];
    }
    starts[static_cast<size_t>(row)] = start;
    start += static_cast<uint64_t>(ValuesInRow(row));
  }
  return starts;
}

void EnvmTable::DecodeRow(int64_t row, uint64_t start, std::span<uint8_t> codes) const {
  const uint64_t first = static_cast<uint64_t>(row) * static_cast<uint64_t>(width_);
  for (size_t i = 0; i < codes.size(); ++i) {
    codes[i] = 0;
    if (MaskBit(first + i)) {
      codes[i] = start < values_.size() ? values_[start] : uint8_t{0};
      ++start;
    }
  }
}

void PruneByMagnitude(double share, std::span<uint8_t> codes) {
  std::array<uint64_t, kMagnitude + 1> histogram{};
  for (const uint8_t code : codes) {
    ++histogram[code & kMagnitude];
  }
  auto left = static_cast<uint64_t>(share * static_cast<double>(codes.size()));
  uint8_t largest = 0;
  while (largest < kMagnitude && histogram[largest] <= left) {
    left -= histogram[largest];
    ++largest;
  }
  const uint64_t ties = histogram[largest];
  uint64_t seen = 0;
  for (uint8_t& code : codes) {
    const auto magnitude = static_cast<uint8_t>(code & kMagnitude);
    if (magnitude < largest) {
      code = 0;
    } else if (magnitude == largest) {
      if (seen * left / ties != (seen + 1) * left / ties) {
        code = 0;
      }
      ++seen;
    }
  }
}

}  // namespace edgebert
