#ifndef EDGEBERT_BASE_BYTE_WRITER_H_
#define EDGEBERT_BASE_BYTE_WRITER_H_

#include <cstddef>
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
  void Write(T value) { Append(&value, sizeof(T)); }

  void WriteBytes(std::span<const uint8_t> bytes) { Append(bytes.data(), bytes.size()); }

  void WriteString(std::string_view text) { Append(text.data(), text.size()); }

 private:
  // Out of line, since GCC 12 warns falsely where several are inlined (-Wstringop-overflow).
  [[gnu::noinline]] void Append(const void* first, size_t count) {
    const auto* bytes = static_cast<const uint8_t*>(first);
    bytes_.insert(bytes_.end(), bytes, bytes + count);
  }

  std::vector<uint8_t> bytes_;
};

}  // namespace edgebert

#endif  // EDGEBERT_BASE_BYTE_WRITER_H_
