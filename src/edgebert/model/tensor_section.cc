#include "edgebert/model/tensor_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "edgebert/base/byte_writer.h"
#include "edgebert/base/checked_math.h"
#include "edgebert/model/model_format.h"
#include "edgebert/numeric/adaptivfloat.h"
#include "edgebert/numeric/bitmask.h"

namespace edgebert {
namespace {

constexpr uint64_t kFixedRecordBytes = 24;
/// Rank 1 and a name of one byte.
constexpr uint64_t kMinRecordBytes = kFixedRecordBytes + 8 + 1;

/// The least and the greatest payload of a tensor.
struct PayloadRange {
  uint64_t minimum;
  uint64_t maximum;
};

/// `num_elements` is at most kMaxTensorElements, so that nothing here overflows.
PayloadRange PayloadBytes(TensorEncoding encoding, uint64_t num_elements) {
  switch (encoding) {
    case TensorEncoding::kFloat32:
      return {num_elements * sizeof(float), num_elements * sizeof(float)};
    case TensorEncoding::kAf8:
      return {num_elements, num_elements};
    case TensorEncoding::kAf8Bitmask:
      // The mask itself says how many codes follow; ValidateTensor() counts its bits.
      return {MaskBytes(num_elements), MaskBytes(num_elements) + num_elements};
  }
  return {0, 0};
}

bool IsPlainName(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c <= '~'; });
}

Status ReadName(SectionReader& reader, size_t at, uint16_t bytes, std::string_view previous,
                std::string& name) {
  if (bytes == 0 || bytes > kMaxTensorNameBytes) {
    return reader.Error(at, fmt::format("a tensor name of {} bytes", bytes),
                        fmt::format("1 to {}", kMaxTensorNameBytes));
  }
  EDGEBERT_RETURN_IF_ERROR(reader.Require(bytes, "tensor name"));
  const size_t start = reader.position();
  name = reader.ReadString(bytes);
  if (!IsPlainName(name)) {
    return reader.Error(start, "a tensor name with other characters", "printable ASCII");
  }
  if (name <= previous) {
    return reader.Error(start, fmt::format("tensor '{}' after '{}'", name, previous),
                        "ascending names, each once");
  }
  return OkStatus();
}

Status ReadShape(SectionReader& reader, size_t at, uint8_t rank, std::vector<int64_t>& shape,
                 uint64_t& num_elements) {
  if (rank == 0 || rank > kMaxRank) {
    return reader.Error(at, fmt::format("rank {}", rank), fmt::format("1 to {}", kMaxRank));
  }
  EDGEBERT_RETURN_IF_ERROR(reader.Require(rank * sizeof(uint64_t), "dimensions"));
  num_elements = 1;
  for (int axis = 0; axis < rank; ++axis) {
    const size_t start = reader.position();
    const auto dimension = reader.Read<uint64_t>();
    if (dimension == 0 || dimension > static_cast<uint64_t>(kMaxTensorDimension)) {
      return reader.Error(start, fmt::format("a dimension of {}", dimension),
                          fmt::format("1 to {}", kMaxTensorDimension));
    }
    const std::optional<uint64_t> product = CheckedMultiply(num_elements, dimension);
    if (!product || *product > kMaxTensorElements) {
      return reader.Error(start, "a product of dimensions beyond the limit",
                          fmt::format("at most {} elements", kMaxTensorElements));
    }
    num_elements = *product;
    shape.push_back(static_cast<int64_t>(dimension));
  }
  return OkStatus();
}

Status CheckEncoding(const SectionReader& reader, size_t at, uint8_t encoding, int bias) {
  if (encoding > static_cast<uint8_t>(TensorEncoding::kAf8Bitmask)) {
    return reader.Error(at, fmt::format("tensor encoding {}", encoding), "0 to 2");
  }
  const bool is_float = encoding == static_cast<uint8_t>(TensorEncoding::kFloat32);
  if (is_float ? bias != 0 : bias < kMinExponentBias || bias > kMaxExponentBias) {
    return reader.Error(
        at + 1, fmt::format("exponent bias {}", bias),
        is_float ? "0 for float32" : fmt::format("{} to {}", kMinExponentBias, kMaxExponentBias));
  }
  return OkStatus();
}

/// Checks where a payload lies; `end` is where the one before it ended, and moves on.
Status CheckExtent(const SectionReader& reader, size_t at, const TensorRecord& record,
                   uint64_t num_elements, uint64_t data_bytes, uint64_t& end) {
  const PayloadRange range = PayloadBytes(record.tensor.encoding, num_elements);
  if (record.length < range.minimum || record.length > range.maximum) {
    return reader.Error(
        at + 8,
        fmt::format("a payload of {} bytes for tensor '{}'", record.length, record.tensor.name),
        range.minimum == range.maximum ? fmt::format("{}", range.minimum)
                                       : fmt::format("{} to {}", range.minimum, range.maximum));
  }
  const std::optional<uint64_t> expected = NextPayloadOffset(end);
  if (!expected || record.offset != *expected) {
    return reader.Error(
        at, fmt::format("payload offset {} for tensor '{}'", record.offset, record.tensor.name),
        expected ? fmt::format("{}", *expected) : "an offset within the section");
  }
  const std::optional<uint64_t> payload_end = CheckedAdd(record.offset, record.length);
  if (!payload_end || *payload_end > data_bytes) {
    return reader.Error(at + 8,
                        fmt::format("a payload of {} bytes at {} for tensor '{}'", record.length,
                                    record.offset, record.tensor.name),
                        fmt::format("an end within the {} bytes of tensor data", data_bytes));
  }
  end = *payload_end;
  return OkStatus();
}

Status ReadRecord(SectionReader& reader, uint64_t data_bytes, uint64_t& end,
                  std::vector<TensorRecord>& records) {
  EDGEBERT_RETURN_IF_ERROR(reader.Require(kFixedRecordBytes, "tensor record"));
  const size_t start = reader.position();
  const auto name_bytes = reader.Read<uint16_t>();
  const auto encoding = reader.Read<uint8_t>();
  const auto bias = reader.Read<int8_t>();
  const auto rank = reader.Read<uint8_t>();
  EDGEBERT_RETURN_IF_ERROR(reader.ReadZeros(3));
  TensorRecord record;
  record.offset = reader.Read<uint64_t>();
  record.length = reader.Read<uint64_t>();
  EDGEBERT_RETURN_IF_ERROR(CheckEncoding(reader, start + 2, encoding, bias));
  record.tensor.encoding = static_cast<TensorEncoding>(encoding);
  record.tensor.exponent_bias = bias;
  uint64_t num_elements = 0;
  EDGEBERT_RETURN_IF_ERROR(ReadShape(reader, start + 4, rank, record.tensor.shape, num_elements));
  const std::string_view previous =
      records.empty() ? std::string_view() : records.back().tensor.name;
  EDGEBERT_RETURN_IF_ERROR(ReadName(reader, start, name_bytes, previous, record.tensor.name));
  EDGEBERT_RETURN_IF_ERROR(CheckExtent(reader, start + 8, record, num_elements, data_bytes, end));
  records.push_back(std::move(record));
  return OkStatus();
}

}  // namespace

std::optional<uint64_t> NextPayloadOffset(uint64_t end) {
  return CheckedAlignUp(end, model_format::kAlignment);
}

std::vector<uint8_t> EncodeTensorDirectory(std::span<const Tensor> tensors) {
  ByteWriter writer;
  writer.Write(static_cast<uint32_t>(tensors.size()));
  writer.Write(uint32_t{0});
  uint64_t end = 0;
  for (const Tensor& tensor : tensors) {
    const uint64_t offset = *NextPayloadOffset(end);
    writer.Write(static_cast<uint16_t>(tensor.name.size()));
    writer.Write(static_cast<uint8_t>(tensor.encoding));
    writer.Write(tensor.exponent_bias);
    writer.Write(static_cast<uint8_t>(tensor.shape.size()));
    writer.WriteBytes(std::array<uint8_t, 3>{});
    writer.Write(offset);
    writer.Write(uint64_t{tensor.payload.size()});
    for (const int64_t dimension : tensor.shape) {
      writer.Write(dimension);
    }
    writer.WriteString(tensor.name);
    end = offset + tensor.payload.size();
  }
  return writer.Take();
}

uint64_t TensorDataBytes(std::span<const Tensor> tensors) {
  uint64_t end = 0;
  for (const Tensor& tensor : tensors) {
    end = *NextPayloadOffset(end) + tensor.payload.size();
  }
  return end;
}

Result<std::vector<TensorRecord>> ReadTensorDirectory(SectionReader reader, uint64_t data_bytes) {
  EDGEBERT_RETURN_IF_ERROR(reader.Require(8, "tensor count"));
  const auto count = reader.Read<uint32_t>();
  EDGEBERT_RETURN_IF_ERROR(reader.ReadZeros(4));
  EDGEBERT_RETURN_IF_ERROR(reader.RequireEntries(count, kMaxTensors, kMinRecordBytes, "tensors"));
  std::vector<TensorRecord> records;
  records.reserve(count);
  uint64_t end = 0;
  for (uint32_t index = 0; index < count; ++index) {
    EDGEBERT_RETURN_IF_ERROR(ReadRecord(reader, data_bytes, end, records));
  }
  EDGEBERT_RETURN_IF_ERROR(reader.RequireEnd());
  if (end != data_bytes) {
    return reader.Error(reader.position(), fmt::format("payloads that end at {}", end),
                        fmt::format("all {} bytes of tensor data in use", data_bytes));
  }
  return records;
}

}  // namespace edgebert
