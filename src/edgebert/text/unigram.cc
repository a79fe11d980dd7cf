#include "edgebert/text/unigram.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "edgebert/base/text.h"
#include "edgebert/text/albert_unicode.h"

namespace edgebert {
namespace {

constexpr std::string_view kWordStart = "\xE2\x96\x81";  // ▁, U+2581
constexpr double kUnknownPenalty = 10.0;

Status CheckPiece(const TokenizerData& data, size_t id) {
  const std::string& piece = data.pieces[id];
  if (piece.size() > kMaxPieceBytes) {
    return DataLoss(fmt::format("piece {} has {} bytes, expected at most {}", id, piece.size(),
                                kMaxPieceBytes));
  }
  if (FindInvalidUtf8(piece)) {
    return DataLoss(fmt::format("piece {} is not UTF-8", id));
  }
  if (!std::isfinite(data.scores[id])) {
    return DataLoss(fmt::format("the score of piece {} ('{}') is {}, expected a finite number", id,
                                piece, data.scores[id]));
  }
  if (data.types[id] == PieceType::kByte) {
    return Unsupported(fmt::format(
        "piece {} ('{}') is of the type byte: byte fallback is not supported", id, piece));
  }
  return OkStatus();
}

Status CheckData(const TokenizerData& data) {
  if (data.kind != TokenizerKind::kUnigram) {
    return InvalidArgument("the tokenizer data are not of the kind unigram");
  }
  const size_t count = data.pieces.size();
  if (count == 0 || count > kMaxPieces) {
    return DataLoss(fmt::format("{} pieces, expected 1 to {}", count, kMaxPieces));
  }
  if (data.scores.size() != count || data.types.size() != count) {
    return DataLoss(fmt::format("{} pieces with {} scores and {} types, expected as many", count,
                                data.scores.size(), data.types.size()));
  }
  for (const auto& [name, id] :
       {std::pair("<pad>", data.pad_id), std::pair("<unk>", data.unknown_id),
        std::pair("[CLS]", data.cls_id), std::pair("[SEP]", data.sep_id),
        std::pair("[MASK]", data.mask_id)}) {
    if (id < 0 || static_cast<size_t>(id) >= count) {
      return DataLoss(
          fmt::format("the id of {} is {}, expected one of the {} pieces", name, id, count));
    }
  }
  for (size_t id = 0; id < count; ++id) {
    EDGEBERT_RETURN_IF_ERROR(CheckPiece(data, id));
  }
  return OkStatus();
}

bool IsSpecial(const TokenizerData& data, int32_t id) {
  const PieceType type = data.types[static_cast<size_t>(id)];
  return type == PieceType::kControl || type == PieceType::kUserDefined || id == data.pad_id ||
         id == data.unknown_id || id == data.cls_id || id == data.sep_id || id == data.mask_id;
}

}  // namespace

UnigramModel::UnigramModel(AlbertNormalizer normalizer, PieceTrie pieces, PieceTrie special_pieces,
                           const TokenizerData& data)
    : normalizer_(std::move(normalizer)),
      pieces_(std::move(pieces)),
      special_pieces_(std::move(special_pieces)),
      scores_(data.scores.begin(), data.scores.end()),
      unknown_score_(*std::min_element(scores_.begin(), scores_.end()) - kUnknownPenalty),
      unknown_id_(data.unknown_id) {}

Result<UnigramModel> UnigramModel::Create(const TokenizerData& data) {
  EDGEBERT_RETURN_IF_ERROR(CheckData(data));
  EDGEBERT_ASSIGN_OR_RETURN(NormalizationMap map, NormalizationMap::Parse(data.normalization_map));
  std::vector<PieceTrie::Entry> entries;
  std::vector<PieceTrie::Entry> special_entries;
  entries.reserve(data.pieces.size());
  for (size_t i = 0; i < data.pieces.size(); ++i) {
    const auto id = static_cast<int32_t>(i);
    entries.push_back({data.pieces[i], id});
    if (IsSpecial(data, id)) {
      special_entries.push_back({data.pieces[i], id});
    }
  }
  EDGEBERT_ASSIGN_OR_RETURN(PieceTrie pieces, PieceTrie::Build(std::move(entries)));
  EDGEBERT_ASSIGN_OR_RETURN(PieceTrie special_pieces, PieceTrie::Build(std::move(special_entries)));
  return UnigramModel(AlbertNormalizer(data.lower_case, data.strip_accents, std::move(map)),
                      std::move(pieces), std::move(special_pieces), data);
}

void UnigramModel::AppendIds(std::string_view text, size_t max_ids,
                             std::vector<int32_t>& ids) const {
  const size_t max_size =
      ids.size() + std::min(max_ids, std::numeric_limits<size_t>::max() - ids.size());
  size_t section = 0;
  for (size_t position = 0; position < text.size() && ids.size() < max_size;) {
    size_t special_length = 0;
    int32_t special_id = 0;
    special_pieces_.ForEachPrefix(text.substr(position), [&](size_t length, int32_t id) {
      special_length = length;
      special_id = id;
    });
    if (special_length == 0) {
      ++position;
      continue;
    }
    AppendSectionIds(text.substr(section, position - section), max_size, ids);
    ids.push_back(special_id);
    position += special_length;
    section = position;
  }
  AppendSectionIds(text.substr(section), max_size, ids);
  ids.resize(std::min(ids.size(), max_size));
}

void UnigramModel::AppendSectionIds(std::string_view section, size_t max_size,
                                    std::vector<int32_t>& ids) const {
  if (ids.size() >= max_size) {
    return;
  }
  const std::string text = normalizer_.Apply(section);
  size_t word = 0;
  for (size_t position = 0; position < text.size() && ids.size() < max_size;) {
    const size_t begin = position;
    if (IsWhiteSpace(NextCodePoint(text, position))) {
      AppendWordIds(std::string_view(text).substr(word, begin - word), ids);
      word = position;
    }
  }
  if (ids.size() < max_size) {
    AppendWordIds(std::string_view(text).substr(word), ids);
  }
}

void UnigramModel::AppendWordIds(std::string_view word, std::vector<int32_t>& ids) const {
  if (word.empty()) {
    return;
  }
  std::string text;
  if (!word.starts_with(kWordStart)) {
    text = kWordStart;
  }
  text += word;
  for (size_t begin = 0; begin < text.size();) {  // A ▁ that the map left starts a word, too.
    const size_t end = std::min(text.find(kWordStart, begin + 1), text.size());
    AppendSegmentIds(std::string_view(text).substr(begin, end - begin), ids);
    begin = end;
  }
}

void UnigramModel::AppendSegmentIds(std::string_view segment, std::vector<int32_t>& ids) const {
  constexpr size_t kNowhere = std::numeric_limits<size_t>::max();
  struct BestPath {  // The best way to the end of a prefix of the segment, by its last piece.
    double score = 0.0;
    size_t begin = kNowhere;
    int32_t id = 0;
  };
  std::vector<BestPath> best(segment.size() + 1);
  const auto offer = [&](size_t begin, size_t end, double score, int32_t id) {
    if (best[end].begin == kNowhere || score > best[end].score) {
      best[end] = {score, begin, id};
    }
  };
  for (size_t begin = 0; begin < segment.size();) {
    const double score = best[begin].score;
    size_t next = begin;
    NextCodePoint(segment, next);
    bool has_character = false;
    pieces_.ForEachPrefix(segment.substr(begin), [&](size_t length, int32_t id) {
      offer(begin, begin + length, score + scores_[static_cast<size_t>(id)], id);
      has_character = has_character || begin + length == next;
    });
    if (!has_character) {
      offer(begin, next, score + unknown_score_, unknown_id_);
    }
    begin = next;
  }
  const size_t first = ids.size();
  for (size_t end = segment.size(); end > 0;) {
    size_t begin = best[end].begin;
    int32_t id = best[end].id;
    if (id == unknown_id_) {
      while (begin > 0 && best[begin].id == unknown_id_) {
        begin = best[begin].begin;
      }
      // Joined, unknown characters can spell a piece that lost to them one by one.
      id = pieces_.Find(segment.substr(begin, end - begin)).value_or(unknown_id_);
    }
    ids.push_back(id);
    end = begin;
  }
  std::reverse(ids.begin() + static_cast<std::ptrdiff_t>(first), ids.end());
}

namespace {

class UnigramTokenizer final : public Tokenizer {
 public:
  UnigramTokenizer(TokenizerData data, UnigramModel model)
      : Tokenizer(std::move(data)), model_(std::move(model)) {}

 protected:
  void AppendIds(std::string_view text, size_t max_ids, std::vector<int32_t>& ids) const override {
    model_.AppendIds(text, max_ids, ids);
  }

 private:
  UnigramModel model_;
};

}  // namespace

Result<std::unique_ptr<const Tokenizer>> CreateUnigramTokenizer(TokenizerData data) {
  Result<UnigramModel> model = UnigramModel::Create(data);
  if (!model.ok()) {
    return model.status().WithContext("tokenizer");
  }
  std::unique_ptr<const Tokenizer> tokenizer =
      std::make_unique<UnigramTokenizer>(std::move(data), std::move(model).value());
  return tokenizer;
}

}  // namespace edgebert
