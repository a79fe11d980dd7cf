#include "edgebert/text/unicode.h"

#include <utf8proc.h>

#include <array>
#include <cstdint>

namespace edgebert {
namespace {

/// Capitals whose small letters lie `distance` away.
struct CaseRange {
  char32_t first;
  char32_t last;
  int32_t distance;
};

// Capitals that Unicode 16 and 17 added: utf8proc 2.8 (Unicode 15) does not know them.
constexpr CaseRange kNewCapitals[] = {
    {0x1C89, 0x1C89, 1},      {0xA7CB, 0xA7CB, 0x264 - 0xA7CB},
    {0xA7CC, 0xA7CC, 1},      {0xA7CE, 0xA7CE, 1},
    {0xA7D2, 0xA7D2, 1},      {0xA7D4, 0xA7D4, 1},
    {0xA7DA, 0xA7DA, 1},      {0xA7DC, 0xA7DC, 0x19B - 0xA7DC},
    {0x10D50, 0x10D65, 0x20}, {0x16EA0, 0x16EB8, 0x1B},
};

constexpr char32_t kCapitalIWithDot = 0x130;
constexpr char32_t kCombiningDotAbove = 0x307;
constexpr char32_t kReplacement = 0xFFFD;

}  // namespace

char32_t DecodeUtf8(std::string_view text, size_t& position) {
  const auto first = static_cast<uint8_t>(text[position]);
  if (first < 0x80) {
    ++position;
    return first;
  }
  utf8proc_int32_t code_point = 0;
  const utf8proc_ssize_t size =
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data() + position),
                       static_cast<utf8proc_ssize_t>(text.size() - position), &code_point);
  if (size <= 0) {
    ++position;
    return kReplacement;
  }
  position += static_cast<size_t>(size);
  return static_cast<char32_t>(code_point);
}

void AppendUtf8(char32_t code_point, std::string& text) {
  if (code_point < 0x80) {
    text.push_back(static_cast<char>(code_point));
    return;
  }
  std::array<utf8proc_uint8_t, 4> bytes;
  const utf8proc_ssize_t size =
      utf8proc_encode_char(static_cast<utf8proc_int32_t>(code_point), bytes.data());
  text.append(reinterpret_cast<const char*>(bytes.data()), static_cast<size_t>(size));
}

LowerCase ToLowerCase(char32_t code_point) {
  if (code_point < 0x80) {
    return {code_point >= 'A' && code_point <= 'Z' ? code_point + ('a' - 'A') : code_point};
  }
  if (code_point == kCapitalIWithDot) {
    return {'i', kCombiningDotAbove};
  }
  if (const CaseRange* range = FindRange(kNewCapitals, code_point)) {
    return {static_cast<char32_t>(static_cast<int32_t>(code_point) + range->distance)};
  }
  return {static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(code_point)))};
}

}  // namespace edgebert
