#ifndef EDGEBERT_TEXT_VOCABULARY_H_
#define EDGEBERT_TEXT_VOCABULARY_H_

#include <cstdint>
#include <span>
#include <string>
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

/// The tokenizer.json of `data`, which ParseTokenizerJson() reads back as the same tokenizer but
/// for the types of Unigram pieces that are no special tokens. Errors: what that format has no
/// place for, such as a padding token of another name than its own.
Result<std::string> WriteTokenizerJson(const TokenizerData& data);

/// SentencePiece's spiece.model with a unigram model, read as in ALBERT's published tokenizers: a
/// comma parts from the digit before it, so that pieces such as "9," lose 100 of their score.
/// `lower_case` and `strip_accents` are ALBERT's steps before SentencePiece's own normalization.
/// The pieces <pad>, <unk>, [CLS], [SEP] and [MASK] must be there; a piece may hold NUL. Settings
/// other than ALBERT's (BPE, byte fallback, no ▁ before the first word, …) are refused by name.
Result<TokenizerData> ParseSentencePieceModel(std::span<const uint8_t> bytes, bool lower_case,
                                              bool strip_accents);

}  // namespace edgebert

#endif  // EDGEBERT_TEXT_VOCABULARY_H_
