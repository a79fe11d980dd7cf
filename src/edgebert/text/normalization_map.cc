#include "edgebert/text/normalization_map.h"

#include <fmt/format.h>

#include <cstring>
#include <limits>

#include "edgebert/base/byte_reader.h"
#include "edgebert/base/text.h"
#include "edgebert/text/albert_unicode.h"
#include "edgebert/text/tokenizer.h"
#include "edgebert/text/unicode.h"

namespace edgebert {
namespace {

constexpr uint32_t kLeafFlag = 1u << 31;

bool HasLeaf(uint32_t unit) { return ((unit >> 8) & 1) != 0; }
uint32_t Value(uint32_t unit) { return unit & ~kLeafFlag; }
/// The byte that leads to the unit; no byte leads to a leaf, whose flag takes part.
uint32_t Label(uint32_t unit) { return unit & (kLeafFlag | 0xFF); }
size_t Offset(uint32_t unit) {
  return static_cast<size_t>(unit >> 10) << ((unit & (1u << 9)) >> 6);
}

}  // namespace

Result<NormalizationMap> NormalizationMap::Parse(std::string_view bytes) {
  NormalizationMap map;
  if (bytes.empty()) {
    return map;
  }
  if (bytes.size() > kMaxNormalizationMapBytes) {
    return DataLoss(fmt::format("normalization map: {} bytes, expected at most {}", bytes.size(),
                                kMaxNormalizationMapBytes));
  }
  ByteReader reader({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  const size_t trie_bytes = reader.Read<uint32_t>();
  if (!reader.ok() || trie_bytes == 0 || trie_bytes % sizeof(uint32_t) != 0 ||
      trie_bytes > reader.remaining()) {
    return DataLoss(
        fmt::format("normalization map: a trie of {} bytes in a map of {}, expected a multiple of "
                    "4 that fits behind the size",
                    trie_bytes, bytes.size()));
  }
  const std::span<const uint8_t> trie = reader.ReadBytes(trie_bytes);
  map.units_.resize(trie_bytes / sizeof(uint32_t));
  std::memcpy(map.units_.data(), trie.data(), trie_bytes);
  map.replacements_ = reader.ReadString(reader.remaining());
  if (map.replacements_.empty() || map.replacements_.back() != '\0') {
    return DataLoss("normalization map: the replacements do not end with a NUL byte");
  }
  if (const std::optional<size_t> invalid = FindInvalidUtf8(map.replacements_)) {
    return DataLoss(
        fmt::format("normalization map: byte {} of the replacements is not UTF-8", *invalid));
  }
  EDGEBERT_RETURN_IF_ERROR(map.CheckTrie());
  return map;
}

Status NormalizationMap::CheckTrie() const {
  if (HasLeaf(units_[0])) {
    return DataLoss("normalization map: the root of the trie stands for the empty string");
  }
  // A unit with label c can only be reached through the base (its position xor c), so children are
  // found by grouping units by base: linear where trying every byte at every node would not be.
  constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();
  const size_t count = units_.size();
  std::vector<uint32_t> first_child(count, kNone);
  std::vector<uint32_t> next_sibling(count, kNone);
  for (size_t position = 0; position < count; ++position) {
    const uint32_t label = Label(units_[position]);
    const size_t base = position ^ label;
    if (label != 0 && label <= 0xFF && base < count) {
      next_sibling[position] = first_child[base];
      first_child[base] = static_cast<uint32_t>(position);
    }
  }
  std::vector<uint32_t> reachable = {0};
  while (!reachable.empty()) {
    const size_t position = reachable.back();
    reachable.pop_back();
    const uint32_t unit = units_[position];
    const size_t base = position ^ Offset(unit);
    if ((base | 0xFF) >= count) {
      return DataLoss(
          fmt::format("normalization map: the children of trie unit {} are at {}, outside the {} "
                      "units of the trie",
                      position, base, count));
    }
    if (HasLeaf(unit)) {
      EDGEBERT_RETURN_IF_ERROR(CheckLeaf(base));
    }
    for (uint32_t child = first_child[base]; child != kNone; child = next_sibling[child]) {
      reachable.push_back(child);
    }
    first_child[base] = kNone;  // Each unit is visited once, even where the trie has a cycle.
  }
  return OkStatus();
}

Status NormalizationMap::CheckLeaf(size_t base) const {
  const uint32_t leaf = units_[base];
  const uint32_t offset = Value(leaf);
  if ((leaf & kLeafFlag) == 0 || offset >= replacements_.size() ||
      (static_cast<uint8_t>(replacements_[offset]) & 0xC0) == 0x80) {
    return DataLoss(
        fmt::format("normalization map: trie unit {} holds {:#x}, expected the flag of a leaf and "
                    "the offset of a character in {} bytes of replacements",
                    base, leaf, replacements_.size()));
  }
  return OkStatus();
}

std::optional<std::string_view> NormalizationMap::Replacement(std::string_view chunk) const {
  size_t position = Offset(units_[0]);
  for (const char c : chunk) {
    const auto label = static_cast<uint8_t>(c);
    if (label == 0) {  // Keys end at NUL, so none holds it.
      return std::nullopt;
    }
    position ^= label;
    if (position >= units_.size() || Label(units_[position]) != label) {
      return std::nullopt;
    }
    const uint32_t unit = units_[position];
    position ^= Offset(unit);
    if (HasLeaf(unit) && position < units_.size()) {
      const size_t offset = Value(units_[position]);
      const size_t end = replacements_.find('\0', offset);
      return std::string_view(replacements_).substr(offset, end - offset);
    }
  }
  return std::nullopt;
}

void NormalizationMap::AppendGrapheme(std::string_view grapheme, std::string& text) const {
  if (grapheme.size() < 6) {
    if (const auto replacement = Replacement(grapheme)) {
      text += *replacement;
      return;
    }
  }
  for (size_t position = 0; position < grapheme.size();) {
    const size_t begin = position;
    DecodeUtf8(grapheme, position);
    const std::string_view character = grapheme.substr(begin, position - begin);
    text += Replacement(character).value_or(character);
  }
}

std::string NormalizationMap::Apply(std::string_view text) const {
  if (units_.empty() || text.empty()) {
    return std::string(text);
  }
  std::string result;
  result.reserve(text.size());
  size_t begin = 0;
  size_t position = 0;
  int32_t state = 0;
  char32_t left = DecodeUtf8(text, position);
  while (position < text.size()) {
    const size_t boundary = position;
    const char32_t right = DecodeUtf8(text, position);
    if (IsGraphemeBoundary(left, right, state)) {
      AppendGrapheme(text.substr(begin, boundary - begin), result);
      begin = boundary;
    }
    left = right;
  }
  AppendGrapheme(text.substr(begin), result);
  return result;
}

}  // namespace edgebert
