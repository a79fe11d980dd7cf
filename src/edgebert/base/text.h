#ifndef EDGEBERT_BASE_TEXT_H_
#define EDGEBERT_BASE_TEXT_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"

namespace edgebert {

/// The byte offset of the first place where `text` is not well-formed UTF-8 (RFC 3629: no
/// surrogates, no overlong forms, nothing above U+10FFFF), or nothing when all of it is.
std::optional<size_t> FindInvalidUtf8(std::string_view text);

/// Refuses JSON with a NUL byte, which no JSON has: a parser that takes it for the end of its input
/// would pass over what follows.
Status CheckJsonHasNoNul(std::string_view json);

/// The candidate with the smallest edit distance to `word`, or nothing when none is near enough to
/// be a likely misspelling (more than a third of the letters differ).
std::optional<std::string> NearestName(std::string_view word,
                                       std::span<const std::string> candidates);

/// ", did you mean 'x'?" when `candidates` hold a near name, otherwise "".
std::string DidYouMean(std::string_view word, std::span<const std::string> candidates);

/// Parses a finite decimal number that fills all of `text`; "nan", "inf" and empty text are errors.
Result<double> ParseFiniteNumber(std::string_view text);

/// `text` as it stands in HTML and XML, between tags or in a quoted attribute; control characters
/// become blanks.
std::string EscapeMarkup(std::string_view text);

/// `text` as a field of CSV (RFC 4180): quoted where it has to be.
std::string CsvField(std::string_view text);

}  // namespace edgebert

#endif  // EDGEBERT_BASE_TEXT_H_
