#include "edgebert/text/unigram.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "edgebert/text/albert_unicode.h"
#include "edgebert/text/unicode.h"

namespace edgebert {
namespace {

constexpr std::string_view kWordStart = "\xE2\x96\x81";  // ▁, U+2581
constexpr double kUnknownPenalty = 10.0;

}  // namespace

UnigramModel::UnigramModel(AlbertNormalizer normalizer, PieceTrie pieces, const TokenizerData& data)
    : normalizer_(std::move(normalizer)),
      pieces_(std::move(pieces)),
      scores_(data.scores.begin(), data.scores.end()),
      unknown_score_(*std::min_element(scores_.begin(), scores_.end()) - kUnknownPenalty),
      unknown_id_(data.unknown_id) {}

Result<UnigramModel> UnigramModel::Create(const TokenizerData& data) {
  EDGEBERT_ASSIGN_OR_RETURN(NormalizationMap map, NormalizationMap::Parse(data.normalization_map));
  std::vector<PieceTrie::Entry> entries;
  entries.reserve(data.pieces.size());
  for (size_t i = 0; i < data.pieces.size(); ++i) {
    entries.push_back({data.pieces[i], static_cast<int32_t>(i)});
  }
  EDGEBERT_ASSIGN_OR_RETURN(PieceTrie pieces, PieceTrie::Build(std::move(entries)));
  return UnigramModel(AlbertNormalizer(data.lower_case, data.strip_accents, std::move(map)),
                      std::move(pieces), data);
}

void UnigramModel::AppendIds(std::string_view text, size_t max_ids,
                             std::vector<int32_t>& ids) const {
  const size_t before = ids.size();
  const std::string normalized = normalizer_.Apply(text);
  size_t word = 0;
  for (size_t position = 0; position < normalized.size() && ids.size() - before < max_ids;) {
    const size_t begin = position;
    const bool is_space = IsWhiteSpace(DecodeUtf8(normalized, position));
    const size_t end = is_space ? begin : position;
    if (is_space || position == normalized.size()) {
      AppendWordIds(std::string_view(normalized).substr(word, end - word), ids);
      word = position;
    }
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
    DecodeUtf8(segment, next);
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
  EDGEBERT_ASSIGN_OR_RETURN(UnigramModel model, UnigramModel::Create(data));
  return std::unique_ptr<const Tokenizer>(
      std::make_unique<UnigramTokenizer>(std::move(data), std::move(model)));
}

}  // namespace edgebert
