#include "edgebert/data/held_out.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "edgebert/data/overlap.h"
#include "edgebert/model/checksum.h"
#include "edgebert/model/config.h"
#include "edgebert/text/encode_text.h"

namespace edgebert {
namespace {

uint64_t TextHash(std::string_view text) {
  return Checksum({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

uint64_t RowHash(const LabelledText& example) {
  return TextHash(example.pair ? example.text + '\0' + *example.pair : example.text);
}

/// The words of a row as numbers that stand for them.
using Words = std::vector<uint32_t>;

std::vector<Words> NumberWords(std::span<const LabelledText> examples) {
  std::unordered_map<std::string_view, uint32_t> numbers;
  std::vector<Words> rows;
  rows.reserve(examples.size());
  for (const LabelledText& example : examples) {
    Words& words = rows.emplace_back();
    std::string_view rest = example.text;
    while (true) {
      constexpr std::string_view kBlanks = " \t\r\n";
      rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
      if (rest.empty()) {
        break;
      }
      const std::string_view word = rest.substr(0, rest.find_first_of(kBlanks));
      words.push_back(numbers.emplace(word, numbers.size()).first->second);
      rest.remove_prefix(word.size());
    }
  }
  return rows;
}

/// The hash of a run of words, grown a word at a time. Two different runs with one hash would only
/// drop a row from training that could have stayed.
class RunHash {
 public:
  void Append(uint32_t word) {
    constexpr uint64_t kMultiplier = 0x9E3779B97F4A7C15;
    value_ = (value_ ^ (word + 1)) * kMultiplier;
    value_ ^= value_ >> 29;
  }
  uint64_t value() const { return value_; }

 private:
  uint64_t value_ = 0x243F6A8885A308D3;
};

uint64_t WholeHash(const Words& words) {
  RunHash hash;
  for (const uint32_t word : words) {
    hash.Append(word);
  }
  return hash.value();
}

/// Calls `visit` with the hash of every contiguous run of up to `longest` words, until it returns
/// false.
template <typename Visit>
void VisitRuns(const Words& words, size_t longest, const Visit& visit) {
  for (size_t begin = 0; begin < words.size(); ++begin) {
    RunHash hash;
    const size_t end = std::min(words.size(), begin + longest);
    for (size_t i = begin; i < end; ++i) {
      hash.Append(words[i]);
      if (!visit(hash.value())) {
        return;
      }
    }
  }
}

/// Rows by the longest row that contains each, longest rows in the order of their hashes.
std::vector<std::vector<size_t>> Families(std::span<const LabelledText> examples,
                                          const std::vector<Words>& rows) {
  // By descending length; the hash makes the families the same in whatever order the rows come.
  std::vector<std::pair<size_t, uint64_t>> order_keys;
  for (size_t row = 0; row < rows.size(); ++row) {
    order_keys.emplace_back(std::numeric_limits<size_t>::max() - rows[row].size(),
                            RowHash(examples[row]));
  }
  std::vector<size_t> by_length(rows.size());
  std::iota(by_length.begin(), by_length.end(), size_t{0});
  std::stable_sort(by_length.begin(), by_length.end(),
                   [&](size_t a, size_t b) { return order_keys[a] < order_keys[b]; });
  std::unordered_map<uint64_t, size_t> family_of_run;
  std::vector<std::vector<size_t>> families;
  for (const size_t row : by_length) {
    const auto found = family_of_run.find(WholeHash(rows[row]));
    if (found != family_of_run.end()) {
      families[found->second].push_back(row);
      continue;
    }
    VisitRuns(rows[row], rows[row].size(), [&](uint64_t run) {
      family_of_run.emplace(run, families.size());
      return true;
    });
    families.push_back({row});
  }
  std::stable_sort(families.begin(), families.end(), [&](const auto& a, const auto& b) {
    return order_keys[a.front()].second < order_keys[b.front()].second;
  });
  return families;
}

/// Rows that contain no row of `held_out`, and that none of them contains.
std::vector<size_t> UnrelatedRows(const std::vector<Words>& rows,
                                  const std::vector<size_t>& held_out) {
  std::unordered_set<uint64_t> whole;
  std::unordered_set<uint64_t> runs;
  size_t longest = 0;
  for (const size_t row : held_out) {
    whole.insert(WholeHash(rows[row]));
    longest = std::max(longest, rows[row].size());
    VisitRuns(rows[row], rows[row].size(), [&](uint64_t run) {
      runs.insert(run);
      return true;
    });
  }
  std::vector<size_t> unrelated;
  for (size_t row = 0; row < rows.size(); ++row) {
    bool is_related = runs.contains(WholeHash(rows[row]));
    if (!is_related) {
      VisitRuns(rows[row], longest, [&](uint64_t run) {
        is_related = whole.contains(run);
        return !is_related;
      });
    }
    if (!is_related) {
      unrelated.push_back(row);
    }
  }
  return unrelated;
}

/// The `count` rows with the least hashes; of equal rows the earlier ones.
std::vector<size_t> LeastHashes(std::span<const LabelledText> examples, std::vector<size_t> rows,
                                size_t count) {
  std::vector<std::pair<uint64_t, size_t>> keyed;
  for (const size_t row : rows) {
    keyed.emplace_back(RowHash(examples[row]), row);
  }
  std::sort(keyed.begin(), keyed.end());
  rows.clear();
  for (size_t i = 0; i < std::min(count, keyed.size()); ++i) {
    rows.push_back(keyed[i].second);
  }
  return rows;
}

}  // namespace

Result<HeldOut> HoldOutNested(std::span<const LabelledText> examples,
                              const std::function<Result<int>(const LabelledText&)>& count_tokens,
                              const NestedHoldOutOptions& options) {
  if (options.long_rows > options.rows) {
    return InvalidArgument(fmt::format("hold-out: {} long rows, expected at most all {}",
                                       options.long_rows, options.rows));
  }
  const std::vector<Words> rows = NumberWords(examples);
  const size_t other_rows = options.rows - options.long_rows;
  std::vector<size_t> long_pool;
  std::vector<size_t> other_pool;
  for (const std::vector<size_t>& family : Families(examples, rows)) {
    if (long_pool.size() >= options.long_rows && other_pool.size() >= other_rows) {
      break;
    }
    for (const size_t row : family) {
      if (rows[row].size() < static_cast<size_t>(std::max(options.min_words, 1))) {
        continue;
      }
      EDGEBERT_ASSIGN_OR_RETURN(const int tokens, count_tokens(examples[row]));
      (tokens >= options.long_tokens ? long_pool : other_pool).push_back(row);
    }
  }
  if (long_pool.size() < options.long_rows || other_pool.size() < other_rows) {
    return InvalidArgument(fmt::format(
        "hold-out: {} rows of at least {} tokens and {} shorter ones, expected {} and {} to hold "
        "out",
        long_pool.size(), options.long_tokens, other_pool.size(), options.long_rows, other_rows));
  }
  HeldOut split;
  split.held_out = LeastHashes(examples, std::move(long_pool), options.long_rows);
  for (const size_t row : LeastHashes(examples, std::move(other_pool), other_rows)) {
    split.held_out.push_back(row);
  }
  std::sort(split.held_out.begin(), split.held_out.end());
  split.training = UnrelatedRows(rows, split.held_out);
  if (split.training.empty()) {
    return InvalidArgument(
        "hold-out: every row is near to a held-out one, none is left to train on");
  }
  return split;
}

Result<HeldOut> HoldOutHashed(std::span<const LabelledText> examples, size_t rows) {
  std::vector<size_t> all(examples.size());
  std::iota(all.begin(), all.end(), size_t{0});
  HeldOut split;
  split.held_out = LeastHashes(examples, std::move(all), rows);
  std::sort(split.held_out.begin(), split.held_out.end());
  std::unordered_set<std::string> texts;
  for (const size_t row : split.held_out) {
    texts.insert(NormalizedText(examples[row].text));
    if (examples[row].pair) {
      texts.insert(NormalizedText(*examples[row].pair));
    }
  }
  for (size_t row = 0; row < examples.size(); ++row) {
    const LabelledText& example = examples[row];
    if (!texts.contains(NormalizedText(example.text)) &&
        (!example.pair || !texts.contains(NormalizedText(*example.pair)))) {
      split.training.push_back(row);
    }
  }
  if (split.training.empty()) {
    return InvalidArgument(
        fmt::format("hold-out: of {} examples none is left to train on beside {} held-out ones",
                    examples.size(), rows));
  }
  return split;
}

Result<HeldOut> HoldOut(std::span<const LabelledText> examples, const HoldOutOptions& options,
                        const Tokenizer& tokenizer) {
  if (!options.nested) {
    return HoldOutHashed(examples, options.rows);
  }
  const auto count_tokens = [&](const LabelledText& example) -> Result<int> {
    EDGEBERT_ASSIGN_OR_RETURN(
        const Encoding encoding,
        EncodeText(tokenizer, example.text, example.pair, size_t{kMaxPositions}));
    return static_cast<int>(encoding.ids.size());
  };
  NestedHoldOutOptions nested;
  nested.rows = options.rows;
  nested.long_rows = options.long_rows;
  nested.long_tokens = options.long_tokens;
  return HoldOutNested(examples, count_tokens, nested);
}

}  // namespace edgebert
