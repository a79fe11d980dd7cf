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

/// ALBERT's way from text to ids, equal to Hugging Face's fast tokenizer for ALBERT:
///
///  1. Special pieces (<pad>, <unk>, [CLS], [SEP], [MASK], every control and every user-defined
///     piece) are cut out of the text as it came, the leftmost and there the longest first. What
///     lies between them is tokenized as texts of their own.
///  2. AlbertNormalizer normalizes, white space splits into words, ▁ is put before each word.
///  3. Each word becomes the sequence of pieces with the largest sum of scores; of equal sums the
///     one whose last piece starts first. A character without a piece costs ten below the worst
///     score; neighbouring ones become one unknown piece.
///
/// NUL and other control characters that the map leaves are characters like any other (unknown
/// ones); pieces may hold NUL.
class UnigramModel {
 public:
  /// Checks all of `data` that the class relies on: sizes, UTF-8, uniqueness, ids, scores, the map.
  static Result<UnigramModel> Create(const TokenizerData& data);

  /// Appends the ids of `text`, which is valid UTF-8, at most `max_ids`. Takes time linear in the
  /// length of the text times that of the longest piece.
  void AppendIds(std::string_view text, size_t max_ids, std::vector<int32_t>& ids) const;

  /// Appends the ids of one word, normalized and with ▁ in its place: step 3 alone.
  void AppendSegmentIds(std::string_view segment, std::vector<int32_t>& ids) const;

 private:
  UnigramModel(AlbertNormalizer normalizer, PieceTrie pieces, PieceTrie special_pieces,
               const TokenizerData& data);

  void AppendSectionIds(std::string_view section, size_t max_size, std::vector<int32_t>& ids) const;
  void AppendWordIds(std::string_view word, std::vector<int32_t>& ids) const;

  AlbertNormalizer normalizer_;
  PieceTrie pieces_;
  PieceTrie special_pieces_;
  std::vector<double> scores_;
  double unknown_score_;
  int32_t unknown_id_;
};

/// A tokenizer for `data` of the kind kUnigram.
Result<std::unique_ptr<const Tokenizer>> CreateUnigramTokenizer(TokenizerData data);

}  // namespace edgebert

#endif  // EDGEBERT_TEXT_UNIGRAM_H_
