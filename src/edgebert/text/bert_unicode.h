#ifndef EDGEBERT_TEXT_BERT_UNICODE_H_
#define EDGEBERT_TEXT_BERT_UNICODE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Properties of code points as Hugging Face's `tokenizers` sees them. Its category tables date
/// from Unicode 8 and its case mappings from Unicode 17, so no single version of Unicode gives the
/// same answers; tools/make_bert_unicode_tables.py derives the tables from the package itself.
namespace edgebert::bert_unicode {

/// Dropped when text is cleaned: U+0000, U+FFFD, control, format and private-use characters.
bool IsRemoved(char32_t code_point);

/// Becomes a space when text is cleaned: tab, line feed, carriage return and separators.
bool IsWhitespace(char32_t code_point);

/// A CJK ideograph, which BERT makes a word of its own.
bool IsChinese(char32_t code_point);

/// Dropped as an accent: general category Mn.
bool IsNonspacingMark(char32_t code_point);

/// A word of its own: ASCII punctuation or a general category P*.
bool IsPunctuation(char32_t code_point);

/// Canonical combining class, 0 for characters that are never reordered.
uint8_t CombiningClass(char32_t code_point);

/// Appends the full canonical decomposition, not reordered.
void AppendDecomposition(char32_t code_point, std::vector<char32_t>& output);

/// Appends the lower-case form, which is two code points for U+0130 and one for all others.
void AppendLowerCase(char32_t code_point, std::vector<char32_t>& output);

/// The code point that starts at `offset`, which moves behind it. `text` is well-formed UTF-8.
char32_t DecodeUtf8(std::string_view text, size_t& offset);

/// Appends the UTF-8 form of a code point.
void AppendUtf8(char32_t code_point, std::string& text);

}  // namespace edgebert::bert_unicode

#endif  // EDGEBERT_TEXT_BERT_UNICODE_H_
