#ifndef EDGEBERT_TEXT_VOCABULARY_H_
#define EDGEBERT_TEXT_VOCABULARY_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "edgebert/base/status.h"
#include "edgebert/text/tokenizer.h"

namespace edgebert {

/// Casing of a vocab.txt, which does not say it itself (tokenizer_config.json does).
struct WordPieceOptions {
  bool lower_case = true;
  bool strip_accents = true;  ///< Follows `lower_case` where the configuration does not say.
  bool split_chinese_characters = true;
};

/// BERT's vocab.txt: one piece a line, the line number is the id.
Result<TokenizerData> ParseVocabTxt(std::string_view text, const WordPieceOptions& options);

/// Hugging Face's tokenizer.json with a WordPiece or a Unigram model of BERT's or ALBERT's
/// pipeline; any other normalizer, pre-tokenizer or post-processor is refused by name.
Result<TokenizerData> ParseTokenizerJson(std::string_view json);

/// What ALBERT's users have made of the same spiece.model; their ids differ.
enum class SentencePieceReading : uint8_t {
  /// ALBERT's own code, the tokenizer.json files published with ALBERT, and transformers up to 4:
  /// a comma parts from the digit before it (pieces such as "9," lose 100 of their score), and
  /// user-defined pieces such as "." are pieces like any other (they become PieceType::kNormal).
  kPublished,
  /// transformers 5, where it has a spiece.model and no tokenizer.json: scores as they are, and
  /// user-defined pieces are cut out of the text first, so that a word starts behind each of them.
  kTransformers5,
};

/// SentencePiece's spiece.model with a unigram model, read by this library's own bounded reader.
/// `lower_case` and `strip_accents` are ALBERT's steps before SentencePiece's own normalization.
/// The pieces <pad>, <unk>, [CLS], [SEP] and [MASK] must be there; a piece may hold NUL. Settings
/// other than ALBERT's (BPE, byte fallback, no ▁ before the first word, …) are refused by name.
Result<TokenizerData> ParseSentencePieceModel(
    std::span<const uint8_t> bytes, bool lower_case, bool strip_accents,
    SentencePieceReading reading = SentencePieceReading::kPublished);

}  // namespace edgebert

#endif  // EDGEBERT_TEXT_VOCABULARY_H_
