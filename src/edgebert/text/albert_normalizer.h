#ifndef EDGEBERT_TEXT_ALBERT_NORMALIZER_H_
#define EDGEBERT_TEXT_ALBERT_NORMALIZER_H_

#include <string>
#include <string_view>
#include <utility>

#include "edgebert/text/normalization_map.h"

namespace edgebert {

/// ALBERT's normalization: `` and '' become ", accents go (compatibility decomposition without its
/// marks), capitals become small, and SentencePiece's own map comes last.
class AlbertNormalizer {
 public:
  AlbertNormalizer(bool lower_case, bool strip_accents, NormalizationMap map)
      : lower_case_(lower_case), strip_accents_(strip_accents), map_(std::move(map)) {}

  /// Normalizes valid UTF-8. Takes time linear in its length.
  std::string Apply(std::string_view text) const;

 private:
  void AppendCharacter(char32_t code_point, std::string& text) const;

  bool lower_case_;
  bool strip_accents_;
  NormalizationMap map_;
};

}  // namespace edgebert

#endif  // EDGEBERT_TEXT_ALBERT_NORMALIZER_H_
