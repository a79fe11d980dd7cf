#include "edgebert/systemc/overlapped/dma.h"

#include <fmt/format.h>

#include <algorithm>

namespace edgebert::systemc::overlapped {

Dma::Dma(sc_core::sc_module_name name, const Clock& clock, const Ports& ports,
         const Memories& memories, const RingPlace& ring, int vector_size, Progress& progress,
         EventLog& events)
    : Unit(name, clock),
      ports_(ports),
      memories_(memories),
      ring_(ring),
      vector_size_(vector_size),
      progress_(progress),
      events_(events) {
  Reads({&ports.panels, &ports.freed_by_loader, &ports.freed_by_streamer, &ports.freed_by_special});
}

std::string Dma::Activity() const {
  return arriving_ < first_held_ + held_.size()
             ? fmt::format("panel {}: {} bytes have come", arriving_, received_)
             : std::string();
}

void Dma::Step() {
  TakeFreed(ports_.freed_by_loader);
  TakeFreed(ports_.freed_by_streamer);
  TakeFreed(ports_.freed_by_special);
  GiveBack();
  Request();
  const std::span<const uint8_t> bytes = dram_.Deliver(clock().cycle());
  if (dram_.active()) {
    const FetchPanel& panel = held_[arriving_ - first_held_].panel;
    events_.Busy(TracedUnit::kDma, clock().cycle(), panel.stage, panel.operation);
  }
  Receive(bytes);
}

void Dma::TakeFreed(Channel<uint32_t>& channel) {
  if (channel.CanPop()) {
    held_[channel.Pop() - first_held_].freed = true;
  }
}

void Dma::GiveBack() {
  while (!held_.empty() && held_.front().freed) {
    held_bytes_ -= held_.front().panel.ring_bytes;
    held_.pop_front();
    memories_.table.Drop();
    ++first_held_;
  }
}

void Dma::Request() {
  if (!ports_.panels.CanPop() || held_bytes_ + ports_.panels.Front().ring_bytes > ring_.bytes) {
    return;
  }
  const FetchPanel panel = ports_.panels.Pop();
  PanelEntry& entry = memories_.table.Add();
  entry.offset = next_offset_;
  entry.columns = panel.columns;
  entry.blocks = panel.blocks;
  entry.nonzero.resize(static_cast<size_t>(panel.columns * panel.blocks));
  next_offset_ = ring_.bytes > 0 ? (next_offset_ + panel.ring_bytes) % ring_.bytes : 0;
  held_bytes_ += panel.ring_bytes;
  held_.push_back({panel, false});
  dram_.Request(panel.bytes, clock().cycle());
}

void Dma::Receive(std::span<const uint8_t> bytes) {
  if (bytes.empty()) {
    return;
  }
  Held& held = held_[arriving_ - first_held_];
  const FetchPanel& panel = held.panel;
  TileCounts& counts = events_.at(panel.stage).counts;
  counts.transfer_bytes += static_cast<int64_t>(bytes.size());
  counts.pool_write_bytes += static_cast<int64_t>(bytes.size());
  PanelEntry& entry = memories_.table.at(arriving_);
  const auto take = [&](int64_t count) {
    const auto size =
        static_cast<size_t>(std::clamp<int64_t>(count, 0, static_cast<int64_t>(bytes.size())));
    const std::span<const uint8_t> part = bytes.first(size);
    bytes = bytes.subspan(size);
    received_ += static_cast<int64_t>(size);
    return part;
  };
  const int64_t mask_bytes =
      panel.is_norm ? 0 : (int64_t{panel.columns} * panel.blocks * vector_size_ + 7) / 8;
  ReceiveMask(panel, entry, take(mask_bytes - received_));
  ReceiveCodes(entry, take(mask_bytes + panel.codes - received_));
  ParameterStore& parameters = panel.is_norm ? memories_.norms : memories_.biases;
  for (const uint8_t byte : take(mask_bytes + panel.codes + panel.parameter_bytes - received_)) {
    parameters.Append(arriving_, byte);
  }
  take(static_cast<int64_t>(panel.bytes.size()) - received_);
  if (received_ == static_cast<int64_t>(panel.bytes.size())) {
    progress_.panels_arrived.Increment();
    held.freed = panel.unused;
    ++arriving_;
    received_ = codes_ = mask_bits_ = 0;
    codes_before_ = 0;
  }
}

void Dma::ReceiveMask(const FetchPanel& panel, PanelEntry& entry, std::span<const uint8_t> bytes) {
  const int64_t bits =
      std::min<int64_t>(static_cast<int64_t>(bytes.size()) * 8,
                        int64_t{panel.columns} * panel.blocks * vector_size_ - mask_bits_);
  const int64_t column_bits = int64_t{panel.blocks} * vector_size_;
  for (int64_t i = 0; i < bits; ++i) {
    const int64_t bit = mask_bits_ + i;
    if (bit % column_bits == 0) {
      entry.first_codes.push_back(codes_before_);
    }
    if ((bytes[static_cast<size_t>(i / 8)] >> (i % 8) & 1) != 0) {
      entry.nonzero[static_cast<size_t>(bit / vector_size_)] = 1;
      ++codes_before_;
    }
  }
  memories_.pool.WriteMask(ring_, entry.offset + mask_bits_, bits, bytes);
  mask_bits_ += bits;
}

void Dma::ReceiveCodes(const PanelEntry& entry, std::span<const uint8_t> bytes) {
  memories_.pool.Write(ring_, entry.offset + codes_, bytes);
  codes_ += static_cast<int64_t>(bytes.size());
}

}  // namespace edgebert::systemc::overlapped
