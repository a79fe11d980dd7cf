#include "edgebert/text/albert_normalizer.h"

#include <span>

#include "edgebert/text/albert_unicode.h"

namespace edgebert {
namespace {

bool IsDoubledQuote(std::string_view text, size_t position) {
  const char c = text[position];
  return (c == '`' || c == '\'') && position + 1 < text.size() && text[position + 1] == c;
}

}  // namespace

std::string AlbertNormalizer::Apply(std::string_view text) const {
  std::string folded;
  folded.reserve(text.size());
  for (size_t position = 0; position < text.size();) {
    if (IsDoubledQuote(text, position)) {
      folded.push_back('"');
      position += 2;
      continue;
    }
    const int32_t code_point = NextCodePoint(text, position);
    if (!strip_accents_) {
      AppendCharacter(code_point, folded);
      continue;
    }
    int32_t decomposition[kMaxDecomposition];
    const size_t length = DecomposeCompatible(code_point, decomposition);
    // NFKD also sorts marks by class, which shows nothing here: all of them go.
    for (const int32_t part : std::span(decomposition).first(length)) {
      if (!IsMark(part)) {
        AppendCharacter(part, folded);
      }
    }
  }
  return map_.Apply(folded);
}

void AlbertNormalizer::AppendCharacter(int32_t code_point, std::string& text) const {
  if (lower_case_) {
    AppendLowerCase(code_point, text);
  } else {
    AppendCodePoint(code_point, text);
  }
}

}  // namespace edgebert
