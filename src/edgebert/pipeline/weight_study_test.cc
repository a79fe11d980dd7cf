#include "edgebert/pipeline/weight_study.h"

#include <gtest/gtest.h>

#include "edgebert/testing/testing.h"
#include "edgebert/testing/text_model.h"

namespace edgebert {
namespace {

using testing::TextModel;

TEST(WeightStudyTest, CountsLayersAndOffRampsOnceEach) {
  const Model model = TextModel(true, 31);
  double layers = 0;
  double ramps = 0;
  for (const Tensor& tensor : model.tensors) {
    if (!tensor.name.starts_with("embedding.")) {
      (tensor.name.starts_with("off_ramp.") ? ramps : layers) +=
          static_cast<double>(tensor.payload.size());
    }
  }
  const WeightBytes bytes = CountWeightBytes(model);
  EXPECT_EQ(bytes.distinct_layers, 2);
  EXPECT_EQ(bytes.layers, 3);
  EXPECT_DOUBLE_EQ(bytes.layer.value(), layers / 2);
  EXPECT_DOUBLE_EQ(bytes.off_ramps.value(), ramps);
  EXPECT_DOUBLE_EQ(bytes.Stored(2).value(), layers + ramps);
  // All three layers and both off-ramps.
  EXPECT_DOUBLE_EQ(bytes.Streamed(3).value(), 1.5 * layers + ramps);
}

TEST(WeightStudyTest, MeanOfTheRecordFollowsTheThreshold) {
  Model model = TextModel(true, 32);
  EXPECT_EQ(MeanOfRecord(model).exit_layer, 3);  // No record.
  // Off-ramps after layers 1 and 3.
  model.exits.threshold_nats = 0.5f;
  model.exits.record = CalibrationRecord{{10, 20, 30}, {0.4f, 0.9f, 0.5f, 0.1f, 0.6f, 0.9f}};
  EXPECT_DOUBLE_EQ(MeanOfRecord(model).tokens, 20);
  EXPECT_DOUBLE_EQ(MeanOfRecord(model).exit_layer, (1 + 3 + 3) / 3.0);
}

TEST(WeightStudyTest, FewerDistinctLayersTakeLessRoomButStreamAsMuch) {
  const Model model = TextModel(true, 33);
  const WeightBytes bytes = CountWeightBytes(model);
  const EnvmTechnology technology = LoadEnvmTechnology(std::nullopt).value();
  const DramInterface dram{Picojoules(64), BytesPerSecond(8.5e9), Nanoseconds(100)};
  const auto placements = PlaceWeights(bytes, {25, 2}, Seconds(1e-3), {3, 1}, CellKind::kMlc2,
                                       technology, dram, Bound::kValue);
  ASSERT_EQ(placements.size(), 8u);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(placements[i].plan.name, placements[i + 4].plan.name);
    EXPECT_EQ(placements[i].streamed, placements[i + 4].streamed);
    EXPECT_EQ((placements[i].stored - placements[i + 4].stored).value(), 2 * bytes.layer.value());
    EXPECT_GE(placements[i].plan.area_mm2, placements[i + 4].plan.area_mm2);
  }
  // One layer that runs twice crosses DRAM once when it is loaded, twice when it is streamed.
  const MemoryPlan& streamed = placements[4].plan;
  const MemoryPlan& loaded = placements[7].plan;
  EXPECT_EQ(loaded.name, "sram-loaded");
  EXPECT_NEAR(streamed.per_sentence.value(), 64e-12 * bytes.Streamed(2).value(), 1e-15);
  EXPECT_LT(loaded.per_sentence, streamed.per_sentence);
}

}  // namespace
}  // namespace edgebert
