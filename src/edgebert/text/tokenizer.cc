#include "edgebert/text/tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "edgebert/base/text.h"
#include "edgebert/text/truncation.h"
#include "edgebert/text/unigram.h"
#include "edgebert/text/wordpiece.h"

namespace edgebert {
namespace {

/// Finds the special tokens that a text spells out, e.g. "[SEP]". They count before any
/// normalization; where several start at one place, the longest does.
class SpecialTokenFinder {
 public:
  struct Match {
    size_t offset = std::string_view::npos;
    size_t length = 0;
    int32_t id = 0;
  };

  explicit SpecialTokenFinder(const TokenizerData& data)
      : ids_{data.pad_id, data.unknown_id, data.cls_id, data.sep_id, data.mask_id} {
    for (size_t i = 0; i < ids_.size(); ++i) {
      tokens_[i] = data.pieces[static_cast<size_t>(ids_[i])];
      starts_[static_cast<unsigned char>(tokens_[i].front())] = true;
    }
  }

  /// The first match at or after `offset`, or one with the offset npos.
  Match Find(std::string_view text, size_t offset) const {
    for (; offset < text.size(); ++offset) {
      if (!starts_[static_cast<unsigned char>(text[offset])]) {
        continue;
      }
      Match match;
      for (size_t i = 0; i < tokens_.size(); ++i) {
        if (tokens_[i].size() > match.length && text.substr(offset).starts_with(tokens_[i])) {
          match = {offset, tokens_[i].size(), ids_[i]};
        }
      }
      if (match.length > 0) {
        return match;
      }
    }
    return {};
  }

 private:
  static constexpr size_t kTokens = 5;
  std::array<int32_t, kTokens> ids_;
  std::array<std::string_view, kTokens> tokens_;
  std::array<bool, 256> starts_{};  ///< Bytes that a token starts with.
};

Status CheckUtf8(std::string_view text, const char* name) {
  if (const auto offset = FindInvalidUtf8(text)) {
    return InvalidArgument(fmt::format(
        "the {} is not UTF-8: byte {} (0x{:02X}) does not start a well-formed character", name,
        *offset, static_cast<unsigned char>(text[*offset])));
  }
  return OkStatus();
}

}  // namespace

Result<std::unique_ptr<const Tokenizer>> Tokenizer::Create(TokenizerData data) {
  EDGEBERT_RETURN_IF_ERROR(ValidateTokenizerData(data));
  if (data.kind == TokenizerKind::kUnigram) {
    return CreateUnigramTokenizer(std::move(data));
  }
  return CreateWordPieceTokenizer(std::move(data));
}

const std::string& Tokenizer::Piece(int32_t id) const {
  const bool known = id >= 0 && static_cast<size_t>(id) < data_.pieces.size();
  return data_.pieces[static_cast<size_t>(known ? id : data_.unknown_id)];
}

std::vector<int32_t> Tokenizer::TextIds(std::string_view text, size_t max_ids) const {
  const SpecialTokenFinder finder(data_);
  std::vector<int32_t> ids;
  size_t offset = 0;
  while (offset < text.size() && ids.size() < max_ids) {
    const auto match = finder.Find(text, offset);
    if (const auto plain = text.substr(offset, match.offset - offset); !plain.empty()) {
      AppendIds(plain, max_ids - ids.size(), ids);
    }
    if (match.length == 0) {
      break;
    }
    ids.push_back(match.id);
    offset = match.offset + match.length;
  }
  return ids;
}

Result<Encoding> Tokenizer::Encode(std::string_view text, std::optional<std::string_view> pair,
                                   size_t max_tokens) const {
  const size_t special_tokens = pair ? 3 : 2;
  if (max_tokens <= special_tokens) {
    return InvalidArgument(
        fmt::format("at most {} tokens were asked for, expected at least {} for {}", max_tokens,
                    special_tokens + 1, pair ? "a text and its pair" : "a text"));
  }
  EDGEBERT_RETURN_IF_ERROR(CheckUtf8(text, "text"));
  EDGEBERT_RETURN_IF_ERROR(CheckUtf8(pair.value_or(""), "pair"));

  const size_t room = max_tokens - special_tokens;
  // One token more than there is room for shows that something was left out.
  size_t limit = room + 1;
  std::vector<int32_t> first = TextIds(text, limit);
  std::vector<int32_t> second = TextIds(pair.value_or(""), limit);
  // Halves of an odd room depend on which of the two is longer, even if both are far too long.
  while (room % 2 == 1 && first.size() >= limit && second.size() >= limit) {
    limit *= 4;
    first = TextIds(text, limit);
    second = TextIds(*pair, limit);
  }
  const KeptTokens kept = pair ? TruncateLongestFirst(first.size(), second.size(), room)
                               : KeptTokens{std::min(first.size(), room), 0};

  Encoding encoding;
  encoding.truncated = kept.text < first.size() || kept.pair < second.size();
  const auto append = [&](std::vector<int32_t>& ids, size_t count, int32_t segment) {
    ids.resize(count);
    ids.push_back(data_.sep_id);
    encoding.ids.insert(encoding.ids.end(), ids.begin(), ids.end());
    encoding.segment_ids.resize(encoding.ids.size(), segment);
  };
  encoding.ids.push_back(data_.cls_id);
  append(first, kept.text, 0);
  if (pair) {
    append(second, kept.pair, 1);
  }
  return encoding;
}

}  // namespace edgebert
