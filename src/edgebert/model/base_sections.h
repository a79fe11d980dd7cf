#ifndef EDGEBERT_MODEL_BASE_SECTIONS_H_
#define EDGEBERT_MODEL_BASE_SECTIONS_H_

#include <cstdint>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/model/model_base.h"
#include "edgebert/model/section_reader.h"

namespace edgebert {

inline constexpr uint64_t kBaseShapeBytes = 4 * sizeof(uint32_t);
inline constexpr uint64_t kMaxBaseReferenceBytes = 32 + 4 + kMaxBaseFileNameBytes;

/// The bytes of the sections that make a base file and a task file, for valid values.
std::vector<uint8_t> EncodeBaseShape(const EmbeddingShape& shape);
std::vector<uint8_t> EncodeBaseReference(const BaseReference& reference);

/// Check all fields.
Result<EmbeddingShape> ReadBaseShape(SectionReader reader);
Result<BaseReference> ReadBaseReference(SectionReader reader);

}  // namespace edgebert

#endif  // EDGEBERT_MODEL_BASE_SECTIONS_H_
