#ifndef EDGEBERT_DATA_OVERLAP_H_
#define EDGEBERT_DATA_OVERLAP_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/data/labelled_text.h"

namespace edgebert {

/// The ASCII letters and digits of `text`, lower-cased: copies of a text that differ in spaces,
/// punctuation or encoding have it in common. A text without any stands as it is.
std::string NormalizedText(std::string_view text);

/// Removes the examples whose text, or whose pair of texts in either order, occurs in `others`
/// once normalized; returns how many.
size_t DropShared(std::span<const LabelledText> others, std::vector<LabelledText>& examples);

/// Removes all but the first of examples whose texts are the same once normalized; returns how
/// many.
size_t DropRepeated(std::vector<LabelledText>& examples);

}  // namespace edgebert

#endif  // EDGEBERT_DATA_OVERLAP_H_
