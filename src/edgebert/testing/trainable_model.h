#ifndef EDGEBERT_TESTING_TRAINABLE_MODEL_H_
#define EDGEBERT_TESTING_TRAINABLE_MODEL_H_

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "edgebert/data/labelled_text.h"
#include "edgebert/testing/random_model.h"
#include "edgebert/testing/text_model.h"

namespace edgebert::testing {

/// A small float32 model of which every matrix is a whole number of 16-wide vectors: three layers,
/// two of them distinct, an off-ramp after each, three heads.
inline Model TrainableModel(uint64_t seed = 3) {
  ModelConfig config = RandomModelConfig();
  config.embedding_size = 48;
  config.hidden_size = 48;
  config.intermediate_size = 64;
  config.labels = {"bad", "good"};
  config.off_ramp_layers = {1, 2, 3};
  config.pooler_size = 16;
  Model model = RandomModel(config, /*af8=*/false, seed);
  model.tokenizer = TextModel(/*af8=*/false, seed).tokenizer;
  model.config.vocabulary_size = config.vocabulary_size;
  return model;
}

/// Sentences that are good when they hold more "good" and "fun" than "bad" and "slow".
inline std::vector<LabelledText> LearnableExamples(size_t count, uint64_t seed) {
  static const std::vector<std::string> kWords = {"the",  "film", "is",    "very",
                                                  "plot", "and",  "story", "a"};
  std::mt19937_64 random(seed);
  std::vector<LabelledText> examples(count);
  for (LabelledText& example : examples) {
    example.label = static_cast<int>(random() % 2);
    const size_t words = 2 + random() % 8;
    const size_t marked = random() % words;
    for (size_t i = 0; i < words; ++i) {
      const bool first = random() % 2 == 0;
      const std::string marker =
          example.label == 1 ? (first ? "good" : "fun") : (first ? "bad" : "slow");
      example.text +=
          (i > 0 ? " " : "") + (i == marked ? marker : kWords[random() % kWords.size()]);
    }
  }
  return examples;
}

}  // namespace edgebert::testing

#endif  // EDGEBERT_TESTING_TRAINABLE_MODEL_H_
