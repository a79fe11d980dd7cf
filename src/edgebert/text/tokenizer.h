#ifndef EDGEBERT_TEXT_TOKENIZER_H_
#define EDGEBERT_TEXT_TOKENIZER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"

namespace edgebert {

enum class TokenizerKind : uint8_t {
  kWordPiece = 0,  ///< BERT: greedy longest match within words.
  kUnigram = 1,    ///< ALBERT: SentencePiece's most probable segmentation.
};

/// What SentencePiece says of a piece; the values are those of its model file. Ids do not depend on
/// it: as in ALBERT's published tokenizers, a control or user-defined piece is one like any other.
enum class PieceType : uint8_t {
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,
  kUserDefined = 4,
  kUnused = 5,
  kByte = 6,  ///< Refused: byte fallback is not supported.
};

/// Everything that defines a tokenizer, as read from a vocabulary and as stored in a model file.
struct TokenizerData {
  TokenizerKind kind = TokenizerKind::kWordPiece;
  bool lower_case = true;
  bool strip_accents = true;
  bool split_chinese_characters = true;  ///< WordPiece only.
  int32_t max_word_characters = 100;     ///< WordPiece only: longer words become the unknown token.
  std::string continuation_prefix = "##";  ///< WordPiece only.
  std::vector<std::string> pieces;         ///< UTF-8 text of id 0, 1, …
  std::vector<float> scores;               ///< Unigram only: log probability of each piece.
  std::vector<PieceType> types;            ///< Unigram only.
  std::string normalization_map;           ///< Unigram only: SentencePiece's precompiled map.
  int32_t pad_id = 0;
  int32_t unknown_id = 0;
  int32_t cls_id = 0;
  int32_t sep_id = 0;
  int32_t mask_id = 0;

  bool operator==(const TokenizerData&) const = default;
};

/// Limits on what a vocabulary may hold; a file that exceeds one is refused.
inline constexpr size_t kMaxPieces = 1u << 20;
inline constexpr size_t kMaxPieceBytes = 512;
inline constexpr size_t kMaxNormalizationMapBytes = 8u << 20;

/// Checks all that a tokenizer relies on: counts, ids, UTF-8, uniqueness, finiteness, the map.
Status ValidateTokenizerData(const TokenizerData& data);

/// The tokens of a text or a pair, special tokens included.
struct Encoding {
  std::vector<int32_t> ids;
  std::vector<int32_t> segment_ids;  ///< 0 for `[CLS] a [SEP]`, 1 for `b [SEP]`.
  bool truncated = false;            ///< Tokens were left out to keep to the maximum.
};

/// Splits text into the ids of a vocabulary, equal to those of Hugging Face's fast tokenizers.
/// Immutable after construction and safe to share between threads.
class Tokenizer {
 public:
  static Result<std::unique_ptr<const Tokenizer>> Create(TokenizerData data);

  virtual ~Tokenizer() = default;
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  const TokenizerData& data() const { return data_; }

  /// `[CLS] text [SEP]` or `[CLS] text [SEP] pair [SEP]`, at most `max_tokens` long (at least 3 for
  /// a text, 4 for a pair): the longer of the two loses tokens from its end first.
  /// Special tokens that the text spells out, e.g. "[MASK]", are found before any normalization;
  /// what lies between them is tokenized as texts of their own. Text that is not UTF-8 is an error
  /// that names the byte. NUL is a character like any other: WordPiece drops it as it does other
  /// control characters, Unigram knows no piece for it unless the vocabulary has one. Text without
  /// any token gives only special tokens.
  Result<Encoding> Encode(std::string_view text, std::optional<std::string_view> pair,
                          size_t max_tokens) const;

  /// The piece of `id`, or the unknown piece when `id` is out of range.
  const std::string& Piece(int32_t id) const;

 protected:
  explicit Tokenizer(TokenizerData data) : data_(std::move(data)) {}

  /// Appends the ids of `text`, which is valid UTF-8 and spells out no special token. May stop as
  /// soon as it has appended `max_ids` ids or more, since nothing beyond them can be kept.
  virtual void AppendIds(std::string_view text, size_t max_ids,
                         std::vector<int32_t>& ids) const = 0;

 private:
  /// The ids of `text` with the special tokens that it spells out; complete when fewer than
  /// `max_ids`, otherwise at least the first `max_ids` of them.
  std::vector<int32_t> TextIds(std::string_view text, size_t max_ids) const;

  TokenizerData data_;
};

}  // namespace edgebert

#endif  // EDGEBERT_TEXT_TOKENIZER_H_
