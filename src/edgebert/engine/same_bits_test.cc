// Every instruction set, number of threads, way of keeping weights and batch gives the same bits.

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <ostream>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "edgebert/engine/encoder.h"
#include "edgebert/kernels/dispatch.h"
#include "edgebert/model/model_file.h"
#include "edgebert/testing/layer_recorder.h"
#include "edgebert/testing/random_model.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

struct Sentence {
  std::vector<int32_t> ids;
  std::vector<int32_t> segments;
};

struct Hashes {
  uint64_t values;
  uint64_t entropies;
  bool operator==(const Hashes&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Hashes& hashes) {
  return out << "{" << hashes.values << "u, " << hashes.entropies << "u}";
}

/// Mostly short; every 64th as long as `longest`.
std::vector<Sentence> RandomSentences(size_t count, int vocabulary, size_t longest) {
  std::mt19937_64 random(7);
  std::vector<Sentence> sentences(count);
  for (size_t i = 0; i < count; ++i) {
    const size_t tokens = i % 64 == 63 ? longest : 1 + random() % std::min<size_t>(16, longest);
    for (size_t token = 0; token < tokens; ++token) {
      sentences[i].ids.push_back(
          static_cast<int32_t>(random() % static_cast<uint64_t>(vocabulary)));
    }
    sentences[i].segments.assign(tokens, 0);
  }
  return sentences;
}

/// FNV-1a over the bits of every layer's states and logits, and another over its entropies.
class LayerHash : public LayerObserver {
 public:
  void OnLayer(const LayerView& view) override {
    for (const float value :
         view.executor.Values(view.layer == 0 ? Slot::kLayerInput : Slot::kLayerOutput)) {
      Add(value);
    }
    for (const float value : view.logits) {
      Add(value);
    }
    if (view.entropy_nats) {
      entropy_hash_ = Mix(entropy_hash_, std::bit_cast<uint64_t>(*view.entropy_nats));
    }
  }
  Hashes value() const { return {hash_, entropy_hash_}; }

 private:
  static uint64_t Mix(uint64_t hash, uint64_t bits) { return (hash ^ bits) * 0x100000001B3u; }
  void Add(float value) { hash_ = Mix(hash_, std::bit_cast<uint32_t>(value)); }
  uint64_t hash_ = 0xCBF29CE484222325u;
  uint64_t entropy_hash_ = 0xCBF29CE484222325u;
};

Hashes HashOfAll(const std::shared_ptr<const Encoder>& encoder, int threads,
                 const std::vector<Sentence>& sentences) {
  EncoderSession session(encoder, threads);
  EntropyExitRule never(0.0);
  LayerHash hash;
  for (const Sentence& sentence : sentences) {
    EXPECT_OK(session.Run(sentence.ids, sentence.segments, never, &hash));
  }
  return hash.value();
}

// On models/sst2-small.ebm; the same on every machine and with every compiler.
#if defined(__SANITIZE_ADDRESS__)  // Whose scalar code takes minutes for all of them.
constexpr size_t kHashedSentences = 12;
constexpr Hashes kGoldenHash = {1329298331516530890u, 10055947229446314986u};
#else
constexpr size_t kHashedSentences = 200;
constexpr Hashes kGoldenHash = {13842776010010663351u, 8590542975578712414u};
#endif

using HashCase = std::tuple<std::string, WeightStorage>;

/// Each instruction set once with each number of threads, on one way of keeping weights or the
/// other.
int ThreadsOf(const HashCase& hash_case) {
  return std::get<WeightStorage>(hash_case) == WeightStorage::kCodes ? 1 : 2;
}

std::string NameOf(const ::testing::TestParamInfo<HashCase>& info) {
  return std::get<std::string>(info.param) +
         (ThreadsOf(info.param) == 1 ? "OneThread" : "TwoThreads");
}

/// A test of its own for each: they run side by side.
class GoldenHashTest : public ::testing::TestWithParam<HashCase> {};

INSTANTIATE_TEST_SUITE_P(, GoldenHashTest,
                         ::testing::Combine(::testing::ValuesIn(SupportedInstructionSets()),
                                            ::testing::Values(WeightStorage::kCodes,
                                                              WeightStorage::kInt16)),
                         NameOf);

TEST_P(GoldenHashTest, EveryInstructionSetAndThreadCountGivesIt) {
  const auto& [set, storage] = GetParam();
  const Result<Model> model = ReadModelFile(EDGEBERT_SOURCE_DIR "/models/sst2-small.ebm");
  ASSERT_OK(model);
  const std::vector<Sentence> sentences =
      RandomSentences(kHashedSentences, model->config.vocabulary_size, 100);
  const auto encoder = Encoder::Create(*model, Arithmetic::kHost, storage);
  ASSERT_OK(encoder);
  const ScopedInstructionSet scope(set);
  ASSERT_OK(scope.status());
  EXPECT_EQ(HashOfAll(*encoder, ThreadsOf(GetParam()), sentences), kGoldenHash);
}

TEST(SameBitsTest, ABatchGivesWhatItsSentencesGive) {
  for (const Arithmetic arithmetic :
       {Arithmetic::kHost, Arithmetic::kDevice, Arithmetic::kFloat32}) {
    const auto encoder =
        Encoder::Create(testing::RandomModel(testing::RandomModelConfig(), true, 1), arithmetic);
    ASSERT_OK(encoder);
    const std::vector<Sentence> sentences = RandomSentences(100, 40, 32);
    EncoderSession alone(*encoder);
    std::vector<EncoderResult> expected;
    // So that some leave at layer 1 and others do not.
    EntropyExitRule rule(1.05);
    size_t early = 0;
    for (const Sentence& sentence : sentences) {
      expected.push_back(alone.Run(sentence.ids, sentence.segments, rule).value());
      early += expected.back().exit_layer == 1;
    }
    ASSERT_GT(early, 10u);
    ASSERT_LT(early, 98u);
    for (const int threads : {1, 2, 3}) {
      EncoderSession session(*encoder, threads);
      std::vector<BatchSentence> batch;
      for (const Sentence& sentence : sentences) {
        batch.push_back({sentence.ids, sentence.segments, &rule});
      }
      const std::vector<int32_t> too_large = {0, 40};
      const std::vector<int32_t> segments = {0, 0};
      batch.insert(batch.begin() + 3, BatchSentence{too_large, segments, &rule});
      std::vector<Result<EncoderResult>> results = session.RunBatch(batch);
      ASSERT_EQ(results.size(), 101u);
      EXPECT_EQ(results[3].status().message(), "token 1 has id 40, expected 0 to 39");
      results.erase(results.begin() + 3);
      for (size_t i = 0; i < results.size(); ++i) {
        ASSERT_OK(results[i]);
        EXPECT_EQ(results[i]->exit_layer, expected[i].exit_layer) << i;
        EXPECT_EQ(results[i]->entropies_nats, expected[i].entropies_nats) << i;
        EXPECT_EQ(results[i]->logits, expected[i].logits) << i;
      }
      EXPECT_TRUE(session.RunBatch({}).empty());
    }
  }
}

TEST(SameBitsTest, ThreadsShareALongSentence) {
  // Large enough for products to be shared out.
  ModelConfig config = testing::RandomModelConfig();
  config.hidden_size = 384;
  config.num_heads = 12;
  config.attention_spans.clear();
  config.intermediate_size = 512;
  const Model model = testing::RandomModel(config, true, 2);
  const auto encoder = Encoder::Create(model, Arithmetic::kHost);
  ASSERT_OK(encoder);
  const std::vector<Sentence> sentences = RandomSentences(32, 40, 32);
  const Hashes expected = HashOfAll(*encoder, 1, sentences);
  for (const int threads : {2, 3, 7}) {
    EXPECT_EQ(HashOfAll(*encoder, threads, sentences), expected) << threads;
  }
}

}  // namespace
}  // namespace edgebert
