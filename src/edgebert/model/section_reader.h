#ifndef EDGEBERT_MODEL_SECTION_READER_H_
#define EDGEBERT_MODEL_SECTION_READER_H_

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edgebert/base/byte_reader.h"
#include "edgebert/base/status.h"

namespace edgebert {

/// Reads the fields of one part of a model file. What a file claims is checked with Require() or
/// RequireEntries() before it is read or allocated for; errors name the part and the offset.
class SectionReader {
 public:
  /// `part` is "header" or "section 'x'"; `file_offset` is where `bytes` lie in the file.
  SectionReader(std::string part, uint64_t file_offset, std::span<const uint8_t> bytes)
      : part_(std::move(part)), file_offset_(file_offset), reader_(bytes) {}

  size_t position() const { return reader_.position(); }
  size_t remaining() const { return reader_.remaining(); }

  /// "`part`, offset N", at a position within the part.
  std::string Where(size_t position) const;

  /// "`part`, offset N: found `found`, expected `expected`", at a position within the part.
  Status Error(size_t position, std::string_view found, std::string_view expected) const;

  /// Fails unless `count` bytes are left.
  Status Require(uint64_t count, std::string_view what) const;

  /// Fails unless `count` ≤ `maximum`, and that many entries of at least `bytes_each` are left.
  Status RequireEntries(uint64_t count, uint64_t maximum, uint64_t bytes_each,
                        std::string_view what) const;

  /// Fails unless all bytes have been read.
  Status RequireEnd() const;

  /// Reads `count` bytes that must be zero.
  Status ReadZeros(size_t count);

  template <typename T>
  T Read() {
    return reader_.Read<T>();
  }

  std::string_view ReadString(size_t bytes) { return reader_.ReadString(bytes); }

  /// `count` little-endian numbers, which RequireEntries() has promised.
  template <typename T>
  std::vector<T> ReadArray(size_t count) {
    const std::span<const uint8_t> bytes = reader_.ReadBytes(count * sizeof(T));
    std::vector<T> values(bytes.size() / sizeof(T));
    if (!bytes.empty()) {
      std::memcpy(values.data(), bytes.data(), bytes.size());
    }
    return values;
  }

 private:
  std::string part_;
  uint64_t file_offset_;
  ByteReader reader_;
};

}  // namespace edgebert

#endif  // EDGEBERT_MODEL_SECTION_READER_H_
