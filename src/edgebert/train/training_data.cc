#include "edgebert/train/training_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <random>
#include <utility>

#include "edgebert/pipeline/classifier.h"
#include "edgebert/text/encode_text.h"

namespace edgebert {
namespace {

/// Batches among which sentences are sorted by length: enough to make padding rare, few enough to
/// keep the order random.
constexpr size_t kBatchesSortedTogether = 50;

/// A number below `bound`, the same on every platform.
size_t Draw(std::mt19937_64& random, size_t bound) { return static_cast<size_t>(random() % bound); }

template <typename T>
void Shuffle(std::span<T> items, std::mt19937_64& random) {
  for (size_t i = items.size(); i > 1; --i) {
    std::swap(items[i - 1], items[Draw(random, i)]);
  }
}

}  // namespace

Result<std::vector<TokenizedExample>> TokenizeExamples(const Tokenizer& tokenizer,
                                                       std::span<const LabelledText> examples,
                                                       int max_tokens) {
  std::vector<TokenizedExample> tokenized;
  tokenized.reserve(examples.size());
  for (size_t i = 0; i < examples.size(); ++i) {
    Result<Encoding> encoding =
        EncodeText(tokenizer, examples[i].text, examples[i].pair, static_cast<size_t>(max_tokens));
    if (!encoding.ok()) {
      return encoding.status().WithContext(fmt::format("example {}", i + 1));
    }
    tokenized.push_back({std::move(encoding).value(), examples[i].label});
  }
  return tokenized;
}

std::vector<std::vector<int64_t>> PlanEpoch(std::span<const TokenizedExample> examples,
                                            int batch_size, uint64_t seed, int64_t epoch) {
  std::seed_seq sequence{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32),
                         static_cast<uint32_t>(epoch)};
  std::mt19937_64 random(sequence);
  std::vector<int64_t> order(examples.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  Shuffle(std::span(order), random);
  const auto size = static_cast<size_t>(batch_size);
  const size_t pool = size * kBatchesSortedTogether;
  std::vector<std::vector<int64_t>> batches;
  for (size_t begin = 0; begin < order.size(); begin += pool) {
    const auto first = order.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last =
        order.begin() + static_cast<std::ptrdiff_t>(std::min(begin + pool, order.size()));
    std::stable_sort(first, last, [&](int64_t a, int64_t b) {
      return examples[static_cast<size_t>(a)].encoding.ids.size() <
             examples[static_cast<size_t>(b)].encoding.ids.size();
    });
    for (auto at = first; at < last;) {
      const auto end = last - at > batch_size ? at + batch_size : last;
      batches.emplace_back(at, end);
      at = end;
    }
  }
  Shuffle(std::span(batches), random);
  return batches;
}

Batch MakeBatch(std::span<const TokenizedExample> examples, std::span<const int64_t> indices,
                int32_t pad_id, torch::Device device) {
  size_t longest = 0;
  for (const int64_t index : indices) {
    longest = std::max(longest, examples[static_cast<size_t>(index)].encoding.ids.size());
  }
  const auto rows = static_cast<int64_t>(indices.size());
  const auto columns = static_cast<int64_t>(longest);
  const auto longs = torch::TensorOptions().dtype(torch::kInt64);
  Batch batch;
  batch.ids = torch::full({rows, columns}, pad_id, longs);
  batch.segment_ids = torch::zeros({rows, columns}, longs);
  batch.is_token = torch::zeros({rows, columns}, torch::kBool);
  batch.labels = torch::zeros({rows}, longs);
  batch.examples = torch::zeros({rows}, longs);
  for (size_t row = 0; row < indices.size(); ++row) {
    const TokenizedExample& example = examples[static_cast<size_t>(indices[row])];
    const size_t at = row * longest;
    std::copy(example.encoding.ids.begin(), example.encoding.ids.end(),
              batch.ids.data_ptr<int64_t>() + at);
    std::copy(example.encoding.segment_ids.begin(), example.encoding.segment_ids.end(),
              batch.segment_ids.data_ptr<int64_t>() + at);
    std::fill_n(batch.is_token.data_ptr<bool>() + at, example.encoding.ids.size(), true);
    batch.labels.data_ptr<int64_t>()[row] = example.label;
    batch.examples.data_ptr<int64_t>()[row] = indices[row];
    batch.tokens += static_cast<int64_t>(example.encoding.ids.size());
  }
  for (torch::Tensor* tensor : {&batch.ids, &batch.segment_ids, &batch.is_token, &batch.labels}) {
    *tensor = tensor->to(device);
  }
  return batch;
}

}  // namespace edgebert
