#ifndef EDGEBERT_DATA_UNLABELLED_TEXT_H_
#define EDGEBERT_DATA_UNLABELLED_TEXT_H_

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/data/labelled_text.h"

namespace edgebert {

struct UnlabelledOptions {
  size_t sentences = 0;  ///< How many to choose.
  size_t min_words = 4;
  size_t max_words = 40;
};

/// Sentences of plain text: pieces of a line that end in '.', '!' or '?' and are followed by a
/// space or the line's end. HTML line breaks (`<br />`) end a sentence too.
std::vector<std::string_view> SplitSentences(std::string_view text);

/// `options.sentences` different sentences of a text file (UTF-8; also .gz and .xz), chosen by a
/// fixed hash, each labelled kUnlabelled. A file with fewer is kInvalidArgument.
Result<std::vector<LabelledText>> LoadUnlabelledSentences(const std::filesystem::path& path,
                                                          const UnlabelledOptions& options);

}  // namespace edgebert

#endif  // EDGEBERT_DATA_UNLABELLED_TEXT_H_
