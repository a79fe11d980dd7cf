#include "edgebert/model/safetensors.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <memory>
#include <utility>

#include "edgebert/base/byte_reader.h"

namespace edgebert {
namespace {

constexpr uint64_t kLengthBytes = 8;
constexpr uint64_t kHashChunkBytes = 1u << 20;

float HalfToFloat(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t exponent = (half >> 10) & 0x1Fu;
  const uint32_t mantissa = half & 0x3FFu;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return std::bit_cast<float>(std::bit_cast<uint32_t>(magnitude) | sign);
  }
  const uint32_t wide_exponent = exponent == 0x1F ? 0xFFu : exponent + (127 - 15);
  return std::bit_cast<float>(sign | (wide_exponent << 23) | (mantissa << 13));
}

float BfloatToFloat(uint16_t bits) { return std::bit_cast<float>(uint32_t{bits} << 16); }

}  // namespace

SafetensorsFile::SafetensorsFile(InputFile file, uint64_t data_offset,
                                 std::vector<SafetensorsEntry> entries)
    : file_(std::move(file)), data_offset_(data_offset), entries_(std::move(entries)) {}

Result<SafetensorsFile> SafetensorsFile::Open(const std::filesystem::path& path) {
  EDGEBERT_ASSIGN_OR_RETURN(InputFile file, InputFile::Open(path));
  std::array<uint8_t, kLengthBytes> length_field{};
  if (file.size() < kLengthBytes) {
    return DataLoss(fmt::format("{}: is {} bytes long, too short for a safetensors file",
                                path.string(), file.size()));
  }
  EDGEBERT_RETURN_IF_ERROR(file.ReadAt(0, length_field));
  const uint64_t length = ByteReader(length_field).Read<uint64_t>();
  if (length > kMaxSafetensorsHeaderBytes || length > file.size() - kLengthBytes) {
    return DataLoss(fmt::format(
        "{}: header length is {} bytes, expected at most {}: damaged, or no safetensors file",
        path.string(), length, std::min(kMaxSafetensorsHeaderBytes, file.size() - kLengthBytes)));
  }
  std::string json(length, '\0');
  EDGEBERT_RETURN_IF_ERROR(
      file.ReadAt(kLengthBytes, std::span(reinterpret_cast<uint8_t*>(json.data()), json.size())));
  const uint64_t data_offset = kLengthBytes + length;
  Result<std::vector<SafetensorsEntry>> entries =
      ParseSafetensorsHeader(json, file.size() - data_offset);
  if (!entries.ok()) {
    return entries.status().WithContext(path.string());
  }
  return SafetensorsFile(std::move(file), data_offset, std::move(entries).value());
}

const SafetensorsEntry* SafetensorsFile::Find(std::string_view name) const {
  const auto found = std::lower_bound(
      entries_.begin(), entries_.end(), name,
      [](const SafetensorsEntry& entry, std::string_view n) { return entry.name < n; });
  return found != entries_.end() && found->name == name ? &*found : nullptr;
}

Result<std::vector<float>> SafetensorsFile::ReadFloats(const SafetensorsEntry& entry) const {
  const bool is_single = entry.dtype == "F32";
  const bool is_half = entry.dtype == "F16";
  if (!is_single && !is_half && entry.dtype != "BF16") {
    return Unsupported(fmt::format("{}: tensor '{}' is {}, expected F32, F16 or BF16",
                                   file_.path().string(), entry.name, entry.dtype));
  }
  const uint64_t offset = data_offset_ + entry.begin;
  std::vector<float> values;
  if (is_single) {
    values.resize(entry.num_bytes() / sizeof(float));
    EDGEBERT_RETURN_IF_ERROR(file_.ReadAt(
        offset, std::span(reinterpret_cast<uint8_t*>(values.data()), entry.num_bytes())));
  } else {
    std::vector<uint16_t> narrow(entry.num_bytes() / sizeof(uint16_t));
    EDGEBERT_RETURN_IF_ERROR(file_.ReadAt(
        offset, std::span(reinterpret_cast<uint8_t*>(narrow.data()), entry.num_bytes())));
    values.resize(narrow.size());
    std::transform(narrow.begin(), narrow.end(), values.begin(),
                   is_half ? HalfToFloat : BfloatToFloat);
  }
  const auto bad =
      std::find_if(values.begin(), values.end(), [](float v) { return !std::isfinite(v); });
  if (bad != values.end()) {
    return DataLoss(fmt::format("{}: element {} of tensor '{}' is {}, expected a finite value",
                                file_.path().string(), bad - values.begin(), entry.name, *bad));
  }
  return values;
}

Result<uint64_t> SafetensorsFile::Hash() const {
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(),
                                                                       &XXH3_freeState);
  if (state == nullptr || XXH3_64bits_reset(state.get()) != XXH_OK) {
    return Internal("cannot start XXH3");
  }
  std::vector<uint8_t> chunk(std::min(file_.size(), kHashChunkBytes));
  for (uint64_t offset = 0; offset < file_.size(); offset += chunk.size()) {
    chunk.resize(std::min(file_.size() - offset, kHashChunkBytes));
    EDGEBERT_RETURN_IF_ERROR(file_.ReadAt(offset, chunk));
    XXH3_64bits_update(state.get(), chunk.data(), chunk.size());
  }
  return XXH3_64bits_digest(state.get());
}

}  // namespace edgebert
