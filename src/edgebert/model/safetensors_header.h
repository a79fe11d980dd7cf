#ifndef EDGEBERT_MODEL_SAFETENSORS_HEADER_H_
#define EDGEBERT_MODEL_SAFETENSORS_HEADER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"

namespace edgebert {

/// Limits on what a safetensors header may hold; a file that exceeds one is refused. The first is
/// the format's own.
inline constexpr uint64_t kMaxSafetensorsHeaderBytes = 100'000'000;
inline constexpr size_t kMaxSafetensorsTensors = 1u << 16;
inline constexpr size_t kMaxSafetensorsNameBytes = 512;
inline constexpr size_t kMaxSafetensorsRank = 8;

/// A tensor as the header describes it.
struct SafetensorsEntry {
  std::string name;
  std::string dtype;           ///< "F32", "F16", "BF16", "I64", …
  std::vector<int64_t> shape;  ///< Every dimension is positive; empty for a scalar.
  uint64_t begin = 0;          ///< Bytes [begin, end) of the data, which follow the header.
  uint64_t end = 0;

  uint64_t num_bytes() const { return end - begin; }
};

/// Parses a header, the JSON text between the length field and the data. The tensors, ascending by
/// name, are disjoint and cover `data_bytes` without a gap, each as long as its shape and dtype
/// say. A name or field that stands twice, and a field the format does not have, are errors.
Result<std::vector<SafetensorsEntry>> ParseSafetensorsHeader(std::string_view json,
                                                             uint64_t data_bytes);

}  // namespace edgebert

#endif  // EDGEBERT_MODEL_SAFETENSORS_HEADER_H_
