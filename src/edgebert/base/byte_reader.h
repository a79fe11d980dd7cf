#ifndef EDGEBERT_BASE_BYTE_READER_H_
#define EDGEBERT_BASE_BYTE_READER_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

namespace edgebert {

static_assert(std::endian::native == std::endian::little,
              "files are little-endian and read by copying bytes");

/// Reads little-endian fields from a bounded buffer. The first read past the end makes the reader
/// fail for good: every later read returns zero or an empty view and consumes nothing, so callers
/// may read a whole record and ask `ok()` once.
class ByteReader {
 public:
  explicit ByteReader(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  size_t position() const { return position_; }
  size_t remaining() const { return ok_ ? bytes_.size() - position_ : 0; }
  bool AtEnd() const { return remaining() == 0; }

  template <typename T>
  requires std::is_arithmetic_v<T> T Read() {
    T value{};
    const std::span<const uint8_t> field = ReadBytes(sizeof(T));
    if (field.size() == sizeof(T)) {
      std::memcpy(&value, field.data(), sizeof(T));
    }
    return value;
  }

  std::span<const uint8_t> ReadBytes(size_t count) {
    if (!ok_ || count > bytes_.size() - position_) {
      ok_ = false;
      return {};
    }
    const std::span<const uint8_t> field = bytes_.subspan(position_, count);
    position_ += count;
    return field;
  }

  std::string_view ReadString(size_t count) {
    const std::span<const uint8_t> field = ReadBytes(count);
    return {reinterpret_cast<const char*>(field.data()), field.size()};
  }

  void Fail() { ok_ = false; }

 private:
  std::span<const uint8_t> bytes_;
  size_t position_ = 0;
  bool ok_ = true;
};

}  // namespace edgebert

#endif  // EDGEBERT_BASE_BYTE_READER_H_
