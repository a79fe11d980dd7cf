#ifndef EDGEBERT_DATA_LABELLED_TEXT_H_
#define EDGEBERT_DATA_LABELLED_TEXT_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace edgebert {

/// The label of a text that has none.
inline constexpr int kUnlabelled = -1;

/// A text, possibly a second one, and the index of its label.
struct LabelledText {
  std::string text;
  std::optional<std::string> pair;
  int label = 0;

  bool operator==(const LabelledText&) const = default;
};

/// Tells examples from others: of their texts and labels, in order; the same on every machine.
uint64_t FingerprintOf(std::span<const LabelledText> examples);

}  // namespace edgebert

#endif  // EDGEBERT_DATA_LABELLED_TEXT_H_
