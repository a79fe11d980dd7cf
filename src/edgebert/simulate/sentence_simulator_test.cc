// Whole sentences: what is simulated, what the closed form says, and what the engine computes.

#include "edgebert/simulate/sentence_simulator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "edgebert/accel/cycle_model.h"
#include "edgebert/model/model_file.h"
#include "edgebert/systemc/overlapped/activity_log.h"
#include "edgebert/testing/testing.h"
#include "edgebert/testing/text_model.h"

namespace edgebert {
namespace {

using systemc::overlapped::TracedUnit;
using ::testing::HasSubstr;

/// Each part of a change is seen at the next edge of the 100 MHz reference clock.
constexpr double kLatestPerTransition = 4 / 100e6;

void ExpectSameRun(const AcceleratorRun& simulated, const AcceleratorRun& estimated) {
  EXPECT_EQ(simulated.exit_layer, estimated.exit_layer);
  EXPECT_EQ(simulated.cycles, estimated.cycles);
  EXPECT_EQ(simulated.ideal_cycles, estimated.ideal_cycles);
  EXPECT_EQ(simulated.offramp_cycles, estimated.offramp_cycles);
  EXPECT_EQ(simulated.special_cycles, estimated.special_cycles);
  EXPECT_EQ(simulated.bytes_discarded, estimated.bytes_discarded);
  EXPECT_EQ(simulated.products_gated, estimated.products_gated);
  EXPECT_EQ(simulated.counts, estimated.counts);
  ASSERT_EQ(simulated.layers.size(), estimated.layers.size());
  size_t transitions = 0;
  for (size_t i = 0; i < simulated.layers.size(); ++i) {
    const AcceleratorLayer& layer = simulated.layers[i];
    EXPECT_EQ(layer.point, estimated.layers[i].point) << "layer " << i + 1;
    EXPECT_EQ(layer.cycles, estimated.layers[i].cycles) << "layer " << i + 1;
    EXPECT_EQ(layer.offramp_cycles, estimated.layers[i].offramp_cycles) << "layer " << i + 1;
    EXPECT_EQ(layer.entropy_nats, estimated.layers[i].entropy_nats) << "layer " << i + 1;
    if (i > 0 && !(layer.point == simulated.layers[i - 1].point)) {
      ++transitions;
    }
  }
  const double late = simulated.time.value() - estimated.time.value();
  EXPECT_GE(late, -1e-12);
  EXPECT_LE(late, kLatestPerTransition * static_cast<double>(transitions) + 1e-12);
}

/// Simulates a text and holds it against the closed form.
AcceleratorRun Check(const AcceleratorModel& model, const ClassifierOptions& options,
                     const std::string& text) {
  const auto sentence = RunDeviceSentence(model, options, text, std::nullopt);
  EXPECT_OK(sentence);
  const auto simulated = SimulateOverlapped(model, *sentence);
  EXPECT_OK(simulated);
  EXPECT_TRUE(simulated->matches_engine);
  ExpectSameRun(simulated->run, EstimateRun(model, *sentence));
  return simulated->run;
}

std::shared_ptr<const AcceleratorModel> ModelOf(const std::string& file) {
  auto model = ReadModelFile(std::filesystem::path(EDGEBERT_SOURCE_DIR) / "models" / file);
  EXPECT_OK(model);
  auto accelerator = AcceleratorModel::Create(std::move(*model), *DefaultHardware());
  EXPECT_OK(accelerator);
  return *accelerator;
}

std::shared_ptr<const AcceleratorModel> SmallModel(uint64_t seed) {
  auto model = AcceleratorModel::Create(testing::TextModel(true, seed), *DefaultHardware());
  EXPECT_OK(model);
  return *model;
}

TEST(SentenceSimulatorTest, DevSentencesTakeWhatTheClosedFormSays) {
  const std::filesystem::path path = testing::SharedDirectory() / "data" / "sst2" / "dev.tsv";
  EDGEBERT_REQUIRE_SHARED(path);
  const auto model = ModelOf("sst2-small.ebm");
  ClassifierOptions options;
  options.policy = Policy::kEarlyExit;
  std::ifstream file(path);
  std::string line;
  for (int row = 0; std::getline(file, line); ++row) {
    if (row % 110 == 1) {
      SCOPED_TRACE(line);
      Check(*model, options, line.substr(0, line.find('\t')));
    }
  }
}

TEST(SentenceSimulatorTest, PlansChangeTheOperatingPointBetweenLayers) {
  const auto model = ModelOf("sst2-small.ebm");
  ClassifierOptions options;
  options.latency_target = *LatencyTarget::Parse("1.3x");
  options.policy = Policy::kPredicted;
  options.threshold_nats = 0.02;
  const AcceleratorRun run = Check(*model, options, "it 's a charming but uneven film");
  ASSERT_GT(run.exit_layer, 1);
  EXPECT_LT(run.layers[1].point.voltage, run.layers[0].point.voltage);
}

TEST(SentenceSimulatorTest, EveryPolicyIsCarriedOut) {
  const auto model = SmallModel(91);
  for (const Policy policy : {Policy::kConventional, Policy::kConventionalStatic,
                              Policy::kEarlyExit, Policy::kEarlyExitStatic}) {
    ClassifierOptions options;
    options.policy = policy;
    for (const std::string& text : testing::RandomSentences(4, 92)) {
      SCOPED_TRACE(text);
      const AcceleratorRun run = Check(*model, options, text);
      if (!UsesEarlyExit(policy)) {
        EXPECT_EQ(run.exit_layer, model->model().config.num_layers);
      }
    }
  }
}

/// First cycle and end of what a unit does for an operation, by unit, stage and operation.
using Ends = std::map<std::tuple<AcceleratorUnit, int, int>, std::pair<int64_t, int64_t>>;

void Extend(AcceleratorUnit unit, int stage, int operation, int64_t begin, int64_t end,
            Ends& ends) {
  const auto [entry, added] = ends.try_emplace({unit, stage, operation}, begin, end);
  if (!added) {
    entry->second.second = std::max(entry->second.second, end);
  }
}

TEST(SentenceSimulatorTest, UnitsWorkWhenTheClosedFormSaysTheyDo) {
  const std::map<TracedUnit, AcceleratorUnit> same_unit = {
      {TracedUnit::kDma, AcceleratorUnit::kDma},
      {TracedUnit::kLoader, AcceleratorUnit::kLoader},
      {TracedUnit::kStreamer, AcceleratorUnit::kArray},
      {TracedUnit::kEmission, AcceleratorUnit::kEmission},
      {TracedUnit::kSpecial, AcceleratorUnit::kSpecial}};
  for (const auto& [model, text] :
       {std::pair(ModelOf("sst2-small.ebm"), "it 's a charming but uneven film"),
        std::pair(SmallModel(95), "a very slow film with a good end")}) {
    SCOPED_TRACE(text);
    const auto sentence =
        RunDeviceSentence(*model, {.policy = Policy::kConventional}, text, std::nullopt);
    ASSERT_OK(sentence);
    systemc::overlapped::ActivityLog activity;
    ASSERT_OK(SimulateOverlapped(*model, *sentence, &activity));
    Ends simulated;
    for (const auto& [traced, unit] : same_unit) {
      for (const systemc::overlapped::ActivitySlice& slice : activity.of(traced)) {
        const auto begin = static_cast<int64_t>(slice.first_cycle - activity.first_cycle);
        Extend(unit, static_cast<int>(slice.stage), static_cast<int>(slice.operation), begin,
               begin + static_cast<int64_t>(slice.cycles), simulated);
      }
    }
    Ends estimated;
    const DmaTiming dma = DmaTimingAt(model->hardware(), model->hardware().nominal().frequency);
    for (const UnitSpan& span :
         CycleModel(sentence->program).Timeline(1, model->model().config.num_layers, dma)) {
      Extend(span.unit, span.stage, span.operation, span.begin, span.end, estimated);
    }
    EXPECT_GT(simulated.size(), 100u);
    EXPECT_EQ(simulated, estimated);
  }
}

TEST(SentenceSimulatorTest, OtherArraysGiveTheSameBits) {
  for (const int n : {4, 8, 32}) {
    SCOPED_TRACE(n);
    HardwareDescription hardware = *DefaultHardware();
    hardware.vector_size.value = n;
    const auto model = AcceleratorModel::Create(testing::TextModel(true, 93), hardware);
    ASSERT_OK(model);
    Check(**model, {.policy = Policy::kEarlyExit}, "a very slow film with a good end");
  }
}

TEST(SentenceSimulatorTest, ADifferenceOfOneBitIsSeen) {
  const auto model = SmallModel(94);
  auto sentence =
      RunDeviceSentence(*model, {.policy = Policy::kConventional}, "good fun", std::nullopt);
  ASSERT_OK(sentence);
  const auto matches = [&] {
    const auto simulated = SimulateOverlapped(*model, *sentence);
    EXPECT_OK(simulated);
    return simulated->matches_engine;
  };
  EXPECT_TRUE(matches());
  sentence->logits[0] += 1.0F / (1 << 16);
  EXPECT_FALSE(matches());
  sentence->logits[0] -= 1.0F / (1 << 16);
  *sentence->entropies_nats[0] += 1.0 / (1 << 16);
  EXPECT_FALSE(matches());
  *sentence->entropies_nats[0] -= 1.0 / (1 << 16);
  EXPECT_TRUE(matches());
  // A sentence that leaves elsewhere.
  sentence->exit_below[0] = 100;
  EXPECT_FALSE(matches());
}

TEST(SentenceSimulatorTest, WhatCannotRunIsRefused) {
  EXPECT_THAT(
      AcceleratorModel::Create(testing::TextModel(false, 1), *DefaultHardware()).status().message(),
      HasSubstr("--calibrate"));
  HardwareDescription hardware = *DefaultHardware();
  hardware.buffers.auxiliary.value = Bytes(64);
  const auto small = AcceleratorModel::Create(testing::TextModel(true, 1), hardware);
  ASSERT_OK(small);
  EXPECT_THAT(RunDeviceSentence(**small, {}, "a very slow film", std::nullopt).status().message(),
              HasSubstr("auxiliary buffer"));
}

}  // namespace
}  // namespace edgebert
