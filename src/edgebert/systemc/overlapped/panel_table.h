#ifndef EDGEBERT_SYSTEMC_OVERLAPPED_PANEL_TABLE_H_
#define EDGEBERT_SYSTEMC_OVERLAPPED_PANEL_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace edgebert::systemc::overlapped {

/// Where a panel lies in the ring, and what DMA saw of its mask while it arrived.
struct PanelEntry {
  int64_t offset = 0;  ///< In the ring.
  int columns = 0;
  int blocks = 0;
  /// Of each column: codes of the panel before its first. [columns]
  std::vector<uint32_t> first_codes;
  std::vector<uint8_t> nonzero;  ///< [columns × blocks]: whether the vector has any code.

  bool IsNonzero(int column, int block) const {
    return nonzero[static_cast<size_t>(column * blocks + block)] != 0;
  }
};

/// The directory of the panels that are in the ring or on their way, by their number in the order
/// of use. DMA writes; who multiplies a panel reads its entry once it has arrived.
class PanelTable {
 public:
  /// Of the panel with the next number.
  PanelEntry& Add() { return entries_.emplace_back(); }
  /// Forgets the panel with the lowest number.
  void Drop() {
    entries_.pop_front();
    ++first_;
  }
  PanelEntry& at(uint32_t panel) { return entries_[panel - first_]; }
  const PanelEntry& at(uint32_t panel) const { return entries_[panel - first_]; }

 private:
  std::deque<PanelEntry> entries_;
  uint32_t first_ = 0;
};

/// Parameters on their way from DMA to the unit that uses them, by the number of their panel.
class ParameterStore {
 public:
  void Append(uint32_t panel, uint8_t byte) { sets_[Index(panel)].push_back(byte); }
  /// Little-endian.
  uint32_t Word(uint32_t panel, size_t index) const {
    const std::vector<uint8_t>& bytes = sets_[panel - first_];
    uint32_t word = 0;
    for (size_t i = 0; i < 4; ++i) {
      word |= uint32_t{bytes[4 * index + i]} << (8 * i);
    }
    return word;
  }
  /// Forgets all panels up to this one.
  void ReleaseUpTo(uint32_t panel) {
    for (; first_ <= panel; ++first_) {
      if (!sets_.empty()) {
        sets_.pop_front();
      }
    }
  }

 private:
  size_t Index(uint32_t panel) {
    while (sets_.size() <= panel - first_) {
      sets_.emplace_back();
    }
    return panel - first_;
  }

  std::deque<std::vector<uint8_t>> sets_;
  uint32_t first_ = 0;
};

}  // namespace edgebert::systemc::overlapped

#endif  // EDGEBERT_SYSTEMC_OVERLAPPED_PANEL_TABLE_H_
