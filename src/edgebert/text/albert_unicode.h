#ifndef EDGEBERT_TEXT_ALBERT_UNICODE_H_
#define EDGEBERT_TEXT_ALBERT_UNICODE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Properties of code points as Hugging Face's `tokenizers` (0.23) has them. They come from
/// utf8proc, whose Unicode version (15.0) is another: `tokenizers` decomposes by Unicode 9 and
/// lowers and segments by Unicode 17. tools/compare_unicode.py lists the differences over all code
/// points; the tables in the source settle them.
namespace edgebert {

/// Longest compatibility decomposition of one code point (U+FDFA) with room to spare.
inline constexpr size_t kMaxDecomposition = 32;

/// Reads the code point at `position` of valid UTF-8 and moves `position` behind it.
int32_t NextCodePoint(std::string_view text, size_t& position);

void AppendCodePoint(int32_t code_point, std::string& text);

/// Writes the full compatibility decomposition (NFKD) of `code_point` and returns its length.
size_t DecomposeCompatible(int32_t code_point, int32_t (&decomposition)[kMaxDecomposition]);

/// Whether the general category is Mn, Mc or Me.
bool IsMark(int32_t code_point);

/// Appends the lower case of `code_point`, which is one code point for all but U+0130.
void AppendLowerCase(int32_t code_point, std::string& text);

/// Whether the code point has the property White_Space.
bool IsWhiteSpace(int32_t code_point);

/// Whether a grapheme ends between two neighbours. `state` is 0 at the start of a text and carries
/// what lies further left.
bool IsGraphemeBoundary(int32_t left, int32_t right, int32_t& state);

}  // namespace edgebert

#endif  // EDGEBERT_TEXT_ALBERT_UNICODE_H_
