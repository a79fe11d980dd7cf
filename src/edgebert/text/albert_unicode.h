#ifndef EDGEBERT_TEXT_ALBERT_UNICODE_H_
#define EDGEBERT_TEXT_ALBERT_UNICODE_H_

#include <cstddef>
#include <cstdint>

/// Properties of code points as Hugging Face's `tokenizers` (0.23) has them. They come from
/// utf8proc, whose Unicode version (15.0) is another: `tokenizers` decomposes by Unicode 9 and
/// lowers and segments by Unicode 17. tools/compare_unicode.py lists the differences over all code
/// points; the tables in the source settle them.
namespace edgebert {

/// Longest compatibility decomposition of one code point (U+FDFA) with room to spare.
inline constexpr size_t kMaxDecomposition = 32;

/// Writes the full compatibility decomposition (NFKD) of `code_point` and returns its length.
size_t DecomposeCompatible(char32_t code_point, char32_t (&decomposition)[kMaxDecomposition]);

/// Whether the general category is Mn, Mc or Me.
bool IsMark(char32_t code_point);

/// Whether the code point has the property White_Space.
bool IsWhiteSpace(char32_t code_point);

/// Whether a grapheme ends between two neighbours. `state` is 0 at the start of a text and carries
/// what lies further left.
bool IsGraphemeBoundary(char32_t left, char32_t right, int32_t& state);

}  // namespace edgebert

#endif  // EDGEBERT_TEXT_ALBERT_UNICODE_H_
