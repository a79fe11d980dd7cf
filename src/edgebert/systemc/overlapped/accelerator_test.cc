// Whole sentences of random small models: every code equals device arithmetic's, and every cycle
// the cycle model's.

#include "edgebert/systemc/overlapped/accelerator.h"

#include <gtest/gtest.h>

#include <limits>

#include "edgebert/testing/sentence_case.h"

namespace edgebert::systemc::overlapped {
namespace {

using testing::ExpectDeviceBits;
using testing::ExpectModelCycles;
using testing::RandomSentenceCase;
using testing::RunDevice;
using testing::SentenceCase;

TEST(AcceleratorTest, EqualsDeviceArithmeticAndCycleModelOnRandomPrograms) {
  testing::Random random(71);
  for (int trial = 0; trial < 200 && !::testing::Test::HasFailure(); ++trial) {
    SCOPED_TRACE(trial);
    const SentenceCase test = RandomSentenceCase(random, trial % 4 == 0 ? 128 : 40);
    const auto bound = BindProgram(test.model, test.program);
    ASSERT_OK(bound);
    const auto simulated = SimulateSentence(*bound, test.sentence, test.Settings());
    ASSERT_OK(simulated);
    ASSERT_EQ(simulated->exit_layer, test.model.config.num_layers);
    ExpectDeviceBits(test, *simulated, RunDevice(test));
    ExpectModelCycles(test, *simulated);
    EXPECT_EQ(simulated->bytes_discarded, 0);
  }
}

TEST(AcceleratorTest, ASentenceThatLeavesDiscardsWhatWasFetched) {
  testing::Random random(72);
  int discarded = 0;
  for (int trial = 0; trial < 100 && !::testing::Test::HasFailure(); ++trial) {
    SCOPED_TRACE(trial);
    const SentenceCase test = RandomSentenceCase(random, 40);
    const auto bound = BindProgram(test.model, test.program);
    ASSERT_OK(bound);
    SimulationSettings settings = test.Settings();
    const std::vector<int>& off_ramps = test.model.config.off_ramp_layers;
    const int exit = off_ramps[random() % off_ramps.size()];
    settings.thresholds[static_cast<size_t>(exit - 1)] = std::numeric_limits<int32_t>::max();
    const auto simulated = SimulateSentence(*bound, test.sentence, settings);
    ASSERT_OK(simulated);
    ASSERT_EQ(simulated->exit_layer, exit);
    ExpectDeviceBits(test, *simulated, RunDevice(test));
    ExpectModelCycles(test, *simulated);
    discarded += simulated->bytes_discarded > 0 ? 1 : 0;
  }
  EXPECT_GT(discarded, 10);
}

}  // namespace
}  // namespace edgebert::systemc::overlapped
