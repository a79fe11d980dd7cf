#include "edgebert/systemc/overlapped/panel_reader.h"

#include <bit>
#include <span>

namespace edgebert::systemc::overlapped {

void PanelReader::Rewind(uint32_t panel) {
  entry_ = &table_.at(panel);
  next_codes_ = entry_->first_codes;
}

Lanes PanelReader::Read(int column, int block) {
  const int64_t place = entry_->offset + int64_t{column * entry_->blocks + block} * vector_size_;
  const uint32_t mask = pool_.ReadMask(ring_.first_byte + place % ring_.bytes, vector_size_);
  const auto count = static_cast<size_t>(std::popcount(mask));
  uint32_t& next = next_codes_[static_cast<size_t>(column)];
  Lanes values = {};
  pool_.Read(ring_, entry_->offset + next, std::span(values).first(count));
  next += static_cast<uint32_t>(count);
  return ExpandLanes(mask, values);
}

}  // namespace edgebert::systemc::overlapped
