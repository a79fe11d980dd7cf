#ifndef EDGEBERT_TEXT_BERT_WORDS_H_
#define EDGEBERT_TEXT_BERT_WORDS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace edgebert {

/// BERT's choices of how text is normalized before it is cut into words.
struct BertWordOptions {
  bool lower_case = true;
  bool strip_accents = true;
  bool split_chinese_characters = true;
};

/// Reads text word by word as BERT's normalizer and pre-tokenizer see it: control characters are
/// dropped, CJK ideographs and punctuation are words of their own, accents are stripped through
/// the canonical decomposition, and letters become lower case. Reads no further than it must.
class BertWordReader {
 public:
  /// `text` is well-formed UTF-8 and outlives the reader.
  BertWordReader(std::string_view text, const BertWordOptions& options)
      : text_(text), options_(options) {}

  /// Replaces `word` by the next word; false at the end of the text.
  bool Next(std::string& word);

  /// Code points in the word that Next() returned last.
  size_t characters() const { return characters_; }

 private:
  bool ReadNormalized(char32_t& code_point);
  void Refill();
  void Normalize(char32_t code_point);
  void FlushMarks();
  void Emit(char32_t code_point);

  std::string_view text_;
  BertWordOptions options_;
  size_t offset_ = 0;                 ///< Of the first byte not yet read.
  std::vector<char32_t> normalized_;  ///< Normalized, from `next_` on not yet used.
  size_t next_ = 0;
  std::vector<std::pair<uint8_t, char32_t>> marks_;  ///< Kept marks still to be put in order.
  std::vector<char32_t> decomposition_;              ///< Scratch space of Normalize().
  size_t characters_ = 0;
};

}  // namespace edgebert

#endif  // EDGEBERT_TEXT_BERT_WORDS_H_
