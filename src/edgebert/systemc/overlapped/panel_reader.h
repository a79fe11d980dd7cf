#ifndef EDGEBERT_SYSTEMC_OVERLAPPED_PANEL_READER_H_
#define EDGEBERT_SYSTEMC_OVERLAPPED_PANEL_READER_H_

#include <cstdint>
#include <vector>

#include "edgebert/systemc/overlapped/buffer_pool.h"
#include "edgebert/systemc/overlapped/panel_table.h"
#include "edgebert/systemc/overlapped/vector_coding.h"

namespace edgebert::systemc::overlapped {

/// The decoder of weight panels. A panel's mask bits lie in the places of its elements, its codes
/// packed from its first place on; a register for each column says where the column's next code
/// is. Columns are read block by block, in order, and may leave out vectors that are all zero.
class PanelReader {
 public:
  PanelReader(BufferPool& pool, const PanelTable& table, const RingPlace& ring, int vector_size)
      : pool_(pool), table_(table), ring_(ring), vector_size_(vector_size) {}

  /// Sets all columns to their first code.
  void Rewind(uint32_t panel);
  /// The vector of a column and of a block of the panel; its codes are gone by.
  Lanes Read(int column, int block);
  bool IsNonzero(int column, int block) const { return entry_->IsNonzero(column, block); }

 private:
  BufferPool& pool_;
  const PanelTable& table_;
  RingPlace ring_;
  int vector_size_;
  const PanelEntry* entry_ = nullptr;
  std::vector<uint32_t> next_codes_;  ///< [columns]
};

}  // namespace edgebert::systemc::overlapped

#endif  // EDGEBERT_SYSTEMC_OVERLAPPED_PANEL_READER_H_
