// Multipliers that a zero gates, counted by the simulated array and by accel/ from the engine's
// codes.

#include "edgebert/accel/gated_products.h"

#include <gtest/gtest.h>

#include "edgebert/pipeline/gated_counter.h"
#include "edgebert/testing/sentence_case.h"

namespace edgebert {
namespace {

using testing::SentenceCase;

TEST(SimulatedGatedProductsTest, EqualWhatTheEnginesCodesGive) {
  testing::Random random(81);
  int64_t gated = 0;
  for (int trial = 0; trial < 60; ++trial) {
    SCOPED_TRACE(trial);
    const SentenceCase test = testing::RandomSentenceCase(random, 40);
    const auto weights = WeightLaneCounts::FromModel(test.model);
    ASSERT_OK(weights);
    GatedCounter counter(test.model.config, *test.model.activation_biases, *weights, test.program);
    const auto encoder = Encoder::Create(test.model, Arithmetic::kDevice);
    ASSERT_OK(encoder);
    EntropyExitRule never{ExitThresholds(0)};
    EncoderSession session(*encoder);
    ASSERT_OK(session.Run(test.sentence.ids, test.sentence.segment_ids, never, &counter));
    const auto bound = testing::BindProgram(test.model, test.program);
    ASSERT_OK(bound);
    const auto simulated = testing::SimulateSentence(*bound, test.sentence, test.Settings());
    ASSERT_OK(simulated);
    EXPECT_EQ(simulated->products_gated, counter.gated().value());
    gated += simulated->products_gated;
  }
  EXPECT_GT(gated, 1'000'000);
}

}  // namespace
}  // namespace edgebert
