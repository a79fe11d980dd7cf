#include "edgebert/model/tensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numeric>
#include <optional>
#include <utility>

#include "edgebert/base/checked_math.h"
#include "edgebert/base/text.h"
#include "edgebert/numeric/adaptivfloat.h"
#include "edgebert/numeric/bitmask.h"

namespace edgebert {
namespace {

Status ValidateShape(const Tensor& tensor, uint64_t& num_elements) {
  if (tensor.shape.empty() || tensor.shape.size() > kMaxRank) {
    return DataLoss(fmt::format("rank {}, expected 1 to {}", tensor.shape.size(), kMaxRank));
  }
  num_elements = 1;
  for (const int64_t dimension : tensor.shape) {
    const bool in_range = dimension > 0 && dimension <= kMaxTensorDimension;
    const std::optional<uint64_t> product =
        in_range ? CheckedMultiply(num_elements, static_cast<uint64_t>(dimension)) : std::nullopt;
    if (!product || *product > kMaxTensorElements) {
      return DataLoss(
          fmt::format("shape [{}], expected dimensions from 1 to {} and at most {} elements",
                      fmt::join(tensor.shape, " × "), kMaxTensorDimension, kMaxTensorElements));
    }
    num_elements = *product;
  }
  return OkStatus();
}

Status CheckPayload(uint64_t found, uint64_t expected) {
  if (found != expected) {
    return DataLoss(fmt::format("payload has {} bytes, expected {}", found, expected));
  }
  return OkStatus();
}

/// Reads element by element: a copy would double the memory that loading a model takes.
Status CheckFinite(std::span<const uint8_t> payload) {
  for (size_t offset = 0; offset < payload.size(); offset += sizeof(float)) {
    float value;
    std::memcpy(&value, payload.data() + offset, sizeof(float));
    if (!std::isfinite(value)) {
      return DataLoss(
          fmt::format("element {} is {}, expected a finite value", offset / sizeof(float), value));
    }
  }
  return OkStatus();
}

/// A zero among the codes behind a bitmask would be a second way to write the same tensor.
Status CheckNonZero(std::span<const uint8_t> codes) {
  const auto zero =
      std::find_if(codes.begin(), codes.end(), [](uint8_t code) { return (code & 0x7F) == 0; });
  if (zero != codes.end()) {
    return DataLoss(
        fmt::format("code {} behind the bitmask is zero, expected none", zero - codes.begin()));
  }
  return OkStatus();
}

Status ValidatePayload(const Tensor& tensor, uint64_t num_elements) {
  switch (tensor.encoding) {
    case TensorEncoding::kFloat32: {
      EDGEBERT_RETURN_IF_ERROR(CheckPayload(tensor.payload.size(), num_elements * sizeof(float)));
      return CheckFinite(tensor.payload);
    }
    case TensorEncoding::kAf8:
      return CheckPayload(tensor.payload.size(), num_elements);
    case TensorEncoding::kAf8Bitmask: {
      const uint64_t mask_bytes = MaskBytes(num_elements);
      if (tensor.payload.size() < mask_bytes) {
        return CheckPayload(tensor.payload.size(), mask_bytes);
      }
      const std::span<const uint8_t> payload(tensor.payload);
      const std::span<const uint8_t> mask = payload.first(mask_bytes);
      if (num_elements % 8 != 0 && (mask.back() >> (num_elements % 8)) != 0) {
        return DataLoss("bitmask has bits set after its last element");
      }
      EDGEBERT_RETURN_IF_ERROR(CheckPayload(payload.size(), mask_bytes + PopulationCount(mask)));
      return CheckNonZero(payload.subspan(mask_bytes));
    }
  }
  return DataLoss(fmt::format("unknown encoding {}", static_cast<int>(tensor.encoding)));
}

Status CheckExponentBias(const Tensor& tensor) {
  const int minimum = tensor.is_af8() ? kMinExponentBias : 0;
  const int maximum = tensor.is_af8() ? kMaxExponentBias : 0;
  if (tensor.exponent_bias < minimum || tensor.exponent_bias > maximum) {
    return DataLoss(
        fmt::format("exponent bias {}, expected {} to {}", tensor.exponent_bias, minimum, maximum));
  }
  return OkStatus();
}

}  // namespace

std::string_view TensorEncodingName(TensorEncoding encoding) {
  switch (encoding) {
    case TensorEncoding::kFloat32:
      return "float32";
    case TensorEncoding::kAf8:
      return "af8";
    case TensorEncoding::kAf8Bitmask:
      return "af8-bitmask";
  }
  return "unknown";
}

int64_t Tensor::num_elements() const {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

Tensor MakeFloatTensor(std::string name, std::vector<int64_t> shape,
                       std::span<const float> values) {
  Tensor tensor{std::move(name), std::move(shape), TensorEncoding::kFloat32, 0, {}};
  tensor.payload.resize(values.size_bytes());
  std::memcpy(tensor.payload.data(), values.data(), values.size_bytes());
  return tensor;
}

Tensor MakeAf8Tensor(std::string name, std::vector<int64_t> shape, int exponent_bias,
                     std::span<const uint8_t> codes) {
  Tensor tensor{std::move(name),
                std::move(shape),
                TensorEncoding::kAf8,
                static_cast<int8_t>(exponent_bias),
                {}};
  BitmaskCode sparse = EncodeBitmask(codes);
  if (sparse.mask.size() + sparse.values.size() < codes.size()) {
    tensor.encoding = TensorEncoding::kAf8Bitmask;
    tensor.payload = std::move(sparse.mask);
    tensor.payload.insert(tensor.payload.end(), sparse.values.begin(), sparse.values.end());
  } else {
    tensor.payload.assign(codes.begin(), codes.end());
  }
  return tensor;
}

Status ValidateTensor(const Tensor& tensor) {
  if (tensor.name.empty() || tensor.name.size() > kMaxTensorNameBytes ||
      FindInvalidUtf8(tensor.name)) {
    return DataLoss(fmt::format("tensor name of {} bytes, expected valid UTF-8 of 1 to {} bytes",
                                tensor.name.size(), kMaxTensorNameBytes));
  }
  uint64_t num_elements = 0;
  Status status = ValidateShape(tensor, num_elements);
  if (status.ok()) {
    status = ValidatePayload(tensor, num_elements);
  }
  if (status.ok()) {
    status = CheckExponentBias(tensor);
  }
  return status.WithContext("tensor '" + tensor.name + "'");
}

std::vector<uint8_t> Af8Codes(const Tensor& tensor) {
  if (tensor.encoding == TensorEncoding::kAf8) {
    return tensor.payload;
  }
  const auto num_elements = static_cast<size_t>(tensor.num_elements());
  std::vector<uint8_t> codes(num_elements);
  const std::span<const uint8_t> payload(tensor.payload);
  const size_t mask_bytes = MaskBytes(num_elements);
  const Status status =
      DecodeBitmask(num_elements, payload.first(mask_bytes), payload.subspan(mask_bytes), codes);
  static_cast<void>(status);  // ValidateTensor() has checked all that could fail.
  return codes;
}

std::vector<float> FloatValues(const Tensor& tensor) {
  std::vector<float> values(static_cast<size_t>(tensor.num_elements()));
  if (tensor.encoding == TensorEncoding::kFloat32) {
    std::memcpy(values.data(), tensor.payload.data(), values.size() * sizeof(float));
    return values;
  }
  std::array<float, 256> table{};
  for (uint32_t code = 0; code < table.size(); ++code) {
    table[code] = static_cast<float>(Decode(kAf8, code, tensor.exponent_bias));
  }
  const std::vector<uint8_t> codes = Af8Codes(tensor);
  std::transform(codes.begin(), codes.end(), values.begin(),
                 [&table](uint8_t code) { return table[code]; });
  return values;
}

TensorStatistics ComputeStatistics(const Tensor& tensor) {
  const auto count = static_cast<double>(tensor.num_elements());
  if (!tensor.is_af8()) {
    const std::vector<float> values = FloatValues(tensor);
    return {static_cast<double>(std::count(values.begin(), values.end(), 0.0f)) / count, 0.0};
  }
  double zeros = 0;
  double saturated = 0;
  for (const uint8_t code : Af8Codes(tensor)) {
    zeros += (code & 0x7F) == 0;
    saturated += (code & 0x7F) == 0x7F;
  }
  return {zeros / count, saturated / count};
}

}  // namespace edgebert
