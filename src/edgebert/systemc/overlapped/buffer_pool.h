#ifndef EDGEBERT_SYSTEMC_OVERLAPPED_BUFFER_POOL_H_
#define EDGEBERT_SYSTEMC_OVERLAPPED_BUFFER_POOL_H_

#include <array>
#include <cstdint>
#include <span>
#include <systemc>
#include <vector>

#include "edgebert/systemc/clock.h"
#include "edgebert/systemc/lane_vector.h"

namespace edgebert::systemc::overlapped {

/// The ring of weight panels: consecutive banks of the pool, the first following the last.
struct RingPlace {
  int64_t first_byte = 0;
  int64_t bytes = 0;
};

/// The banks that hold activations and weight panels: bytes, and beside each bank a bit for every
/// byte of it (the mask). Data and mask of a bank have one read and one write port each, which move
/// consecutive bytes or bits in a cycle; a second read or write of the same bank in a cycle is
/// reported to SystemC as an error. What is written in a cycle can be read from the next on.
class BufferPool : public sc_core::sc_prim_channel {
 public:
  BufferPool(const char* name, const Clock& clock, int banks, int64_t bank_bytes);

  int64_t bank_bytes() const { return bank_bytes_; }
  int64_t size() const { return static_cast<int64_t>(data_.size()); }

  /// At most kMaxPortBytes; nothing is accessed where `bytes` is empty.
  void Read(int64_t address, std::span<uint8_t> bytes);
  void Write(int64_t address, std::span<const uint8_t> bytes);
  /// The mask bits of `count` ≤ 32 bytes from `address` on, the first in bit 0.
  uint32_t ReadMask(int64_t address, int count);
  /// The mask bits of `count` ≤ 8 · kMaxPortBytes bytes from `address` on, in the same order.
  void WriteMask(int64_t address, int64_t count, std::span<const uint8_t> bits);

  // The same from an offset in a ring on, of which the start follows the end; at most the ring's
  // bytes. ReadMask() serves where vectors are aligned.
  void Read(const RingPlace& ring, int64_t offset, std::span<uint8_t> bytes);
  void Write(const RingPlace& ring, int64_t offset, std::span<const uint8_t> bytes);
  void WriteMask(const RingPlace& ring, int64_t offset, int64_t count,
                 std::span<const uint8_t> bits);

  /// Changes one bit of a byte or of the mask, as a defect would, without a port.
  void FlipDataBit(int64_t address, int bit);
  void FlipMaskBit(int64_t address);

  /// What lies there, without a port: for who looks at the accelerator from outside.
  std::span<const uint8_t> Peek(int64_t address, int64_t count) const {
    return std::span(data_).subspan(static_cast<size_t>(address), static_cast<size_t>(count));
  }
  uint32_t PeekMask(int64_t address, int count) const;

 protected:
  void update() override;

 private:
  /// The cycle in which a port was last used, plus 1.
  using Ports = std::vector<uint64_t>;
  struct PendingWrite {
    RingPlace ring;
    int64_t offset;
    int64_t count;
    bool mask;
    std::array<uint8_t, kMaxPortBytes> bytes;
  };

  RingPlace Everything() const { return {0, size()}; }
  /// Takes the ports of all banks that an access touches, each once.
  void TakePorts(Ports& ports, const RingPlace& ring, int64_t offset, int64_t count,
                 const char* what);
  void Defer(const RingPlace& ring, int64_t offset, int64_t count, bool mask,
             std::span<const uint8_t> bytes);

  const Clock& clock_;
  int64_t bank_bytes_;
  std::vector<uint8_t> data_;
  std::vector<uint8_t> mask_;  ///< A bit a byte, and some bytes more.
  Ports data_reads_;
  Ports data_writes_;
  Ports mask_reads_;
  Ports mask_writes_;
  std::vector<PendingWrite> pending_;
};

}  // namespace edgebert::systemc::overlapped

#endif  // EDGEBERT_SYSTEMC_OVERLAPPED_BUFFER_POOL_H_
