#include "edgebert/systemc/overlapped/dram.h"

#include <algorithm>

namespace edgebert::systemc::overlapped {

void Dram::Request(std::span<const uint8_t> bytes, uint64_t cycle) {
  requests_.push_back({bytes, cycle + static_cast<uint64_t>(timing_.latency_cycles)});
}

std::span<const uint8_t> Dram::Deliver(uint64_t cycle) {
  active_ = under_way_ || (!requests_.empty() && cycle >= requests_.front().earliest);
  if (!active_) {
    return {};
  }
  if (!under_way_) {
    under_way_ = true;
    elapsed_ = 0;
    come_ = 0;
    delivered_ = 0;
    ++begun_;
  }
  ++elapsed_;
  const std::span<const uint8_t> bytes = requests_.front().bytes;
  while (come_ < bytes.size() && static_cast<double>(come_ + 1) * timing_.cycles_per_byte <=
                                     static_cast<double>(elapsed_)) {
    ++come_;
  }
  const size_t count = std::min(come_ - delivered_, static_cast<size_t>(timing_.port_bytes));
  const std::span<const uint8_t> delivered = bytes.subspan(delivered_, count);
  delivered_ += count;
  bytes_delivered_ += count;
  if (delivered_ == bytes.size()) {
    under_way_ = false;
    requests_.pop_front();
  }
  return delivered;
}

}  // namespace edgebert::systemc::overlapped
