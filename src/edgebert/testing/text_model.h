#ifndef EDGEBERT_TESTING_TEXT_MODEL_H_
#define EDGEBERT_TESTING_TEXT_MODEL_H_

// A small random model with a tokenizer, for the pipeline's tests.

#include "edgebert/testing/random_model.h"

namespace edgebert::testing {

inline const std::vector<std::string>& TextModelWords() {
  static const std::vector<std::string> words = {
      "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad",   "film", "plot", "very",
      "not",   "a",     "the",   "is",    "was",    "fun",  "slow",  "long", "end",  "again",
      "and",   "but",   "with",  "for",   "day",    "time", "story", "cast", "well", "made"};
  return words;
}

inline Model TextModel(bool af8, uint64_t seed) {
  Model model = RandomModel(RandomModelConfig(), af8, seed);
  model.tokenizer.pieces = TextModelWords();
  model.tokenizer.pad_id = 0;
  model.tokenizer.unknown_id = 1;
  model.tokenizer.cls_id = 2;
  model.tokenizer.sep_id = 3;
  model.tokenizer.mask_id = 4;
  model.exits.threshold_nats = 0.5f;
  model.provenance = "{}";
  return model;
}

/// Sentences of 1 to 24 words of the vocabulary.
inline std::vector<std::string> RandomSentences(size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::string> sentences(count);
  for (std::string& sentence : sentences) {
    const size_t words = 1 + random() % 24;
    for (size_t i = 0; i < words; ++i) {
      sentence += (i > 0 ? " " : "") + TextModelWords()[5 + random() % 25];
    }
  }
  return sentences;
}

}  // namespace edgebert::testing

#endif  // EDGEBERT_TESTING_TEXT_MODEL_H_
