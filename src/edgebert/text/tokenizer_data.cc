#include <fmt/format.h>

#include <cmath>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "edgebert/base/text.h"
#include "edgebert/text/normalization_map.h"
#include "edgebert/text/tokenizer.h"

namespace edgebert {
namespace {

Status ValidatePieces(const TokenizerData& data) {
  if (data.pieces.empty() || data.pieces.size() > kMaxPieces) {
    return DataLoss(fmt::format("the vocabulary has {} pieces, expected 1 to {}",
                                data.pieces.size(), kMaxPieces));
  }
  std::unordered_set<std::string_view> seen;
  seen.reserve(data.pieces.size());
  for (size_t i = 0; i < data.pieces.size(); ++i) {
    const std::string& piece = data.pieces[i];
    if (piece.empty() || piece.size() > kMaxPieceBytes) {
      return DataLoss(
          fmt::format("piece {} has {} bytes, expected 1 to {}", i, piece.size(), kMaxPieceBytes));
    }
    if (const auto offset = FindInvalidUtf8(piece)) {
      return DataLoss(fmt::format("piece {} is not UTF-8 at its byte {}", i, *offset));
    }
    if (!seen.insert(piece).second) {
      return DataLoss(fmt::format("piece {} ('{}') occurs twice in the vocabulary", i, piece));
    }
  }
  return OkStatus();
}

Status ValidateSpecialIds(const TokenizerData& data) {
  const std::pair<const char*, int32_t> special[] = {{"padding", data.pad_id},
                                                     {"unknown", data.unknown_id},
                                                     {"classification", data.cls_id},
                                                     {"separator", data.sep_id},
                                                     {"mask", data.mask_id}};
  for (const auto& [name, id] : special) {
    if (id < 0 || static_cast<size_t>(id) >= data.pieces.size()) {
      return DataLoss(fmt::format("the id of the {} token is {}, expected 0 to {}", name, id,
                                  data.pieces.size() - 1));
    }
  }
  return OkStatus();
}

Status ValidateWordPiece(const TokenizerData& data) {
  if (data.max_word_characters < 1) {
    return DataLoss(fmt::format("the longest word has {} characters, expected at least 1",
                                data.max_word_characters));
  }
  if (data.continuation_prefix.size() > kMaxPieceBytes ||
      FindInvalidUtf8(data.continuation_prefix)) {
    return DataLoss(
        fmt::format("the continuation prefix is not UTF-8 of at most {} bytes", kMaxPieceBytes));
  }
  if (!data.scores.empty() || !data.types.empty() || !data.normalization_map.empty()) {
    return DataLoss(
        "a WordPiece vocabulary has scores, types or a normalization map, which only a unigram "
        "one has");
  }
  return OkStatus();
}

Status ValidateUnigram(const TokenizerData& data) {
  if (data.scores.size() != data.pieces.size() || data.types.size() != data.pieces.size()) {
    return DataLoss(fmt::format("{} pieces have {} scores and {} types, expected one of each",
                                data.pieces.size(), data.scores.size(), data.types.size()));
  }
  for (size_t i = 0; i < data.pieces.size(); ++i) {
    if (!std::isfinite(data.scores[i])) {
      return DataLoss(fmt::format("the score of piece {} ('{}') is not finite", i, data.pieces[i]));
    }
    if (data.types[i] == PieceType::kByte) {
      return Unsupported(
          fmt::format("piece {} ('{}') is of the type byte: byte fallback is not supported", i,
                      data.pieces[i]));
    }
    if (data.types[i] < PieceType::kNormal || data.types[i] > PieceType::kByte) {
      return DataLoss(fmt::format("the type of piece {} ('{}') is {}, expected 1 to 6", i,
                                  data.pieces[i], static_cast<int>(data.types[i])));
    }
  }
  if (data.normalization_map.size() > kMaxNormalizationMapBytes) {
    return DataLoss(fmt::format("the normalization map has {} bytes, expected at most {}",
                                data.normalization_map.size(), kMaxNormalizationMapBytes));
  }
  return NormalizationMap::Parse(data.normalization_map).status();
}

}  // namespace

Status ValidateTokenizerData(const TokenizerData& data) {
  EDGEBERT_RETURN_IF_ERROR(ValidatePieces(data));
  EDGEBERT_RETURN_IF_ERROR(ValidateSpecialIds(data));
  switch (data.kind) {
    case TokenizerKind::kWordPiece:
      return ValidateWordPiece(data);
    case TokenizerKind::kUnigram:
      return ValidateUnigram(data);
  }
  return DataLoss(fmt::format("the tokenizer is of kind {}, expected 0 (WordPiece) or 1 (unigram)",
                              static_cast<int>(data.kind)));
}

}  // namespace edgebert
