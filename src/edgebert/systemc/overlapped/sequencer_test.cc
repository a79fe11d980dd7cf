#include "edgebert/systemc/overlapped/sequencer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "edgebert/systemc/bench_testing.h"
#include "edgebert/testing/sentence_case.h"
#include "edgebert/tiler/timing_rules.h"

namespace edgebert::systemc::overlapped {
namespace {

using testing::Sink;

/// Completes operations at once, in program order as the counters want it, and answers each
/// off-ramp with the next of some entropies.
class Machine : public Unit {
 public:
  Machine(sc_core::sc_module_name name, const Clock& clock, const BoundProgram& program,
          std::vector<int32_t> entropies, Channel<int32_t>& answers, Progress& progress)
      : Unit(name, clock),
        program_(program),
        entropies_(std::move(entropies)),
        answers_(answers),
        progress_(progress) {}

  /// In which each stage's last operation showed as complete.
  const std::vector<int64_t>& stage_ends() const { return stage_ends_; }

 protected:
  void Step() override {
    // A stage takes ten cycles, of which the first ones wait for the decision before.
    if (stage_ == program_.stages.size() || ++cycles_ < 10 ||
        progress_.decisions.value() < decisions_) {
      return;
    }
    cycles_ = 0;
    const TileSection& section = *program_.stages[stage_].bound->section;
    for (const TileOperation& operation : section.operations) {
      (operation.unit == TileOperation::Unit::kArray ? progress_.array_operations
                                                     : progress_.special_operations)
          .Increment();
    }
    if (section.decides) {
      answers_.Push(entropies_[decisions_++]);
    }
    stage_ends_.push_back(static_cast<int64_t>(clock().cycle()) + 1);
    ++stage_;
  }

 private:
  const BoundProgram& program_;
  std::vector<int32_t> entropies_;
  Channel<int32_t>& answers_;
  Progress& progress_;
  size_t stage_ = 0;
  int cycles_ = 0;
  uint32_t decisions_ = 0;
  std::vector<int64_t> stage_ends_;
};

TEST(SequencerTest, SendsInstructionsAndLeavesWhereTheEntropyIsBelowTheThreshold) {
  testing::Random random(1);
  int left = 0;
  for (int trial = 0; trial < 60; ++trial) {
    const testing::SentenceCase test = testing::RandomSentenceCase(random, 20);
    const ModelConfig& config = test.model.config;
    const auto bound = BindProgram(test.model, test.program);
    ASSERT_OK(bound);
    std::vector<int32_t> entropies;
    std::vector<int32_t> thresholds;
    for (int i = 0; i < config.num_layers; ++i) {
      entropies.push_back(testing::Pick(random, 0, 9));
      thresholds.push_back(testing::Pick(random, 0, 7));
    }
    int exit_layer = config.num_layers;
    for (size_t i = 0; i < config.off_ramp_layers.size(); ++i) {
      const int layer = config.off_ramp_layers[i];
      if (entropies[i] < thresholds[static_cast<size_t>(layer - 1)]) {
        exit_layer = layer;
        break;
      }
    }
    EXPECT_OK(InSimulation([&] {
      Clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
      Progress progress;
      Channel<FetchPanel> fetches("fetches");
      Channel<LoadBlocks> loads("loads");
      Channel<StreamBlocks> streams("streams");
      Channel<EmitJob> emissions("emissions");
      Channel<SpecialTask> specials("specials");
      Channel<int32_t> answers("answers");
      Sequencer sequencer("sequencer", clock,
                          {.fetches = fetches,
                           .loads = loads,
                           .streams = streams,
                           .emissions = emissions,
                           .specials = specials,
                           .entropies = answers},
                          *bound, thresholds, progress);
      Machine machine("machine", clock, *bound, entropies, answers, progress);
      Sink<FetchPanel> fetch_sink("fetch_sink", clock, fetches);
      Sink<LoadBlocks> load_sink("load_sink", clock, loads);
      Sink<StreamBlocks> stream_sink("stream_sink", clock, streams);
      Sink<EmitJob> emission_sink("emission_sink", clock, emissions);
      Sink<SpecialTask> special_sink("special_sink", clock, specials);
      sequencer.StartSegment(config.num_layers);
      EDGEBERT_RETURN_IF_ERROR(RunUntil(clock, [&] { return sequencer.finished(); }));
      EXPECT_EQ(static_cast<int>(sequencer.layers().size()), exit_layer);
      EXPECT_EQ(sequencer.has_left(), exit_layer < config.num_layers);
      left += sequencer.has_left() ? 1 : 0;
      // Time 0 is when the first instructions reach their units.
      EXPECT_EQ(sequencer.origin(), 1u);
      EXPECT_EQ(fetch_sink.items().empty() ? 1 : fetch_sink.cycles().front(), 1u);
      size_t decided = 0;
      size_t stage = 1;
      for (const LayerTimes& layer : sequencer.layers()) {
        EXPECT_EQ(layer.encoder_complete, machine.stage_ends()[stage] - 1);
        int64_t decision = layer.encoder_complete;
        if (++stage < bound->stages.size() && bound->stages[stage].off_ramp) {
          decision = machine.stage_ends()[stage++] - 1 + kDecisionCycles;
          EXPECT_EQ(layer.entropy, entropies[decided++]);
        }
        EXPECT_EQ(layer.decision, decision);
      }
      // Each unit gets one instruction of its kind a cycle, far ahead of what is decided.
      const auto cycles = static_cast<size_t>(clock.cycle()) - 1;
      size_t panels = 0;
      size_t runs = 0;
      size_t jobs = 0;
      size_t tasks = 0;
      for (const BoundStage& each : bound->stages) {
        const TileSection& section = *each.bound->section;
        panels += section.panels.size();
        runs += section.runs.size();
        jobs += section.jobs.size();
        tasks += static_cast<size_t>(std::count_if(
            section.operations.begin(), section.operations.end(), [](const TileOperation& entry) {
              return entry.unit == TileOperation::Unit::kSpecial;
            }));
      }
      EXPECT_EQ(fetch_sink.items().size(), std::min(cycles, panels));
      EXPECT_EQ(load_sink.items().size(), std::min(cycles, runs));
      EXPECT_EQ(stream_sink.items().size(), std::min(cycles, runs));
      EXPECT_EQ(emission_sink.items().size(), std::min(cycles, jobs));
      EXPECT_EQ(special_sink.items().size(), std::min(cycles, tasks));
      return OkStatus();
    }));
  }
  EXPECT_GT(left, 10);
}

}  // namespace
}  // namespace edgebert::systemc::overlapped
