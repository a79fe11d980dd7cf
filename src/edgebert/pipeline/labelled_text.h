#ifndef EDGEBERT_PIPELINE_LABELLED_TEXT_H_
#define EDGEBERT_PIPELINE_LABELLED_TEXT_H_

#include <optional>
#include <string>

namespace edgebert {

/// A text, possibly a second one, and the index of its label.
struct LabelledText {
  std::string text;
  std::optional<std::string> pair;
  int label = 0;

  bool operator==(const LabelledText&) const = default;
};

}  // namespace edgebert

#endif  // EDGEBERT_PIPELINE_LABELLED_TEXT_H_
