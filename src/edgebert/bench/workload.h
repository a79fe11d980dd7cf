#ifndef EDGEBERT_BENCH_WORKLOAD_H_
#define EDGEBERT_BENCH_WORKLOAD_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/data/labelled_text.h"
#include "edgebert/model/config.h"
#include "edgebert/text/tokenizer.h"

namespace edgebert {

/// A sentence of a workload, as every runtime gets it.
struct BenchSentence {
  std::string text;  ///< Empty where the tokens were generated.
  std::optional<std::string> pair;
  std::vector<int32_t> ids;
  std::vector<int32_t> segment_ids;
  std::optional<int> label;
};

struct Workload {
  std::string name;
  std::vector<BenchSentence> sentences;
  size_t batch = 1;  ///< Sentences that are classified at once.

  double mean_tokens() const;
};

/// Tokenizes labelled texts, at most `max_sentences` of them spread evenly over all.
Result<std::vector<BenchSentence>> TokenizeExamples(const Tokenizer& tokenizer,
                                                    std::span<const LabelledText> examples,
                                                    size_t max_tokens, size_t max_sentences);

/// `count` sentences of exactly `tokens` tokens: [CLS], random ordinary pieces, [SEP]. The same
/// arguments give the same ones.
std::vector<BenchSentence> GeneratedSentences(const TokenizerData& tokenizer, int tokens,
                                              size_t count);

/// The number in "tokens-128" or "batch-64"; nothing where `name` is not `prefix` and a number.
std::optional<int> NumberAfter(std::string_view prefix, std::string_view name);

/// Sorts by length and cuts into batches of `batch`, so that padding is least; the last sentences
/// that fill no batch are left out unless there are fewer than one batch.
std::vector<BenchSentence> SortedForBatches(std::vector<BenchSentence> sentences, size_t batch);

}  // namespace edgebert

#endif  // EDGEBERT_BENCH_WORKLOAD_H_
