#include "edgebert/text/albert_unicode.h"

#include <utf8proc.h>

#include <algorithm>

#include "edgebert/text/unicode.h"

namespace edgebert {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Decompositions that utf8proc knows and `tokenizers`, with Unicode 9, does not.
constexpr Range kNotDecomposed[] = {
    {0x32FF, 0x32FF},   {0xA7F2, 0xA7F4},   {0xAB69, 0xAB69},   {0x10781, 0x10785},
    {0x10787, 0x107B0}, {0x107B2, 0x107BA}, {0x11938, 0x11938}, {0x1E030, 0x1E06D},
    {0x1F16C, 0x1F16C}, {0x1FBF0, 0x1FBF9},
};

// Marks since Unicode 10, which `tokenizers` leaves in the text.
constexpr Range kNotMarks[] = {
    {0x07FD, 0x07FD},   {0x0898, 0x089F},   {0x08CA, 0x08D3},   {0x09FE, 0x09FE},
    {0x0AFA, 0x0AFF},   {0x0B55, 0x0B55},   {0x0C04, 0x0C04},   {0x0C3C, 0x0C3C},
    {0x0CF3, 0x0CF3},   {0x0D00, 0x0D00},   {0x0D3B, 0x0D3C},   {0x0D81, 0x0D81},
    {0x0EBA, 0x0EBA},   {0x0ECE, 0x0ECE},   {0x1715, 0x1715},   {0x180F, 0x180F},
    {0x1ABF, 0x1ACE},   {0x1CF7, 0x1CF7},   {0x1DF6, 0x1DFA},   {0xA82C, 0xA82C},
    {0xA8FF, 0xA8FF},   {0x10D24, 0x10D27}, {0x10EAB, 0x10EAC}, {0x10EFD, 0x10EFF},
    {0x10F46, 0x10F50}, {0x10F82, 0x10F85}, {0x11070, 0x11070}, {0x11073, 0x11074},
    {0x110C2, 0x110C2}, {0x11145, 0x11146}, {0x111C9, 0x111C9}, {0x111CE, 0x111CF},
    {0x11241, 0x11241}, {0x1133B, 0x1133B}, {0x1145E, 0x1145E}, {0x1182C, 0x1183A},
    {0x11930, 0x11935}, {0x11937, 0x11938}, {0x1193B, 0x1193E}, {0x11940, 0x11940},
    {0x11942, 0x11943}, {0x119D1, 0x119D7}, {0x119DA, 0x119E0}, {0x119E4, 0x119E4},
    {0x11A01, 0x11A0A}, {0x11A33, 0x11A39}, {0x11A3B, 0x11A3E}, {0x11A47, 0x11A47},
    {0x11A51, 0x11A5B}, {0x11A8A, 0x11A99}, {0x11D31, 0x11D36}, {0x11D3A, 0x11D3A},
    {0x11D3C, 0x11D3D}, {0x11D3F, 0x11D45}, {0x11D47, 0x11D47}, {0x11D8A, 0x11D8E},
    {0x11D90, 0x11D91}, {0x11D93, 0x11D97}, {0x11EF3, 0x11EF6}, {0x11F00, 0x11F01},
    {0x11F03, 0x11F03}, {0x11F34, 0x11F3A}, {0x11F3E, 0x11F42}, {0x13440, 0x13440},
    {0x13447, 0x13455}, {0x16F4F, 0x16F4F}, {0x16F7F, 0x16F87}, {0x16FE4, 0x16FE4},
    {0x16FF0, 0x16FF1}, {0x1CF00, 0x1CF2D}, {0x1CF30, 0x1CF46}, {0x1E08F, 0x1E08F},
    {0x1E130, 0x1E136}, {0x1E2AE, 0x1E2AE}, {0x1E2EC, 0x1E2EF}, {0x1E4EC, 0x1E4EF},
};

// Marks up to Unicode 11, letters since.
constexpr Range kFormerMarks = {0x1CF2, 0x1CF3};

// Code points that segment otherwise in Unicode 17, and one that utf8proc segments like that.
struct StandIn {
  char32_t first;
  char32_t last;
  char32_t stand_in;
};
constexpr char32_t kExtend = 0x300;
constexpr char32_t kControl = 0x200B;
constexpr char32_t kPrepend = 0x600;
constexpr char32_t kOther = 'a';
constexpr StandIn kStandIns[] = {
    {0x0897, 0x0897, kExtend},    {0x1ACF, 0x1ADD, kExtend},   {0x1AE0, 0x1AEB, kExtend},
    {0x2065, 0x2065, kControl},   {0xFFF0, 0xFFF8, kControl},  {0x10D69, 0x10D6D, kExtend},
    {0x10EFA, 0x10EFC, kExtend},  {0x113B8, 0x113C0, kExtend}, {0x113C2, 0x113C2, kExtend},
    {0x113C5, 0x113C5, kExtend},  {0x113C7, 0x113CA, kExtend}, {0x113CC, 0x113D0, kExtend},
    {0x113D1, 0x113D1, kPrepend}, {0x113D2, 0x113D2, kExtend}, {0x113E1, 0x113E2, kExtend},
    {0x11A3A, 0x11A3A, kOther},   {0x11B60, 0x11B67, kExtend}, {0x11F5A, 0x11F5A, kExtend},
    {0x1611E, 0x1612F, kExtend},  {0x1E5EE, 0x1E5EF, kExtend}, {0x1E6E3, 0x1E6E3, kExtend},
    {0x1E6E6, 0x1E6E6, kExtend},  {0x1E6EE, 0x1E6EF, kExtend}, {0x1E6F5, 0x1E6F5, kExtend},
};

char32_t Segmented(char32_t code_point) {
  const StandIn* found = FindRange(kStandIns, code_point);
  return found == nullptr ? code_point : found->stand_in;
}

}  // namespace

size_t DecomposeCompatible(char32_t code_point, char32_t (&decomposition)[kMaxDecomposition]) {
  decomposition[0] = code_point;
  if (code_point < 0xA0 || FindRange(kNotDecomposed, code_point) != nullptr) {
    return 1;
  }
  utf8proc_int32_t parts[kMaxDecomposition];
  int last_boundclass = 0;
  const utf8proc_ssize_t length = utf8proc_decompose_char(
      static_cast<utf8proc_int32_t>(code_point), parts, kMaxDecomposition,
      static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT), &last_boundclass);
  std::copy_n(parts, length, decomposition);
  return static_cast<size_t>(length);
}

bool IsMark(char32_t code_point) {
  if (code_point < 0x300) {
    return false;
  }
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(code_point))) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
      return FindRange(kNotMarks, code_point) == nullptr;
    default:
      return code_point >= kFormerMarks.first && code_point <= kFormerMarks.last;
  }
}

bool IsWhiteSpace(char32_t code_point) {
  return (code_point >= 0x9 && code_point <= 0xD) || code_point == 0x20 || code_point == 0x85 ||
         code_point == 0xA0 || code_point == 0x1680 ||
         (code_point >= 0x2000 && code_point <= 0x200A) || code_point == 0x2028 ||
         code_point == 0x2029 || code_point == 0x202F || code_point == 0x205F ||
         code_point == 0x3000;
}

bool IsGraphemeBoundary(char32_t left, char32_t right, int32_t& state) {
  if (left < 0x80 &&
      right < 0x80) {  // Most text; nothing left of ASCII matters to what follows it.
    state = 0;
    return left != '\r' || right != '\n';
  }
  return utf8proc_grapheme_break_stateful(static_cast<utf8proc_int32_t>(Segmented(left)),
                                          static_cast<utf8proc_int32_t>(Segmented(right)), &state);
}

}  // namespace edgebert
