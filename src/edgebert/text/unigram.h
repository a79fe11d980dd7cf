#ifndef EDGEBERT_TEXT_UNIGRAM_H_
#define EDGEBERT_TEXT_UNIGRAM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/text/albert_normalizer.h"
#include "edgebert/text/piece_trie.h"
#include "edgebert/text/tokenizer.h"

namespace edgebert {

/// ALBERT's way from text without special tokens to ids, equal to Hugging Face's fast tokenizer for
/// ALBERT:
///
///  1. AlbertNormalizer normalizes, white space splits into words, ▁ is put before each word.
///  2. Each word becomes the sequence of pieces with the largest sum of scores; of equal sums the
///     one whose last piece starts first. A character without a piece costs ten below the worst
///     score; neighbouring ones become one unknown piece. The types of pieces do not matter.
class UnigramModel {
 public:
  /// `data` is of kind kUnigram and has passed ValidateTokenizerData().
  static Result<UnigramModel> Create(const TokenizerData& data);

  /// Appends the ids of `text`, which is valid UTF-8; stops before a word once it has appended
  /// `max_ids` or more. Takes time linear in the length of the text times that of the longest
  /// piece.
  void AppendIds(std::string_view text, size_t max_ids, std::vector<int32_t>& ids) const;

  /// Appends the ids of one word, normalized and with ▁ in its place: step 2 alone.
  void AppendSegmentIds(std::string_view segment, std::vector<int32_t>& ids) const;

 private:
  UnigramModel(AlbertNormalizer normalizer, PieceTrie pieces, const TokenizerData& data);

  void AppendWordIds(std::string_view word, std::vector<int32_t>& ids) const;

  AlbertNormalizer normalizer_;
  PieceTrie pieces_;
  std::vector<double> scores_;
  double unknown_score_;
  int32_t unknown_id_;
};

/// ALBERT's tokenizer. `data` is of kind kUnigram and has passed ValidateTokenizerData().
Result<std::unique_ptr<const Tokenizer>> CreateUnigramTokenizer(TokenizerData data);

}  // namespace edgebert

#endif  // EDGEBERT_TEXT_UNIGRAM_H_
