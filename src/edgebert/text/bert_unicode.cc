#include "edgebert/text/bert_unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "edgebert/text/bert_unicode_tables.h"

namespace edgebert::bert_unicode {
namespace {

/// Code points whose lower-case form lies `distance` away.
struct CaseRange {
  char32_t first;
  char32_t last;
  int32_t distance;
};

// Capitals that Unicode 16 and 17 added: Rust maps them, utf8proc 2.8 (Unicode 15) does not.
constexpr CaseRange kNewCapitals[] = {
    {0x1C89, 0x1C89, 1},      {0xA7CB, 0xA7CB, 0x264 - 0xA7CB},
    {0xA7CC, 0xA7CC, 1},      {0xA7CE, 0xA7CE, 1},
    {0xA7D2, 0xA7D2, 1},      {0xA7D4, 0xA7D4, 1},
    {0xA7DA, 0xA7DA, 1},      {0xA7DC, 0xA7DC, 0x19B - 0xA7DC},
    {0x10D50, 0x10D65, 0x20}, {0x16EA0, 0x16EB8, 0x1B},
};

// The one decomposition of utf8proc 2.8 that is newer than the package's table.
constexpr char32_t kNotDecomposed = 0x11938;

template <typename Range>
const Range* FindRange(std::span<const Range> ranges, char32_t code_point) {
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), code_point,
                                      [](char32_t c, const Range& r) { return c < r.first; });
  if (after == ranges.begin()) {
    return nullptr;
  }
  const Range& range = *(after - 1);
  return code_point <= range.last ? &range : nullptr;
}

}  // namespace

bool IsRemoved(char32_t code_point) { return FindRange(kRemoved, code_point) != nullptr; }

bool IsWhitespace(char32_t code_point) {
  switch (code_point) {
    case '\t':
    case '\n':
    case '\r':
    case ' ':
    case 0x00A0:
    case 0x1680:
    case 0x2028:
    case 0x2029:
    case 0x202F:
    case 0x205F:
    case 0x3000:
      return true;
    default:
      return code_point >= 0x2000 && code_point <= 0x200A;
  }
}

bool IsChinese(char32_t code_point) {
  static constexpr CodePointRange kRanges[] = {
      {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xF900, 0xFAFF},   {0x20000, 0x2A6DF},
      {0x2A700, 0x2B73F}, {0x2B740, 0x2B81F}, {0x2B920, 0x2CEAF}, {0x2F800, 0x2FA1F}};
  return FindRange(std::span<const CodePointRange>(kRanges), code_point) != nullptr;
}

bool IsNonspacingMark(char32_t code_point) {
  return FindRange(kNonspacingMark, code_point) != nullptr;
}

bool IsPunctuation(char32_t code_point) { return FindRange(kPunctuation, code_point) != nullptr; }

uint8_t CombiningClass(char32_t code_point) {
  if (IsNonspacingMark(code_point)) {
    return static_cast<uint8_t>(
        utf8proc_get_property(static_cast<utf8proc_int32_t>(code_point))->combining_class);
  }
  const CombiningRange* range = FindRange(kReordered, code_point);
  return range == nullptr ? uint8_t{0} : range->combining_class;
}

void AppendDecomposition(char32_t code_point, std::vector<char32_t>& output) {
  // The longest canonical decomposition has four code points.
  std::array<utf8proc_int32_t, 8> parts;
  int last_boundary_class = 0;
  const utf8proc_ssize_t count =
      code_point == kNotDecomposed
          ? 0
          : utf8proc_decompose_char(static_cast<utf8proc_int32_t>(code_point), parts.data(),
                                    static_cast<utf8proc_ssize_t>(parts.size()), UTF8PROC_DECOMPOSE,
                                    &last_boundary_class);
  if (count <= 0 || count > static_cast<utf8proc_ssize_t>(parts.size())) {
    output.push_back(code_point);
    return;
  }
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    output.push_back(static_cast<char32_t>(parts[i]));
  }
}

void AppendLowerCase(char32_t code_point, std::vector<char32_t>& output) {
  if (code_point == 0x130) {
    output.push_back('i');
    output.push_back(0x307);
    return;
  }
  if (const CaseRange* range = FindRange(std::span<const CaseRange>(kNewCapitals), code_point)) {
    output.push_back(static_cast<char32_t>(static_cast<int32_t>(code_point) + range->distance));
    return;
  }
  output.push_back(
      static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(code_point))));
}

char32_t DecodeUtf8(std::string_view text, size_t& offset) {
  const auto byte = [&](size_t i) {
    return static_cast<char32_t>(static_cast<unsigned char>(text[i]));
  };
  const char32_t first = byte(offset);
  if (first < 0x80) {
    ++offset;
    return first;
  }
  const size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  char32_t code_point = first & (0x7Fu >> length);
  for (size_t i = offset + 1; i < offset + length; ++i) {
    code_point = (code_point << 6) | (byte(i) & 0x3Fu);
  }
  offset += length;
  return code_point;
}

void AppendUtf8(char32_t code_point, std::string& text) {
  if (code_point < 0x80) {
    text.push_back(static_cast<char>(code_point));
    return;
  }
  std::array<utf8proc_uint8_t, 4> bytes;
  const utf8proc_ssize_t length =
      utf8proc_encode_char(static_cast<utf8proc_int32_t>(code_point), bytes.data());
  text.append(reinterpret_cast<const char*>(bytes.data()), static_cast<size_t>(length));
}

}  // namespace edgebert::bert_unicode
