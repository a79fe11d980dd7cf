#include "edgebert/text/protobuf_reader.h"

#include <fmt/format.h>

namespace edgebert {

/// At most ten bytes, and no bit beyond the 64th.
uint64_t ProtobufReader::ReadVarint() {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const uint64_t byte = reader_.Read<uint8_t>();
    if (shift == 63 && byte > 1) {
      break;
    }
    value |= (byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) {
      return value;
    }
  }
  reader_.Fail();
  return 0;
}

Result<ProtobufField> ProtobufReader::Next() {
  ProtobufField field;
  field.offset = offset_ + reader_.position();
  const uint64_t tag = ReadVarint();
  const uint64_t number = tag >> 3;
  if (!reader_.ok() || number == 0 || number >= (uint64_t{1} << 29)) {
    return DataLoss(fmt::format("byte {}: not the tag of a field", field.offset));
  }
  field.number = static_cast<uint32_t>(number);
  switch (const auto type = static_cast<uint8_t>(tag & 7)) {
    case static_cast<uint8_t>(WireType::kVarint):
      field.value = ReadVarint();
      break;
    case static_cast<uint8_t>(WireType::kFixed64):
      field.value = reader_.Read<uint64_t>();
      break;
    case static_cast<uint8_t>(WireType::kFixed32):
      field.value = reader_.Read<uint32_t>();
      break;
    case static_cast<uint8_t>(WireType::kBytes): {
      const uint64_t size = ReadVarint();
      if (size > reader_.remaining()) {
        return DataLoss(
            fmt::format("byte {}: field {} has {} bytes, but its message has only {} left",
                        field.offset, field.number, size, reader_.remaining()));
      }
      field.bytes_offset = offset_ + reader_.position();
      field.bytes = reader_.ReadBytes(static_cast<size_t>(size));
      break;
    }
    default:
      return DataLoss(fmt::format("byte {}: field {} has wire type {}, expected 0, 1, 2 or 5",
                                  field.offset, field.number, type));
  }
  if (!reader_.ok()) {
    return DataLoss(fmt::format("byte {}: field {} is cut off or its number has more than 64 bits",
                                field.offset, field.number));
  }
  field.type = static_cast<WireType>(tag & 7);
  return field;
}

}  // namespace edgebert
