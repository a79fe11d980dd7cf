#ifndef EDGEBERT_TRAIN_TRAINING_DATA_H_
#define EDGEBERT_TRAIN_TRAINING_DATA_H_

#include <cstdint>
#include <span>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/data/dataset.h"
#include "edgebert/text/tokenizer.h"
#include "edgebert/train/torch_encoder.h"

namespace edgebert {

/// A labelled text as token ids.
struct TokenizedExample {
  Encoding encoding;
  int label = 0;
};

/// Tokenizes every example, cut to `max_tokens`. Errors name the example.
Result<std::vector<TokenizedExample>> TokenizeExamples(const Tokenizer& tokenizer,
                                                       std::span<const LabelledText> examples,
                                                       int max_tokens);

/// The order in which an epoch visits `examples`: batches of indices, each of sentences of like
/// length so that padding is rare, in an order drawn from `seed` and `epoch` alone.
std::vector<std::vector<int64_t>> PlanEpoch(std::span<const TokenizedExample> examples,
                                            int batch_size, uint64_t seed, int64_t epoch);

/// The sentences at `indices`, padded to the longest of them.
Batch MakeBatch(std::span<const TokenizedExample> examples, std::span<const int64_t> indices,
                int32_t pad_id, torch::Device device);

}  // namespace edgebert

#endif  // EDGEBERT_TRAIN_TRAINING_DATA_H_
