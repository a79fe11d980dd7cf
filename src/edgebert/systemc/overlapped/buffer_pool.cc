#include "edgebert/systemc/overlapped/buffer_pool.h"

#include <fmt/format.h>

#include <algorithm>

#include "edgebert/systemc/simulation.h"

namespace edgebert::systemc::overlapped {

BufferPool::BufferPool(const char* name, const Clock& clock, int banks, int64_t bank_bytes)
    : sc_core::sc_prim_channel(name),
      clock_(clock),
      bank_bytes_(bank_bytes),
      data_(static_cast<size_t>(banks * bank_bytes)),
      mask_(data_.size() / 8 + 8),
      data_reads_(static_cast<size_t>(banks)),
      data_writes_(data_reads_),
      mask_reads_(data_reads_),
      mask_writes_(data_reads_) {}

void BufferPool::TakePorts(Ports& ports, const RingPlace& ring, int64_t offset, int64_t count,
                           const char* what) {
  if (count == 0) {
    return;
  }
  if (offset < 0 || count > ring.bytes || ring.first_byte + ring.bytes > size() ||
      (ring.bytes == size() && offset + count > size())) {
    SC_REPORT_ERROR("buffer pool", fmt::format("{} of {} bytes from {} on, but {} has {}", what,
                                               count, offset, name(), size())
                                       .c_str());
  }
  const uint64_t stamp = clock_.cycle() + 1;
  const int64_t first = ring.first_byte + offset % ring.bytes;
  const int64_t end = std::min(first + count, ring.first_byte + ring.bytes);
  const int64_t wrapped = first + count - end;
  const auto take = [&](int64_t bank) {
    uint64_t& last = ports[static_cast<size_t>(bank)];
    if (last == stamp) {
      SC_REPORT_ERROR("buffer pool", fmt::format("a second {} of bank {} of {} in cycle {}", what,
                                                 bank, name(), clock_.cycle())
                                         .c_str());
    }
    last = stamp;
  };
  for (int64_t bank = first / bank_bytes_; bank <= (end - 1) / bank_bytes_; ++bank) {
    take(bank);
  }
  for (int64_t bank = ring.first_byte / bank_bytes_;
       wrapped > 0 && bank <= (ring.first_byte + wrapped - 1) / bank_bytes_; ++bank) {
    if (bank != first / bank_bytes_) {
      take(bank);
    }
  }
}

void BufferPool::Defer(const RingPlace& ring, int64_t offset, int64_t count, bool mask,
                       std::span<const uint8_t> bytes) {
  PendingWrite& write = pending_.emplace_back();
  write.ring = ring;
  write.offset = offset;
  write.count = count;
  write.mask = mask;
  std::copy(bytes.begin(), bytes.end(), write.bytes.begin());
  request_update();
}

void BufferPool::Read(const RingPlace& ring, int64_t offset, std::span<uint8_t> bytes) {
  TakePorts(data_reads_, ring, offset, static_cast<int64_t>(bytes.size()), "read");
  int64_t address = ring.first_byte + offset % std::max<int64_t>(ring.bytes, 1);
  for (uint8_t& byte : bytes) {
    byte = data_[static_cast<size_t>(address)];
    address = address + 1 < ring.first_byte + ring.bytes ? address + 1 : ring.first_byte;
  }
}

void BufferPool::Read(int64_t address, std::span<uint8_t> bytes) {
  TakePorts(data_reads_, Everything(), address, static_cast<int64_t>(bytes.size()), "read");
  std::copy_n(data_.begin() + address, bytes.size(), bytes.begin());
}

void BufferPool::Write(const RingPlace& ring, int64_t offset, std::span<const uint8_t> bytes) {
  const auto count = static_cast<int64_t>(bytes.size());
  TakePorts(data_writes_, ring, offset, count, "write");
  Defer(ring, offset, count, false, bytes);
}

void BufferPool::Write(int64_t address, std::span<const uint8_t> bytes) {
  Write(Everything(), address, bytes);
}

uint32_t BufferPool::ReadMask(int64_t address, int count) {
  TakePorts(mask_reads_, Everything(), address, count, "mask read");
  return PeekMask(address, count);
}

uint32_t BufferPool::PeekMask(int64_t address, int count) const {
  uint64_t bits = 0;
  for (size_t i = 0; i < 5; ++i) {
    bits |= uint64_t{mask_[static_cast<size_t>(address / 8) + i]} << (8 * i);
  }
  return static_cast<uint32_t>((bits >> (address % 8)) & ((uint64_t{1} << count) - 1));
}

void BufferPool::WriteMask(const RingPlace& ring, int64_t offset, int64_t count,
                           std::span<const uint8_t> bits) {
  TakePorts(mask_writes_, ring, offset, count, "mask write");
  Defer(ring, offset, count, true, bits);
}

void BufferPool::WriteMask(int64_t address, int64_t count, std::span<const uint8_t> bits) {
  WriteMask(Everything(), address, count, bits);
}

void BufferPool::FlipDataBit(int64_t address, int bit) {
  data_[static_cast<size_t>(address)] ^= static_cast<uint8_t>(1u << bit);
}

void BufferPool::FlipMaskBit(int64_t address) {
  mask_[static_cast<size_t>(address / 8)] ^= static_cast<uint8_t>(1u << (address % 8));
}

void BufferPool::update() {
  for (const PendingWrite& write : pending_) {
    int64_t address = write.ring.first_byte + write.offset % std::max<int64_t>(write.ring.bytes, 1);
    for (int64_t i = 0; i < write.count; ++i) {
      if (write.mask) {
        const auto bit = static_cast<uint8_t>(1u << (address % 8));
        uint8_t& byte = mask_[static_cast<size_t>(address / 8)];
        const bool set = (write.bytes[static_cast<size_t>(i / 8)] >> (i % 8) & 1) != 0;
        byte = static_cast<uint8_t>(set ? byte | bit : byte & ~bit);
      } else {
        data_[static_cast<size_t>(address)] = write.bytes[static_cast<size_t>(i)];
      }
      address = address + 1 < write.ring.first_byte + write.ring.bytes ? address + 1
                                                                       : write.ring.first_byte;
    }
  }
  pending_.clear();
  NoteMovement();
}

}  // namespace edgebert::systemc::overlapped
