#include "edgebert/text/wordpiece.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "edgebert/text/bert_words.h"

namespace edgebert {
namespace {

/// Pieces by text. Keys refer to the strings of TokenizerData.
class PieceMap {
 public:
  void Insert(std::string_view text, int32_t id) {
    ids_.emplace(text, id);
    longest_ = std::max(longest_, text.size());
  }

  /// Finds the longest piece that `text` starts with; its length is 0 when there is none. Pieces
  /// are well-formed UTF-8, so that none ends inside a character of `text`.
  std::pair<size_t, int32_t> LongestPrefix(std::string_view text) const {
    for (size_t length = std::min(longest_, text.size()); length > 0; --length) {
      if (const auto found = ids_.find(text.substr(0, length)); found != ids_.end()) {
        return {length, found->second};
      }
    }
    return {0, 0};
  }

 private:
  std::unordered_map<std::string_view, int32_t> ids_;
  size_t longest_ = 0;
};

class WordPieceTokenizer final : public Tokenizer {
 public:
  explicit WordPieceTokenizer(TokenizerData source) : Tokenizer(std::move(source)) {
    const std::string_view prefix = data().continuation_prefix;
    for (size_t i = 0; i < data().pieces.size(); ++i) {
      const std::string_view piece = data().pieces[i];
      const auto id = static_cast<int32_t>(i);
      first_.Insert(piece, id);
      if (piece.starts_with(prefix)) {
        continuation_.Insert(piece.substr(prefix.size()), id);
      }
    }
  }

 protected:
  void AppendIds(std::string_view text, size_t max_ids, std::vector<int32_t>& ids) const override {
    const size_t before = ids.size();
    BertWordReader reader(text, {.lower_case = data().lower_case,
                                 .strip_accents = data().strip_accents,
                                 .split_chinese_characters = data().split_chinese_characters});
    std::string word;
    while (ids.size() - before < max_ids && reader.Next(word)) {
      if (reader.characters() > static_cast<size_t>(data().max_word_characters)) {
        ids.push_back(data().unknown_id);
      } else {
        AppendWord(word, ids);
      }
    }
  }

 private:
  /// Cuts a word greedily into its longest pieces; one unknown token when some part has none.
  void AppendWord(std::string_view word, std::vector<int32_t>& ids) const {
    const size_t before = ids.size();
    const PieceMap* pieces = &first_;
    while (!word.empty()) {
      const auto [length, id] = pieces->LongestPrefix(word);
      if (length == 0) {
        ids.resize(before);
        ids.push_back(data().unknown_id);
        return;
      }
      ids.push_back(id);
      word.remove_prefix(length);
      pieces = &continuation_;
    }
  }

  PieceMap first_;         ///< Every piece as it stands.
  PieceMap continuation_;  ///< Pieces inside a word, without their prefix.
};

}  // namespace

Result<std::unique_ptr<const Tokenizer>> CreateWordPieceTokenizer(TokenizerData data) {
  return std::unique_ptr<const Tokenizer>(std::make_unique<WordPieceTokenizer>(std::move(data)));
}

}  // namespace edgebert
