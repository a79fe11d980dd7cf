#ifndef EDGEBERT_MODEL_TENSOR_H_
#define EDGEBERT_MODEL_TENSOR_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"

namespace edgebert {

/// How the elements of a tensor are stored.
enum class TensorEncoding : uint8_t {
  kFloat32 = 0,     ///< 4 bytes an element, little-endian.
  kAf8 = 1,         ///< AdaptivFloat<8,3>, one byte an element.
  kAf8Bitmask = 2,  ///< A bit an element (1: not zero), padded to a byte, then the non-zero codes.
};

std::string_view TensorEncodingName(TensorEncoding encoding);  ///< "float32", "af8", "af8-bitmask"

inline constexpr int kMaxRank = 4;
inline constexpr size_t kMaxTensorNameBytes = 128;
inline constexpr int64_t kMaxTensorDimension = int64_t{1} << 20;
inline constexpr uint64_t kMaxTensorElements = uint64_t{1} << 32;

/// A named array of up to four dimensions, row-major.
struct Tensor {
  std::string name;
  std::vector<int64_t> shape;
  TensorEncoding encoding = TensorEncoding::kFloat32;
  int8_t exponent_bias = 0;      ///< AF8 only: the exponent of code e = 0.
  std::vector<uint8_t> payload;  ///< As `encoding` says.

  bool operator==(const Tensor&) const = default;

  int64_t num_elements() const;
  bool is_af8() const { return encoding != TensorEncoding::kFloat32; }
};

Tensor MakeFloatTensor(std::string name, std::vector<int64_t> shape, std::span<const float> values);

/// From codes; stored with a bitmask where that is smaller.
Tensor MakeAf8Tensor(std::string name, std::vector<int64_t> shape, int exponent_bias,
                     std::span<const uint8_t> codes);

/// Checks name, rank, dimensions, payload length, finiteness, exponent bias (0 for float32), and
/// that a bitmask has as many bits set as codes follow, none of which is zero.
Status ValidateTensor(const Tensor& tensor);

/// The AF8 codes of a valid AF8 tensor, bitmask expanded; [num_elements].
std::vector<uint8_t> Af8Codes(const Tensor& tensor);

/// The values of any valid tensor; AF8 is decoded exactly. [num_elements]
std::vector<float> FloatValues(const Tensor& tensor);

/// The share of elements that are zero, and of AF8 codes that are the largest magnitude.
struct TensorStatistics {
  double zero_share = 0;
  double saturated_share = 0;
};
TensorStatistics ComputeStatistics(const Tensor& tensor);

}  // namespace edgebert

#endif  // EDGEBERT_MODEL_TENSOR_H_
