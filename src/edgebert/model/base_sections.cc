#include "edgebert/model/base_sections.h"

#include <algorithm>
#include <limits>

#include "edgebert/base/byte_writer.h"

namespace edgebert {

std::vector<uint8_t> EncodeBaseShape(const EmbeddingShape& shape) {
  ByteWriter writer;
  for (const int size :
       {shape.vocabulary_size, shape.embedding_size, shape.max_positions, shape.num_segments}) {
    writer.Write(static_cast<uint32_t>(size));
  }
  return writer.Take();
}

Result<EmbeddingShape> ReadBaseShape(SectionReader reader) {
  EDGEBERT_RETURN_IF_ERROR(reader.Require(kBaseShapeBytes, "sizes of the embedding"));
  EmbeddingShape shape;
  for (int* size :
       {&shape.vocabulary_size, &shape.embedding_size, &shape.max_positions, &shape.num_segments}) {
    constexpr uint32_t kLargest = std::numeric_limits<int>::max();
    *size = static_cast<int>(std::min(reader.Read<uint32_t>(), kLargest));
  }
  if (const Status status = ValidateEmbeddingShape(shape); !status.ok()) {
    return status.WithContext(reader.Where(0));
  }
  EDGEBERT_RETURN_IF_ERROR(reader.RequireEnd());
  return shape;
}

std::vector<uint8_t> EncodeBaseReference(const BaseReference& reference) {
  ByteWriter writer;
  writer.WriteBytes(reference.sha256);
  writer.Write(static_cast<uint32_t>(reference.file_name.size()));
  writer.WriteString(reference.file_name);
  return writer.Take();
}

Result<BaseReference> ReadBaseReference(SectionReader reader) {
  BaseReference reference;
  EDGEBERT_RETURN_IF_ERROR(
      reader.Require(reference.sha256.size() + sizeof(uint32_t), "hash and length of name"));
  const auto hash = reader.ReadArray<uint8_t>(reference.sha256.size());
  std::copy(hash.begin(), hash.end(), reference.sha256.begin());
  const auto bytes = reader.Read<uint32_t>();
  EDGEBERT_RETURN_IF_ERROR(
      reader.RequireEntries(bytes, kMaxBaseFileNameBytes, 1, "bytes of the base's name"));
  const size_t start = reader.position();
  reference.file_name = reader.ReadString(bytes);
  if (const Status status = CheckBaseFileName(reference.file_name); !status.ok()) {
    return status.WithContext(reader.Where(start));
  }
  EDGEBERT_RETURN_IF_ERROR(reader.RequireEnd());
  return reference;
}

}  // namespace edgebert
