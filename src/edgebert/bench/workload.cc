#include "edgebert/bench/workload.h"

#include <algorithm>
#include <charconv>
#include <random>
#include <utility>

#include "edgebert/pipeline/classifier.h"
#include "edgebert/text/encode_text.h"

namespace edgebert {
namespace {

constexpr uint64_t kSeed = 20111;

bool IsOrdinary(const TokenizerData& tokenizer, int32_t id) {
  return id != tokenizer.pad_id && id != tokenizer.unknown_id && id != tokenizer.cls_id &&
         id != tokenizer.sep_id && id != tokenizer.mask_id;
}

}  // namespace

double Workload::mean_tokens() const {
  size_t tokens = 0;
  for (const BenchSentence& sentence : sentences) {
    tokens += sentence.ids.size();
  }
  return static_cast<double>(tokens) / static_cast<double>(std::max<size_t>(sentences.size(), 1));
}

Result<std::vector<BenchSentence>> TokenizeExamples(const Tokenizer& tokenizer,
                                                    std::span<const LabelledText> examples,
                                                    size_t max_tokens, size_t max_sentences) {
  const size_t count = std::min(examples.size(), max_sentences);
  std::vector<BenchSentence> sentences;
  for (size_t i = 0; i < count; ++i) {
    const LabelledText& example = examples[i * examples.size() / count];
    EDGEBERT_ASSIGN_OR_RETURN(Encoding encoding,
                              EncodeText(tokenizer, example.text, example.pair, max_tokens));
    sentences.push_back(
        {example.text, example.pair, std::move(encoding.ids), std::move(encoding.segment_ids),
         example.label == kUnlabelled ? std::nullopt : std::optional(example.label)});
  }
  return sentences;
}

std::vector<BenchSentence> GeneratedSentences(const TokenizerData& tokenizer, int tokens,
                                              size_t count) {
  std::mt19937_64 random(kSeed + static_cast<uint64_t>(tokens));
  std::vector<BenchSentence> sentences(count);
  for (BenchSentence& sentence : sentences) {
    sentence.ids.push_back(tokenizer.cls_id);
    while (sentence.ids.size() + 1 < static_cast<size_t>(tokens)) {
      const auto id = static_cast<int32_t>(random() % tokenizer.pieces.size());
      if (IsOrdinary(tokenizer, id)) {
        sentence.ids.push_back(id);
      }
    }
    sentence.ids.push_back(tokenizer.sep_id);
    sentence.segment_ids.assign(sentence.ids.size(), 0);
  }
  return sentences;
}

std::optional<int> NumberAfter(std::string_view prefix, std::string_view name) {
  if (!name.starts_with(prefix)) {
    return std::nullopt;
  }
  name.remove_prefix(prefix.size());
  int number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() && number > 0
             ? std::optional(number)
             : std::nullopt;
}

std::vector<BenchSentence> SortedForBatches(std::vector<BenchSentence> sentences, size_t batch) {
  if (sentences.size() > batch) {
    sentences.resize(sentences.size() / batch * batch);
  }
  std::stable_sort(sentences.begin(), sentences.end(),
                   [](const BenchSentence& left, const BenchSentence& right) {
                     return left.ids.size() < right.ids.size();
                   });
  return sentences;
}

}  // namespace edgebert
