#ifndef EDGEBERT_BASE_BYTE_WRITER_H_
#define EDGEBERT_BASE_BYTE_WRITER_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace edgebert {

/// Appends little-endian fields to a growing buffer; the mirror of ByteReader.
class ByteWriter {
 public:
  size_t size() const { return bytes_.size(); }
  const std::vector<uint8_t>& bytes() const { return bytes_; }
  std::vector<uint8_t> Take() { return std::move(bytes_); }

  template <typename T>
  requires std::is_arithmetic_v<T>
  void Write(T value) {
    const auto* first = reinterpret_cast<const uint8_t*>(&value);
    bytes_.insert(bytes_.end(), first, first + sizeof(T));
  }

  void WriteBytes(std::span<const uint8_t> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }

  void WriteString(std::string_view text) { bytes_.insert(bytes_.end(), text.begin(), text.end()); }

 private:
  std::vector<uint8_t> bytes_;
};

}  // namespace edgebert

#endif  // EDGEBERT_BASE_BYTE_WRITER_H_
