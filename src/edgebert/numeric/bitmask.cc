#include "edgebert/numeric/bitmask.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>

namespace edgebert {
namespace {

constexpr uint8_t kNegativeZero = 0x80;

bool MaskBit(std::span<const uint8_t> mask, size_t element) {
  return (mask[element / 8] >> (element % 8)) & 1;
}

}  // namespace

size_t PopulationCount(std::span<const uint8_t> mask) {
  size_t count = 0;
  size_t at = 0;
  for (uint64_t word; at + sizeof(word) <= mask.size(); at += sizeof(word)) {
    std::memcpy(&word, mask.data() + at, sizeof(word));
    count += static_cast<size_t>(std::popcount(word));
  }
  for (; at < mask.size(); ++at) {
    count += static_cast<size_t>(std::popcount(mask[at]));
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
  size_t i = 0;
  // Without branches, which no processor predicts here, for as long as eight values follow.
  for (; i + 8 <= num_elements && next + 8 <= values.size(); i += 8) {
    const uint32_t byte = mask[i / 8];
    for (size_t bit = 0; bit < 8; ++bit) {
      const uint32_t present = byte >> bit & 1;
      dense[i + bit] = static_cast<uint8_t>(values[next] * present);
      next += present;
    }
  }
  for (; i < num_elements; ++i) {
    dense[i] = MaskBit(mask, i) ? values[next++] : uint8_t{0};
  }
  return OkStatus();
}

}  // namespace edgebert
