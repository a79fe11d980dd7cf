// Whole sentences of random small models: every code equals device arithmetic's, and every cycle
// the cycle model's.

#include "edgebert/systemc/overlapped/accelerator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "edgebert/testing/sentence_case.h"

namespace edgebert::systemc::overlapped {
namespace {

using ::testing::AllOf;
using testing::ExpectDeviceBits;
using testing::ExpectModelCycles;
using ::testing::HasSubstr;
using testing::Pick;
using testing::RandomSentenceCase;
using testing::RunDevice;
using testing::SentenceCase;

/// The voltage's ramp and the clock generator's lock, each seen at the next edge of the 100 MHz
/// reference clock, where the point changes at all.
void ExpectTransitions(const SentenceCase& test, const SentenceSimulation& simulated) {
  ASSERT_EQ(simulated.transitions.size() + 1, test.segments.size());
  for (size_t i = 1; i < test.segments.size(); ++i) {
    const SupplyPoint& from = test.segments[i - 1].point;
    const SupplyPoint& to = test.segments[i].point;
    const double ideal =
        std::abs(to.volts - from.volts) * test.hardware.regulator.response_seconds_per_volt.value +
        (to.hertz != from.hertz ? test.hardware.clock.lock_time.value.value() : 0);
    EXPECT_GE(simulated.transitions[i - 1], ideal);
    EXPECT_LE(simulated.transitions[i - 1], ideal + 4 / 100e6);
  }
}

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
    ExpectTransitions(test, *simulated);
  }
}

TEST(AcceleratorTest, AFlippedBitOfABufferChangesTheLogits) {
  testing::Random random(73);
  const SentenceCase test = RandomSentenceCase(random, 40);
  const auto bound = BindProgram(test.model, test.program);
  ASSERT_OK(bound);
  SimulationSettings settings = test.Settings();
  const auto expected = SimulateSentence(*bound, test.sentence, settings);
  ASSERT_OK(expected);
  const BufferPlan& plan = test.program.buffers;
  const int64_t ring = plan.ring_first_bank * plan.bank_bytes;
  const auto simulate = [&](const std::function<void(Accelerator&)>& flip) {
    // In the middle of the first layer.
    int64_t cycles = expected->layers.front().encoder_complete / 2;
    settings.before_cycle = [&](Accelerator& accelerator) {
      if (--cycles == 0) {
        flip(accelerator);
      }
    };
    return SimulateSentence(*bound, test.sentence, settings);
  };
  int changed = 0;
  for (int trial = 0; trial < 40; ++trial) {
    SCOPED_TRACE(trial);
    // The first bytes hold the first tokens' layer input, the ring's the panels under way.
    const bool in_ring = trial % 2 == 0;
    const int64_t address = in_ring ? ring + Pick(random, 0, static_cast<int>(plan.ring_bytes) - 1)
                                    : Pick(random, 0, test.program.vector_size - 1);
    const auto flipped = simulate([&](Accelerator& accelerator) {
      if (trial % 4 < 2) {
        accelerator.pool().FlipDataBit(address, 3);
      } else {
        accelerator.pool().FlipMaskBit(address);
      }
    });
    // It may hit what nobody reads any more, but never hangs or breaks a rule; and cycles follow
    // from the program, but for weight vectors that become or cease to be zero.
    ASSERT_OK(flipped);
    changed += flipped->logits != expected->logits ? 1 : 0;
  }
  EXPECT_GT(changed, 5);
}

TEST(AcceleratorTest, ASimulationThatStandsStillNamesWhoWaits) {
  testing::Random random(74);
  SentenceCase test = RandomSentenceCase(random, 40);
  test.hardware.weights.resident = false;
  test.hardware.dram_latency.value = Seconds(1);
  const auto bound = BindProgram(test.model, test.program);
  ASSERT_OK(bound);
  const auto simulated = SimulateSentence(*bound, test.sentence, test.Settings());
  ASSERT_FALSE(simulated.ok());
  EXPECT_THAT(simulated.status().message(),
              AllOf(HasSubstr("stands still"), HasSubstr("accelerator.dma, panel 0: 0 bytes"),
                    HasSubstr("accelerator.loader, loads vector 0 of block 0"),
                    HasSubstr("accelerator.streamer"), HasSubstr("accelerator.accumulators"),
                    HasSubstr("accelerator.sequencer, waits for the encoder of layer 1")));
}

TEST(AcceleratorTest, WhatCannotBeSimulatedIsRefused) {
  testing::Random random(75);
  const SentenceCase test = RandomSentenceCase(random, 40);
  const auto bound = BindProgram(test.model, test.program);
  ASSERT_OK(bound);
  const auto error_of = [&](const SentenceInput& sentence, const SimulationSettings& settings) {
    return SimulateSentence(*bound, sentence, settings).status().message();
  };
  SentenceInput longer = test.sentence;
  longer.ids.push_back(0);
  EXPECT_THAT(error_of(longer, test.Settings()), HasSubstr("the program is for"));
  SentenceInput unknown = test.sentence;
  unknown.ids.front() = 40;
  EXPECT_THAT(error_of(unknown, test.Settings()), HasSubstr("word 40"));
  SimulationSettings settings = test.Settings();
  settings.thresholds.pop_back();
  EXPECT_THAT(error_of(test.sentence, settings), HasSubstr("thresholds"));
  settings = test.Settings();
  settings.segments = {{1, {0.8, 0}}};
  EXPECT_THAT(error_of(test.sentence, settings), HasSubstr("0.8 V and 0 Hz"));
  settings.segments = {{test.model.config.num_layers + 1, {0.8, 1e9}}};
  EXPECT_THAT(error_of(test.sentence, settings), HasSubstr("segments for"));
  settings = test.Settings();
  settings.hardware.sfu_vectors_per_cycle.value = 2;
  EXPECT_THAT(error_of(test.sentence, settings), HasSubstr("sfu_throughput of 2"));
  settings = test.Settings();
  settings.hardware.dram_port.value = 128;
  EXPECT_THAT(error_of(test.sentence, settings), HasSubstr("dram_port of 128"));
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
