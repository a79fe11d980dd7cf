#include "edgebert/text/albert_normalizer.h"

#include <span>

#include "edgebert/text/albert_unicode.h"
#include "edgebert/text/unicode.h"

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
    const char32_t code_point = DecodeUtf8(text, position);
    if (!strip_accents_) {
      AppendCharacter(code_point, folded);
      continue;
    }
    char32_t decomposition[kMaxDecomposition];
    const size_t length = DecomposeCompatible(code_point, decomposition);
    // NFKD also sorts marks by class, which shows nothing here: all of them go.
    for (const char32_t part : std::span(decomposition).first(length)) {
      if (!IsMark(part)) {
        AppendCharacter(part, folded);
      }
    }
  }
  return map_.Apply(folded);
}

void AlbertNormalizer::AppendCharacter(char32_t code_point, std::string& text) const {
  const LowerCase written = lower_case_ ? ToLowerCase(code_point) : LowerCase{code_point};
  AppendUtf8(written.first, text);
  if (written.second != 0) {
    AppendUtf8(written.second, text);
  }
}

}  // namespace edgebert
