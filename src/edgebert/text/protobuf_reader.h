#ifndef EDGEBERT_TEXT_PROTOBUF_READER_H_
#define EDGEBERT_TEXT_PROTOBUF_READER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "edgebert/base/byte_reader.h"
#include "edgebert/base/status.h"

namespace edgebert {

/// How a field is laid out; groups (3 and 4) are not read.
enum class WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

/// One field of a Protocol Buffers message.
struct ProtobufField {
  uint32_t number = 0;
  WireType type = WireType::kVarint;
  size_t offset = 0;               ///< Of the field's tag from the start of the file.
  uint64_t value = 0;              ///< The number of a kVarint, the bits of a kFixed32 or kFixed64.
  std::span<const uint8_t> bytes;  ///< The content of a kBytes, a part of the message.
  size_t bytes_offset = 0;         ///< Of `bytes` from the start of the file.

  std::string_view text() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

/// Reads the fields of one message of the Protocol Buffers wire format, in the order of the bytes.
/// Nothing is copied or allocated; each field takes at least one byte, so reading always ends; a
/// field never reaches behind its message.
class ProtobufReader {
 public:
  /// `offset` is where `message` starts in its file, for error messages.
  explicit ProtobufReader(std::span<const uint8_t> message, size_t offset = 0)
      : reader_(message), offset_(offset) {}

  bool AtEnd() const { return reader_.AtEnd(); }
  Result<ProtobufField> Next();

 private:
  uint64_t ReadVarint();

  ByteReader reader_;
  size_t offset_;
};

}  // namespace edgebert

#endif  // EDGEBERT_TEXT_PROTOBUF_READER_H_
