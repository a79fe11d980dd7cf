#ifndef EDGEBERT_MODEL_MODEL_FILE_TESTING_H_
#define EDGEBERT_MODEL_MODEL_FILE_TESTING_H_

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "edgebert/base/byte_reader.h"
#include "edgebert/base/byte_writer.h"
#include "edgebert/model/checksum.h"
#include "edgebert/model/model_format.h"

/// Takes model files apart and puts them together again, so that tests and the fuzzer can damage
/// any field behind checksums that hold. Trusts nothing of the code that it tests: it has its own
/// idea of the layout.
namespace edgebert::testing {

template <typename T>
T Get(std::span<const uint8_t> bytes, size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

template <typename T>
void Put(std::vector<uint8_t>& bytes, size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof(T));
}

/// Puts right all checksums that the file has room for, whatever else is wrong with it.
inline void RepairChecksums(std::vector<uint8_t>& file) {
  if (file.size() < 64) {
    return;
  }
  const size_t records = std::min<size_t>(Get<uint32_t>(file, 12), (file.size() - 64) / 32);
  for (size_t record = 0; record < records; ++record) {
    const size_t at = 64 + 32 * record;
    const auto offset = Get<uint64_t>(file, at + 8);
    const auto length = Get<uint64_t>(file, at + 16);
    if (offset <= file.size() && length <= file.size() - offset) {
      Put(file, at + 24, Checksum(std::span(file).subspan(offset, length)));
    }
  }
  Put(file, 24, Checksum(std::span(file).subspan(64, 32 * records)));
  Put(file, 56, Checksum(std::span(file).first(56)));
}

struct RawSection {
  uint32_t kind = 0;
  uint32_t flags = 1;
  std::vector<uint8_t> bytes;
};

/// The sections of an undamaged file.
inline std::vector<RawSection> Disassemble(std::span<const uint8_t> file) {
  std::vector<RawSection> sections;
  for (size_t at = 64; at < 64 + 32 * size_t{Get<uint32_t>(file, 12)}; at += 32) {
    const auto bytes = file.subspan(Get<uint64_t>(file, at + 8), Get<uint64_t>(file, at + 16));
    sections.push_back(
        {Get<uint32_t>(file, at), Get<uint32_t>(file, at + 4), {bytes.begin(), bytes.end()}});
  }
  return sections;
}

/// A file of these sections, in this order.
inline std::vector<uint8_t> Assemble(const std::vector<RawSection>& sections) {
  std::vector<uint8_t> file = {0x89, 'E', 'B', 'M', '\r', '\n', 0x1A, '\n'};
  file.resize(64 + 32 * sections.size());
  Put(file, 8, uint32_t{1});
  Put(file, 12, static_cast<uint32_t>(sections.size()));
  size_t at = 64;
  for (const RawSection& section : sections) {
    file.resize((file.size() + 63) / 64 * 64);
    Put(file, at, section.kind);
    Put(file, at + 4, section.flags);
    Put(file, at + 8, uint64_t{file.size()});
    Put(file, at + 16, uint64_t{section.bytes.size()});
    file.insert(file.end(), section.bytes.begin(), section.bytes.end());
    at += 32;
  }
  Put(file, 16, uint64_t{file.size()});
  RepairChecksums(file);
  return file;
}

/// A record of the tensor directory, field by field.
struct RawTensor {
  uint8_t encoding = 0;
  int8_t exponent_bias = 0;
  std::optional<uint8_t> rank;         ///< Where it shall not be the number of dimensions.
  std::optional<uint16_t> name_bytes;  ///< Where it shall not be the length of the name.
  uint64_t offset = 0;
  uint64_t length = 0;
  std::vector<uint64_t> dimensions;
  std::string name;
};

inline std::vector<RawTensor> DecodeDirectory(std::span<const uint8_t> bytes) {
  ByteReader reader(bytes);
  const auto count = reader.Read<uint32_t>();
  reader.ReadBytes(4);
  std::vector<RawTensor> tensors(count);
  for (RawTensor& tensor : tensors) {
    const auto name_bytes = reader.Read<uint16_t>();
    tensor.encoding = reader.Read<uint8_t>();
    tensor.exponent_bias = reader.Read<int8_t>();
    const auto rank = reader.Read<uint8_t>();
    reader.ReadBytes(3);
    tensor.offset = reader.Read<uint64_t>();
    tensor.length = reader.Read<uint64_t>();
    for (int axis = 0; axis < rank; ++axis) {
      tensor.dimensions.push_back(reader.Read<uint64_t>());
    }
    tensor.name = reader.ReadString(name_bytes);
  }
  return tensors;
}

inline std::vector<uint8_t> EncodeDirectory(const std::vector<RawTensor>& tensors) {
  ByteWriter writer;
  writer.Write(uint64_t{tensors.size()});
  for (const RawTensor& tensor : tensors) {
    writer.Write(tensor.name_bytes.value_or(static_cast<uint16_t>(tensor.name.size())));
    writer.Write(tensor.encoding);
    writer.Write(tensor.exponent_bias);
    writer.Write(tensor.rank.value_or(static_cast<uint8_t>(tensor.dimensions.size())));
    writer.WriteString(std::string_view("\0\0\0", 3));
    writer.Write(tensor.offset);
    writer.Write(tensor.length);
    for (const uint64_t dimension : tensor.dimensions) {
      writer.Write(dimension);
    }
    writer.WriteString(tensor.name);
  }
  return writer.Take();
}

}  // namespace edgebert::testing

#endif  // EDGEBERT_MODEL_MODEL_FILE_TESTING_H_
