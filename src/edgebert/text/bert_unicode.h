#ifndef EDGEBERT_TEXT_BERT_UNICODE_H_
#define EDGEBERT_TEXT_BERT_UNICODE_H_

#include <cstdint>
#include <vector>

/// Properties of code points as Hugging Face's `tokenizers` sees them. Its category tables date
/// from Unicode 8 (and its case mappings, text/unicode.h, from Unicode 17), so no single version of
/// Unicode gives the same answers; tools/make_bert_unicode_tables.py derives the tables from the
/// package itself.
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

}  // namespace edgebert::bert_unicode

#endif  // EDGEBERT_TEXT_BERT_UNICODE_H_
