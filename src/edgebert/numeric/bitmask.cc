#include "edgebert/numeric/bitmask.h"

#include <fmt/format.h>

#include <bit>

namespace edgebert {
namespace {

constexpr uint8_t kNegativeZero = 0x80;

bool MaskBit(std::span<const uint8_t> mask, size_t element) {
  return (mask[element / 8] >> (element % 8)) & 1;
}

}  // namespace

size_t PopulationCount(std::span<const uint8_t> mask) {
  size_t count = 0;
  for (const uint8_t byte : mask) {
    count += static_cast<size_t>(std::popcount(byte));
  }
  return count;
}

BitmaskCode EncodeBitmask(std::span<const uint8_t> dense) {
  BitmaskCode code;
  code.num_elements = dense.size();
  code.mask.resize(MaskBytes(dense.size()));
  for (size_t i = 0; i < dense.size(); ++i) {
    if (dense[i] != 0 && dense[i] != kNegativeZero) {
      code.mask[i / 8] = static_cast<uint8_t>(code.mask[i / 8] | (1u << (i % 8)));
      code.values.push_back(dense[i]);
    }
  }
  return code;
}

Status DecodeBitmask(size_t num_elements, std::span<const uint8_t> mask,
                     std::span<const uint8_t> values, std::span<uint8_t> dense) {
  if (mask.size() != MaskBytes(num_elements)) {
    return DataLoss(fmt::format("bitmask has {} bytes, expected {} for {} elements", mask.size(),
                                MaskBytes(num_elements), num_elements));
  }
  if (num_elements % 8 != 0 && (mask.back() >> (num_elements % 8)) != 0) {
    return DataLoss("bitmask has bits set after its last element");
  }
  const size_t population = PopulationCount(mask);
  if (population != values.size()) {
    return DataLoss(fmt::format("bitmask has {} bits set, but {} non-zero values follow",
                                population, values.size()));
  }
  if (dense.size() != num_elements) {
    return InvalidArgument(
        fmt::format("destination holds {} elements, expected {}", dense.size(), num_elements));
  }
  size_t next = 0;
  for (size_t i = 0; i < num_elements; ++i) {
    dense[i] = MaskBit(mask, i) ? values[next++] : uint8_t{0};
  }
  return OkStatus();
}

}  // namespace edgebert
