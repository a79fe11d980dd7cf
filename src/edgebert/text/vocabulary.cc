#include "edgebert/text/vocabulary.h"

#include <fmt/format.h>

#include <string>
#include <unordered_map>
#include <utility>

#include "edgebert/base/text.h"

namespace edgebert {
namespace {

/// Cuts the first line, without its "\n" or "\r\n", off `text`.
std::string_view TakeLine(std::string_view& text) {
  const size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  return line;
}

}  // namespace

Result<TokenizerData> ParseVocabTxt(std::string_view text, const WordPieceOptions& options) {
  TokenizerData data;
  data.kind = TokenizerKind::kWordPiece;
  data.lower_case = options.lower_case;
  data.strip_accents = options.strip_accents;
  data.split_chinese_characters = options.split_chinese_characters;

  std::unordered_map<std::string_view, size_t> lines;
  while (!text.empty()) {
    const std::string_view line = TakeLine(text);
    const size_t number = data.pieces.size() + 1;
    if (number > kMaxPieces) {
      return DataLoss(fmt::format("the vocabulary has more than {} lines", kMaxPieces));
    }
    if (line.empty()) {
      return DataLoss(fmt::format(
          "line {} of the vocabulary is empty, expected a piece: an id would have no text",
          number));
    }
    if (line.size() > kMaxPieceBytes) {
      return DataLoss(fmt::format("line {} of the vocabulary has {} bytes, expected at most {}",
                                  number, line.size(), kMaxPieceBytes));
    }
    if (const auto offset = FindInvalidUtf8(line)) {
      return DataLoss(
          fmt::format("line {} of the vocabulary is not UTF-8 at its byte {}", number, *offset));
    }
    if (const auto [known, inserted] = lines.emplace(line, number); !inserted) {
      return DataLoss(fmt::format("line {} of the vocabulary repeats '{}' of line {}", number, line,
                                  known->second));
    }
    data.pieces.emplace_back(line);
  }

  const std::pair<const char*, int32_t*> special[] = {{"[PAD]", &data.pad_id},
                                                      {"[UNK]", &data.unknown_id},
                                                      {"[CLS]", &data.cls_id},
                                                      {"[SEP]", &data.sep_id},
                                                      {"[MASK]", &data.mask_id}};
  for (const auto& [token, id] : special) {
    const auto found = lines.find(token);
    if (found == lines.end()) {
      return DataLoss(fmt::format(
          "the vocabulary has no line '{}', expected BERT's vocab.txt with one piece a line",
          token));
    }
    *id = static_cast<int32_t>(found->second - 1);
  }
  return data;
}

}  // namespace edgebert
