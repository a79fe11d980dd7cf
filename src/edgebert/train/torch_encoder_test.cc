#include "edgebert/train/torch_encoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <vector>

#include "edgebert/engine/encoder.h"
#include "edgebert/pipeline/calibration.h"
#include "edgebert/testing/layer_recorder.h"
#include "edgebert/testing/testing.h"
#include "edgebert/testing/trainable_model.h"
#include "edgebert/text/tokenizer.h"
#include "edgebert/train/pruner.h"
#include "edgebert/train/training_data.h"

namespace edgebert {
namespace {

std::vector<TokenizedExample> Tokenized(const Model& model, size_t count) {
  auto tokenizer = Tokenizer::Create(model.tokenizer);
  auto examples = TokenizeExamples(**tokenizer, testing::LearnableExamples(count, 5), 24);
  return std::move(examples).value();
}

/// The largest difference between libtorch's logits, sentences padded in batches, and the engine's.
double LogitsDifference(TorchEncoder& torch_encoder, const Model& model, Arithmetic arithmetic,
                        const std::vector<TokenizedExample>& examples) {
  const torch::NoGradGuard no_gradient;
  std::vector<int64_t> all(examples.size());
  for (size_t i = 0; i < all.size(); ++i) {
    all[i] = static_cast<int64_t>(i);
  }
  const Batch batch = MakeBatch(examples, all, model.tokenizer.pad_id, torch::kCPU);
  const std::vector<torch::Tensor> logits = torch_encoder.Forward(batch, {}).logits;
  auto encoder = Encoder::Create(model, arithmetic);
  EXPECT_OK(encoder.status());
  EncoderSession session(*encoder);
  EntropyExitRule never(0);
  double largest = 0;
  for (size_t i = 0; i < examples.size(); ++i) {
    testing::LayerRecorder recorder;
    EXPECT_OK(
        session.Run(examples[i].encoding.ids, examples[i].encoding.segment_ids, never, &recorder)
            .status());
    for (size_t ramp = 0; ramp < logits.size(); ++ramp) {
      for (size_t c = 0; c < recorder.logits[ramp].size(); ++c) {
        const double value =
            logits[ramp][static_cast<int64_t>(i)][static_cast<int64_t>(c)].item<double>();
        largest = std::max(largest, std::abs(value - double{recorder.logits[ramp][c]}));
      }
    }
  }
  return largest;
}

TEST(TorchEncoderTest, Float32LogitsAreTheEngines) {
  const Model model = testing::TrainableModel();
  TorchEncoder encoder(model, torch::kCPU);
  EXPECT_LT(LogitsDifference(encoder, model, Arithmetic::kFloat32, Tokenized(model, 40)), 1e-4);
}

TEST(TorchEncoderTest, SpansAndAbsentHeadsAreTheEngines) {
  Model model = testing::TrainableModel();
  model.config.attention_spans = {0, 2, 5, 3, 0, 1};
  TorchEncoder encoder(model, torch::kCPU);
  EXPECT_LT(LogitsDifference(encoder, model, Arithmetic::kFloat32, Tokenized(model, 40)), 1e-4);
}

TEST(TorchEncoderTest, QuantisedAndPrunedModelIsTheEnginesAf8) {
  const Model model = testing::TrainableModel();
  TorchEncoder encoder(model, torch::kCPU);
  PruningRecipe pruning;
  Pruner(pruning, encoder).Update(1.0, 0);
  encoder.span().SetFrozen({4, 0, 9, 2, 3, 0});
  PruneAbsentHeads(encoder);
  for (const TensorSpec& spec : ExpectedTensors(model.config)) {
    if (spec.role == TensorRole::kVector) {
      continue;
    }
    encoder.compression()[spec.name].exponent_bias = SearchAf8Bias(encoder.parameter(spec.name));
    if (spec.role == TensorRole::kEmbeddingTable) {
      encoder.SetEmbedding(spec.name,
                           FakeQuantizeAf8(encoder.parameter(spec.name),
                                           *encoder.compression()[spec.name].exponent_bias));
    }
  }
  const std::vector<TokenizedExample> examples = Tokenized(model, 60);
  auto float_model = encoder.ToModel(model);
  ASSERT_OK(float_model.status());
  std::vector<Encoding> sentences;
  for (const TokenizedExample& example : examples) {
    sentences.push_back(example.encoding);
  }
  auto biases = FindActivationBiases(*float_model, sentences);
  ASSERT_OK(biases.status());
  encoder.activation_biases() = *biases;
  auto af8_model = encoder.ToModel(model);
  ASSERT_OK(af8_model.status());
  ASSERT_TRUE(af8_model->is_af8());
  // Both round the same values to AF8, but float sums in another order may fall on the other side
  // of a rounding boundary: one step of five bits, now and then.
  const double difference = LogitsDifference(encoder, *af8_model, Arithmetic::kHost, examples);
  EXPECT_LT(difference, 0.25);
  // Without the activations' quantisation the difference is larger still: the test sees it.
  encoder.activation_biases().reset();
  EXPECT_GT(LogitsDifference(encoder, *af8_model, Arithmetic::kHost, examples), difference);
}

TEST(TorchEncoderTest, BatchesDoNotSeeTheirPadding) {
  const Model model = testing::TrainableModel();
  TorchEncoder encoder(model, torch::kCPU);
  const torch::NoGradGuard no_gradient;
  const std::vector<TokenizedExample> examples = Tokenized(model, 12);
  const std::vector<int64_t> all = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  const Batch together = MakeBatch(examples, all, 0, torch::kCPU);
  const torch::Tensor expected = encoder.Forward(together, {}).logits.back();
  for (int64_t i = 0; i < 12; ++i) {
    const Batch alone = MakeBatch(examples, std::vector<int64_t>{i}, 0, torch::kCPU);
    EXPECT_TRUE(
        torch::allclose(encoder.Forward(alone, {}).logits.back()[0], expected[i], 1e-4, 1e-5));
  }
}

TEST(TorchEncoderTest, GradientReachesEveryParameterButTheEmbedding) {
  const Model model = testing::TrainableModel();
  TorchEncoder encoder(model, torch::kCPU);
  const std::vector<TokenizedExample> examples = Tokenized(model, 4);
  const Batch batch = MakeBatch(examples, std::vector<int64_t>{0, 1, 2, 3}, 0, torch::kCPU);
  torch::Tensor sum;
  for (const torch::Tensor& logits : encoder.Forward(batch, {}).logits) {
    const torch::Tensor term = (logits * torch::rand_like(logits)).sum();
    sum = sum.defined() ? sum + term : term;
  }
  sum.backward();
  for (const auto& [name, parameter] : encoder.parameters()) {
    const bool is_embedding = name.starts_with("embedding.");
    EXPECT_EQ(parameter.grad().defined(), !is_embedding) << name;
    // A key's bias shifts all scores of a query alike: its true gradient is zero.
    if (!is_embedding && !name.ends_with("key.bias")) {
      EXPECT_GT(parameter.grad().abs().max().item<float>(), 0) << name;
    }
  }
}

}  // namespace
}  // namespace edgebert
