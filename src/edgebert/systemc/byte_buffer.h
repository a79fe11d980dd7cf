#ifndef EDGEBERT_SYSTEMC_BYTE_BUFFER_H_
#define EDGEBERT_SYSTEMC_BYTE_BUFFER_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "edgebert/systemc/lane_vector.h"

namespace edgebert::systemc {

/// The registers between a memory port and a unit that takes or gives another number of bytes: a
/// queue of bytes, of two port words.
class ByteBuffer {
 public:
  size_t size() const { return size_; }

  /// There must be room: size() and the new ones at most 2 · kMaxPortBytes.
  void Append(std::span<const uint8_t> bytes) {
    std::copy(bytes.begin(), bytes.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += bytes.size();
  }
  uint8_t operator[](size_t index) const { return bytes_[index]; }
  void Drop(size_t count) {
    std::copy(bytes_.begin() + static_cast<std::ptrdiff_t>(count),
              bytes_.begin() + static_cast<std::ptrdiff_t>(size_), bytes_.begin());
    size_ -= count;
  }
  void Clear() { size_ = 0; }

 private:
  std::array<uint8_t, 2 * kMaxPortBytes> bytes_ = {};
  size_t size_ = 0;
};

/// The same for bits, least significant first, which a mask port delivers by the byte.
class BitBuffer {
 public:
  size_t size() const { return 8 * bytes_.size() - offset_; }

  /// On a whole byte, with room as in ByteBuffer.
  void AppendBytes(std::span<const uint8_t> bytes) { bytes_.Append(bytes); }
  /// The next `count` bits, of at most 32; those beyond size() are 0.
  uint32_t Peek(size_t count) const {
    uint64_t bits = 0;
    for (size_t i = 0; i < 5 && i < bytes_.size(); ++i) {
      bits |= uint64_t{bytes_[i]} << (8 * i);
    }
    return static_cast<uint32_t>((bits >> offset_) & ((uint64_t{1} << count) - 1));
  }
  void Drop(size_t count) {
    offset_ += count;
    bytes_.Drop(offset_ / 8);
    offset_ %= 8;
  }
  void Clear() {
    bytes_.Clear();
    offset_ = 0;
  }

 private:
  ByteBuffer bytes_;
  size_t offset_ = 0;  ///< Bits of the first byte that are gone.
};

}  // namespace edgebert::systemc

#endif  // EDGEBERT_SYSTEMC_BYTE_BUFFER_H_
