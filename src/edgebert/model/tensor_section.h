#ifndef EDGEBERT_MODEL_TENSOR_SECTION_H_
#define EDGEBERT_MODEL_TENSOR_SECTION_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/model/model.h"
#include "edgebert/model/section_reader.h"
#include "edgebert/model/tensor.h"

namespace edgebert {

/// The largest tensor directory: kMaxTensors records of the greatest rank and name.
inline constexpr uint64_t kMaxTensorDirectoryBytes =
    8 + uint64_t{kMaxTensors} * (24 + 8 * kMaxRank + kMaxTensorNameBytes);

/// What the directory says of a tensor; its payload lies in the tensor data section.
struct TensorRecord {
  Tensor tensor;        ///< Without payload.
  uint64_t offset = 0;  ///< From the start of the tensor data section.
  uint64_t length = 0;  ///< Of the payload, in bytes.
};

/// Where the payload of `length` bytes that follows one ending at `end` begins, or nothing when
/// that does not fit in 64 bits.
std::optional<uint64_t> NextPayloadOffset(uint64_t end);

/// The bytes of the directory for valid tensors, ascending by name.
std::vector<uint8_t> EncodeTensorDirectory(std::span<const Tensor> tensors);

/// The length of the tensor data section that belongs to `tensors`.
uint64_t TensorDataBytes(std::span<const Tensor> tensors);

/// Checks names, encodings, ranks and dimensions, and that the payloads have the lengths which
/// these ask for and fill a tensor data section of `data_bytes` in order, aligned and gapless.
Result<std::vector<TensorRecord>> ReadTensorDirectory(SectionReader reader, uint64_t data_bytes);

}  // namespace edgebert

#endif  // EDGEBERT_MODEL_TENSOR_SECTION_H_
