#ifndef EDGEBERT_TEXT_UNICODE_H_
#define EDGEBERT_TEXT_UNICODE_H_

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

/// What both tokenizers need of Unicode.
namespace edgebert {

/// The code point that starts at `position`, which moves behind it. A byte that begins no
/// well-formed UTF-8 counts as U+FFFD.
char32_t DecodeUtf8(std::string_view text, size_t& position);

/// Appends the UTF-8 form of a code point.
void AppendUtf8(char32_t code_point, std::string& text);

/// The lower case of a code point.
struct LowerCase {
  char32_t first;
  char32_t second = 0;  ///< U+0307 for U+0130, which has two; else 0.
};

/// Lower case by Unicode 17, as in Hugging Face's `tokenizers` (0.23).
LowerCase ToLowerCase(char32_t code_point);

/// The range that holds `code_point`, or null. `ranges` have `first` and `last`, both included, and
/// ascend without overlap.
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

template <typename Range, size_t kCount>
const Range* FindRange(const Range (&ranges)[kCount], char32_t code_point) {
  return FindRange(std::span<const Range>(ranges), code_point);
}

}  // namespace edgebert

#endif  // EDGEBERT_TEXT_UNICODE_H_
