#include "edgebert/text/bert_unicode.h"

#include <utf8proc.h>

#include <array>
#include <cstddef>

#include "edgebert/text/bert_unicode_tables.h"
#include "edgebert/text/unicode.h"

namespace edgebert::bert_unicode {
namespace {

// The one decomposition of utf8proc 2.8 that is newer than the package's table.
constexpr char32_t kNotDecomposed = 0x11938;

}  // namespace

// Most text is ASCII, which the functions below answer without a search.

bool IsRemoved(char32_t code_point) {
  if (code_point >= ' ' && code_point < 0x7F) {
    return false;
  }
  return FindRange(kRemoved, code_point) != nullptr;
}

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
  if (code_point < 0x3400) {
    return false;
  }
  static constexpr CodePointRange kRanges[] = {
      {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xF900, 0xFAFF},   {0x20000, 0x2A6DF},
      {0x2A700, 0x2B73F}, {0x2B740, 0x2B81F}, {0x2B920, 0x2CEAF}, {0x2F800, 0x2FA1F}};
  return FindRange(kRanges, code_point) != nullptr;
}

bool IsNonspacingMark(char32_t code_point) {
  return FindRange(kNonspacingMark, code_point) != nullptr;
}

bool IsPunctuation(char32_t code_point) {
  if (code_point < 0x80) {
    return (code_point >= 0x21 && code_point <= 0x2F) ||
           (code_point >= 0x3A && code_point <= 0x40) ||
           (code_point >= 0x5B && code_point <= 0x60) || (code_point >= 0x7B && code_point <= 0x7E);
  }
  return FindRange(kPunctuation, code_point) != nullptr;
}

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

}  // namespace edgebert::bert_unicode
