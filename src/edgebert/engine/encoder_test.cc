#include "edgebert/engine/encoder.h"

#include <gtest/gtest.h>

#include "edgebert/testing/layer_recorder.h"
#include "edgebert/testing/random_model.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using testing::LargestDifference;
using testing::LayerRecorder;
using testing::RandomModel;
using testing::RandomModelConfig;

const std::vector<int32_t> kIds = {2, 17, 5, 39, 0, 8, 8, 3};
const std::vector<int32_t> kSegments = {0, 0, 0, 0, 1, 1, 1, 1};

EncoderSession SessionOf(Model model, Arithmetic arithmetic) {
  return EncoderSession(Encoder::Create(std::move(model), arithmetic).value());
}

LayerRecorder RunAll(Model model, Arithmetic arithmetic) {
  EncoderSession session = SessionOf(std::move(model), arithmetic);
  EntropyExitRule never(0.0);
  LayerRecorder recorder;
  EXPECT_OK(session.Run(kIds, kSegments, never, &recorder));
  return recorder;
}

/// Sets columns or rows of a float32 matrix to zero.
void Clear(Model& model, const std::string& name, bool columns, int first, int count) {
  for (Tensor& tensor : model.tensors) {
    if (tensor.name != name) {
      continue;
    }
    std::vector<float> values = FloatValues(tensor);
    const auto width = static_cast<int>(tensor.shape.size() > 1 ? tensor.shape[1] : 1);
    for (int i = 0; i < static_cast<int>(values.size()); ++i) {
      const int position = columns ? i % width : i / width;
      if (position >= first && position < first + count) {
        values[static_cast<size_t>(i)] = 0;
      }
    }
    tensor = MakeFloatTensor(tensor.name, tensor.shape, values);
  }
}

TEST(EncoderTest, TellsTheObserverOfEveryLayer) {
  const LayerRecorder recorder =
      RunAll(RandomModel(RandomModelConfig(), false, 1), Arithmetic::kFloat32);
  EXPECT_EQ(recorder.layers, (std::vector<int>{0, 1, 2, 3}));
  EXPECT_EQ(recorder.logits.size(), 2u);
  EXPECT_EQ(recorder.states[0].size(), kIds.size() * 24);
}

TEST(EncoderTest, LeavesWhereTheRuleSaysWithThatLayersLogits) {
  const Model model = RandomModel(RandomModelConfig(), false, 1);
  const LayerRecorder recorder = RunAll(model, Arithmetic::kFloat32);
  EncoderSession session = SessionOf(model, Arithmetic::kFloat32);
  EntropyExitRule always(100.0);
  const Result<EncoderResult> result = session.Run(kIds, kSegments, always);
  ASSERT_OK(result);
  EXPECT_EQ(result->exit_layer, 1);
  EXPECT_EQ(result->logits, recorder.logits[0]);
  ASSERT_EQ(result->entropies_nats.size(), 1u);

  EntropyExitRule never(0.0);
  const Result<EncoderResult> all = session.Run(kIds, kSegments, never);
  ASSERT_OK(all);
  EXPECT_EQ(all->exit_layer, 3);
  EXPECT_EQ(all->logits, recorder.logits[1]);
  EXPECT_FALSE(all->entropies_nats[1]);  // Layer 2 has no off-ramp.
}

TEST(EncoderTest, WordCodesStandInForTheRowsOfTheTable) {
  const Model model = RandomModel(RandomModelConfig(), true, 1);
  const std::vector<uint8_t> table = Af8Codes(*model.Find("embedding.word"));
  std::vector<uint8_t> codes;
  std::vector<int32_t> other_ids;
  for (const int32_t id : kIds) {
    const auto first = table.begin() + std::ptrdiff_t{24} * id;
    codes.insert(codes.end(), first, first + 24);
    other_ids.push_back(39 - id);
  }
  for (const Arithmetic arithmetic :
       {Arithmetic::kFloat32, Arithmetic::kHost, Arithmetic::kDevice}) {
    const LayerRecorder expected = RunAll(model, arithmetic);
    EncoderSession session = SessionOf(model, arithmetic);
    EntropyExitRule never(0.0);
    LayerRecorder recorder;
    ASSERT_OK(session.RunWithWordCodes(other_ids, kSegments, codes, never, &recorder));
    EXPECT_EQ(recorder.states, expected.states);
    EXPECT_NE(session.RunWithWordCodes(kIds, kSegments, std::span(codes).first(24), never)
                  .status()
                  .message()
                  .find("24 word codes for 8 tokens of 24"),
              std::string::npos);
  }
}

TEST(EncoderTest, FullDepthSparesOffRampsAndChangesNoLogit) {
  for (const Arithmetic arithmetic : {Arithmetic::kFloat32, Arithmetic::kHost}) {
    EncoderSession session = SessionOf(RandomModel(RandomModelConfig(), true, 1), arithmetic);
    EntropyExitRule never(0.0);
    FullDepthExitRule full_depth;
    const Result<EncoderResult> all = session.Run(kIds, kSegments, never);
    const Result<EncoderResult> spared = session.Run(kIds, kSegments, full_depth);
    ASSERT_OK(all);
    ASSERT_OK(spared);
    EXPECT_EQ(spared->logits, all->logits);
    EXPECT_EQ(spared->exit_layer, 3);
    EXPECT_TRUE(all->entropies_nats[0]);
    EXPECT_FALSE(spared->entropies_nats[0]);
    EXPECT_EQ(spared->entropies_nats[2], all->entropies_nats[2]);
    const std::vector<Result<EncoderResult>> batch =
        session.RunBatch({{{kIds, kSegments, &full_depth}, {kIds, kSegments, &never}}});
    ASSERT_OK(batch[0]);
    ASSERT_OK(batch[1]);
    EXPECT_EQ(batch[0]->logits, all->logits);
    EXPECT_FALSE(batch[0]->entropies_nats[0]);
    EXPECT_EQ(batch[1]->entropies_nats, all->entropies_nats);
  }
}

TEST(EncoderTest, TellsTheTimerOfEveryOperation) {
  class Counter : public OperationTimer {
   public:
    void OnOperation(const Operation& operation, std::chrono::nanoseconds time) override {
      linear += std::holds_alternative<Linear>(operation) ? 1 : 0;
      attention += std::holds_alternative<Attention>(operation) ? 1 : 0;
      total += time;
    }
    int linear = 0;
    int attention = 0;
    std::chrono::nanoseconds total{0};
  };
  EncoderSession session =
      SessionOf(RandomModel(RandomModelConfig(), false, 1), Arithmetic::kFloat32);
  EntropyExitRule never(0.0);
  Counter counter;
  session.SetOperationTimer(&counter);
  ASSERT_OK(session.Run(kIds, kSegments, never));
  EXPECT_EQ(counter.attention, 3);
  EXPECT_EQ(counter.linear, 3 * 6 + 2 * 2);  // Three layers, two off-ramps.
  EXPECT_GT(counter.total.count(), 0);
  session.SetOperationTimer(nullptr);
  ASSERT_OK(session.Run(kIds, kSegments, never));
  EXPECT_EQ(counter.attention, 3);
}

TEST(EncoderTest, ASessionForgetsEarlierSentences) {
  for (const Arithmetic arithmetic :
       {Arithmetic::kFloat32, Arithmetic::kHost, Arithmetic::kDevice}) {
    const Model model = RandomModel(RandomModelConfig(), arithmetic != Arithmetic::kFloat32, 1);
    const LayerRecorder fresh = RunAll(model, arithmetic);
    EncoderSession session = SessionOf(model, arithmetic);
    EntropyExitRule never(0.0);
    const std::vector<int32_t> longer(32, 7);
    ASSERT_OK(session.Run(longer, std::vector<int32_t>(32), never));
    LayerRecorder again;
    ASSERT_OK(session.Run(kIds, kSegments, never, &again));
    EXPECT_EQ(again.states, fresh.states);
    EXPECT_EQ(again.logits, fresh.logits);
  }
}

TEST(EncoderTest, AnAbsentHeadEqualsOneWhoseOutputIsIgnored) {
  ModelConfig config = RandomModelConfig();
  const Model full = RandomModel(config, false, 2);
  Model ignored = full;
  Clear(ignored, "layer.0.attention.output.weight", true, 8, 8);  // Head 1 of 3.
  Model absent = full;
  absent.config.attention_spans = {32, 0, 32, 32, 32, 32};
  const LayerRecorder a = RunAll(absent, Arithmetic::kFloat32);
  const LayerRecorder b = RunAll(ignored, Arithmetic::kFloat32);
  for (size_t layer = 0; layer < a.states.size(); ++layer) {
    EXPECT_LT(LargestDifference(a.states[layer], b.states[layer]), 1e-6) << layer;
  }
  EXPECT_GT(LargestDifference(RunAll(full, Arithmetic::kFloat32).states[1], a.states[1]), 1e-3);
}

TEST(EncoderTest, ALayerWithoutHeadsKeepsTheOutputBias) {
  const Model full = RandomModel(RandomModelConfig(), false, 3);
  Model ignored = full;
  Clear(ignored, "layer.0.attention.output.weight", true, 0, 24);
  Model absent = full;
  absent.config.attention_spans = {0, 0, 0, 32, 32, 32};
  const LayerRecorder a = RunAll(absent, Arithmetic::kFloat32);
  const LayerRecorder b = RunAll(ignored, Arithmetic::kFloat32);
  EXPECT_LT(LargestDifference(a.states[1], b.states[1]), 1e-6);
}

TEST(EncoderTest, ASpanOfOneSeesOnlyItself) {
  Model model = RandomModel(RandomModelConfig(), false, 4);
  model.config.attention_spans.assign(6, 1);
  EncoderSession session = SessionOf(model, Arithmetic::kFloat32);
  EntropyExitRule never(0.0);
  LayerRecorder first;
  LayerRecorder second;
  std::vector<int32_t> other = kIds;
  other[5] = 31;
  ASSERT_OK(session.Run(kIds, kSegments, never, &first));
  ASSERT_OK(session.Run(other, kSegments, never, &second));
  for (size_t token = 0; token < kIds.size(); ++token) {
    const auto row = [&](const LayerRecorder& recorder) {
      const auto begin = recorder.states[3].begin() + static_cast<std::ptrdiff_t>(token * 24);
      return std::vector<float>(begin, begin + 24);
    };
    EXPECT_EQ(row(first) == row(second), token != 5) << token;
  }
}

TEST(EncoderTest, OneSharedOffRampServesEveryLayer) {
  ModelConfig config = RandomModelConfig();
  config.shared_off_ramp = true;
  const LayerRecorder shared = RunAll(RandomModel(config, false, 5), Arithmetic::kFloat32);
  EXPECT_EQ(shared.logits.size(), 2u);
}

TEST(EncoderTest, Af8InFloatAndInIntegersAgreeClosely) {
  const Model model = RandomModel(RandomModelConfig(), true, 6);
  const LayerRecorder host = RunAll(model, Arithmetic::kHost);
  const LayerRecorder float32 = RunAll(model, Arithmetic::kFloat32);
  // Activations rounded to 5 significant bits at ten places a layer, with biases that are not even
  // calibrated: off, but on the scale of the logits (about 1) not by much.
  for (size_t i = 0; i < host.logits.size(); ++i) {
    EXPECT_LT(LargestDifference(host.logits[i], float32.logits[i]), 0.5);
    EXPECT_GT(LargestDifference(host.logits[i], float32.logits[i]), 0.0);
  }
}

TEST(EncoderTest, RefusesBadInput) {
  const Model model = RandomModel(RandomModelConfig(), false, 7);
  EncoderSession session = SessionOf(model, Arithmetic::kFloat32);
  EntropyExitRule never(0.0);
  const auto message = [&](std::vector<int32_t> ids, std::vector<int32_t> segments) {
    return session.Run(ids, segments, never).status().message();
  };
  EXPECT_EQ(message({}, {}), "0 tokens, expected 1 to 32");
  EXPECT_EQ(message(std::vector<int32_t>(33), std::vector<int32_t>(33)),
            "33 tokens, expected 1 to 32");
  EXPECT_EQ(message({40}, {0}), "token 0 has id 40, expected 0 to 39");
  EXPECT_EQ(message({1, -1}, {0, 0}), "token 1 has id -1, expected 0 to 39");
  EXPECT_EQ(message({1}, {2}), "token 0 has segment 2, but the model has 2");
  EXPECT_EQ(message({1}, {}), "0 segment ids for 1 tokens");
}

TEST(EncoderTest, LogitsThatOverflowAreAnError) {
  Model model = RandomModel(RandomModelConfig(), false, 9);
  for (Tensor& tensor : model.tensors) {
    if (tensor.name == "off_ramp.1.classifier.weight") {
      tensor =
          MakeFloatTensor(tensor.name, tensor.shape,
                          std::vector<float>(static_cast<size_t>(tensor.num_elements()), 3e38f));
    }
  }
  EncoderSession session = SessionOf(std::move(model), Arithmetic::kFloat32);
  EntropyExitRule never(0.0);
  const Status status = session.Run(kIds, kSegments, never).status();
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_NE(status.message().find("after layer 1 are not finite"), std::string::npos);
}

TEST(EncoderTest, HostArithmeticNeedsAf8) {
  const Result<std::shared_ptr<const Encoder>> encoder =
      Encoder::Create(RandomModel(RandomModelConfig(), false, 8), Arithmetic::kHost);
  EXPECT_EQ(encoder.status().code(), StatusCode::kInvalidArgument);
}

TEST(ArithmeticTest, ParsesNamesOnly) {
  EXPECT_EQ(ParseArithmetic("fp32").value(), Arithmetic::kFloat32);
  EXPECT_EQ(ParseArithmetic("host").value(), Arithmetic::kHost);
  EXPECT_EQ(ParseArithmetic("device").value(), Arithmetic::kDevice);
  EXPECT_NE(ParseArithmetic("hots").status().message().find("did you mean 'host'"),
            std::string::npos);
}

}  // namespace
}  // namespace edgebert
