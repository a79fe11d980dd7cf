#include "edgebert/accel/cycle_model.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

#include "edgebert/accel/cycle_machine.h"
#include "edgebert/tiler/timing_rules.h"

namespace edgebert {

std::string_view AcceleratorUnitName(AcceleratorUnit unit) {
  constexpr std::array<std::string_view, kNumAcceleratorUnits> kNames = {
      "DMA", "loader", "array", "emission", "special functions"};
  return kNames[static_cast<size_t>(unit)];
}

CycleModel::Section CycleModel::Compile(const TileSection& section) {
  Section compiled;
  compiled.decides = section.decides;
  for (const Panel& panel : section.panels) {
    compiled.panel_operations.push_back(panel.operation);
  }
  for (const TileOperation& entry : section.operations) {
    Operation operation{};
    operation.array = entry.unit == TileOperation::Unit::kArray;
    operation.input_after = entry.input_after;
    operation.operand_after = entry.operand_after;
    operation.panel = entry.special.panel;
    operation.cycles = entry.special.cycles;
    operation.rows_stationary = entry.array.stationary == Stationary::kRows;
    operation.transposed = entry.array.emission == Emission::kTransposed;
    operation.uses_weights = entry.array.kind == ArrayKind::kWeights;
    operation.stationary_place = StationaryPlace(entry.array);
    operation.streamed_place = StreamedPlace(entry.array);
    operation.first_step = entry.array.first_job;
    operation.end_step = entry.array.first_job + entry.array.jobs;
    compiled.operations.push_back(operation);
  }
  for (const Job& job : section.jobs) {
    Step step{};
    step.emitted = static_cast<uint16_t>(job.emitted);
    step.more = -1;
    step.panel = job.panel;
    step.in_order = job.in_order;
    if (job.runs > 0) {
      const BlockRun& run = section.runs[static_cast<size_t>(job.first_run)];
      step.blocks = run.blocks;
      step.loaded = static_cast<uint16_t>(run.loaded);
      step.streamed = static_cast<uint16_t>(run.streamed);
      step.panel = run.panel;
      step.frees_panel = run.frees_panel;
      if (job.runs > 1) {
        const auto first = section.runs.begin() + job.first_run + 1;
        const auto before = static_cast<int32_t>(compiled.runs.size());
        step.more = static_cast<int32_t>(compiled.more_runs.size());
        compiled.more_runs.push_back({before, before + job.runs - 1});
        compiled.runs.insert(compiled.runs.end(), first, first + job.runs - 1);
      }
    }
    compiled.steps.push_back(step);
  }
  for (const Operation& operation : compiled.operations) {
    FindFollowers(operation, compiled.steps);
  }
  return compiled;
}

/// A job follows the one before without a pause where its weights are there, its first block's load
/// hides behind the block before, computing sets the pace, and the emission of the job before is
/// over when its own begins.
bool CycleModel::Follows(const Step& next, const Step& step) {
  return step.blocks > 0 && step.more < 0 && next.more < 0 && next.in_order &&
         step.streamed >= next.loaded && next.streamed >= next.loaded && next.blocks >= 2 &&
         next.cycles() >= step.emitted;
}

void CycleModel::FindFollowers(const Operation& operation, std::vector<Step>& steps) {
  if (!operation.array || operation.transposed || operation.rows_stationary) {
    return;
  }
  for (int32_t s = operation.end_step - 1; s > operation.first_step; --s) {
    const Step& next = steps[static_cast<size_t>(s)];
    Step& step = steps[static_cast<size_t>(s) - 1];
    const int64_t cycles = next.follower_cycles + next.cycles();
    if (!Follows(next, step) || next.followers == std::numeric_limits<uint16_t>::max() ||
        cycles > std::numeric_limits<int32_t>::max()) {
      continue;
    }
    const auto steps_on = static_cast<uint16_t>(next.followers + 1);
    if (step.panel == next.panel) {
      step.followers = steps_on;
      step.follower_cycles = static_cast<int32_t>(cycles);
    } else if (steps[static_cast<size_t>(s + next.followers)].frees_panel) {
      step.chained = steps_on;
      step.chained_cycles = static_cast<int32_t>(cycles);
    }
  }
}

void CycleModel::AddStage(int section, const TileSection& source,
                          std::vector<int64_t>& ring_bytes) {
  stages_.push_back({section, static_cast<int>(ring_bytes.size())});
  for (const Panel& panel : source.panels) {
    panels_.bytes_before.push_back(panels_.bytes_before.back() + panel.transfer_bytes);
    panels_.unused.push_back(panel.unused ? 1 : 0);
    ring_bytes.push_back(panel.ring_bytes);
  }
}

CycleModel::CycleModel(const TileProgram& program) {
  std::vector<int64_t> ring_bytes;
  panels_.bytes_before.push_back(0);
  sections_.push_back(Compile(program.embedding));
  for (const TileSection& section : program.layers) {
    sections_.push_back(Compile(section));
  }
  for (const TileSection& section : program.off_ramps) {
    sections_.push_back(Compile(section));
  }
  const auto num_layers = static_cast<int>(program.layers.size());
  AddStage(0, program.embedding, ring_bytes);
  for (const TileLayer& layer : program.sequence) {
    layer_stages_.push_back(layer_stages_.empty() ? 0 : static_cast<int>(stages_.size()));
    AddStage(1 + layer.section, program.layers[static_cast<size_t>(layer.section)], ring_bytes);
    if (layer.off_ramp >= 0) {
      AddStage(1 + num_layers + layer.off_ramp,
               program.off_ramps[static_cast<size_t>(layer.off_ramp)], ring_bytes);
    }
  }
  layer_stages_.push_back(static_cast<int>(stages_.size()));
  int64_t held = 0;
  size_t oldest = 0;
  for (const int64_t bytes : ring_bytes) {
    for (held += bytes; held > program.buffers.ring_bytes; ++oldest) {
      held -= ring_bytes[oldest];
    }
    panels_.makes_room.push_back(static_cast<int32_t>(oldest) - 1);
  }
}

int CycleModel::FirstPanelOf(int stage) const {
  return stage == static_cast<int>(stages_.size())
             ? static_cast<int>(panels_.makes_room.size())
             : stages_[static_cast<size_t>(stage)].first_panel;
}

template <typename Spans>
int64_t CycleModel::RunStage(int number, int64_t start, Spans& spans,
                             std::vector<int64_t>& complete, Machine<Spans>& machine) const {
  const Stage& stage = stages_[static_cast<size_t>(number)];
  const Section& section = sections_[static_cast<size_t>(stage.section)];
  const auto ready = [&](int32_t after) {
    return after < 0 ? start : complete[static_cast<size_t>(after)];
  };
  complete.clear();
  for (const Operation& operation : section.operations) {
    spans.Begin(number, static_cast<int>(complete.size()));
    complete.push_back(
        operation.array
            ? machine.RunArray(section, operation, stage.first_panel, ready(operation.input_after),
                               ready(operation.operand_after))
            : machine.RunSpecial(operation, stage.first_panel, ready(operation.input_after)));
  }
  return complete.back() + (section.decides ? kDecisionCycles : 0);
}

template <typename Spans>
std::vector<LayerCycles> CycleModel::RunLayers(int first_layer, int last_layer,
                                               const DmaTiming& dma, Spans& spans) const {
  const auto first_stage_of = [&](int layer) {
    return layer_stages_[static_cast<size_t>(layer - 1)];
  };
  const int first_panel = FirstPanelOf(first_stage_of(first_layer));
  const int end_panel = FirstPanelOf(first_stage_of(last_layer + 1));
  Machine<Spans> machine(panels_, first_panel, end_panel, dma, spans);
  std::vector<LayerCycles> layers;
  std::vector<int64_t> complete;
  int64_t start = 0;
  for (int layer = first_layer; layer <= last_layer; ++layer) {
    LayerCycles cycles;
    for (int stage = first_stage_of(layer); stage < first_stage_of(layer + 1); ++stage) {
      start = RunStage(stage, start, spans, complete, machine);
      if (!sections_[static_cast<size_t>(stages_[static_cast<size_t>(stage)].section)].decides) {
        cycles.encoder_complete = start;
      }
    }
    cycles.decision = start;
    layers.push_back(cycles);
  }
  if (end_panel > first_panel) {
    machine.Arrival(end_panel - 1);
  }
  int begun = first_panel;
  for (size_t i = 0; i < layers.size(); ++i) {
    const int own_end = FirstPanelOf(layer_stages_[static_cast<size_t>(first_layer) + i]);
    begun = std::max(begun, own_end);
    while (begun < end_panel && machine.Begun(begun) < layers[i].decision) {
      ++begun;
    }
    layers[i].bytes_discarded = panels_.bytes_before[static_cast<size_t>(begun)] -
                                panels_.bytes_before[static_cast<size_t>(own_end)];
  }
  if constexpr (Spans::kRecords) {
    for (int stage = first_stage_of(first_layer); stage < first_stage_of(last_layer + 1); ++stage) {
      AddTransfers(stage, machine, spans);
    }
  }
  return layers;
}

template <typename Spans>
void CycleModel::AddTransfers(int number, const Machine<Spans>& machine, Spans& spans) const {
  const Stage& stage = stages_[static_cast<size_t>(number)];
  const std::vector<int>& operations =
      sections_[static_cast<size_t>(stage.section)].panel_operations;
  for (size_t panel = 0; panel < operations.size(); ++panel) {
    const int in_sentence = stage.first_panel + static_cast<int>(panel);
    spans.Begin(number, operations[panel]);
    spans.Add(AcceleratorUnit::kDma, machine.Begun(in_sentence), machine.Arrived(in_sentence));
  }
}

std::vector<LayerCycles> CycleModel::Run(int first_layer, int last_layer,
                                         const DmaTiming& dma) const {
  NoUnitSpans spans;
  return RunLayers(first_layer, last_layer, dma, spans);
}

std::vector<UnitSpan> CycleModel::Timeline(int first_layer, int last_layer,
                                           const DmaTiming& dma) const {
  UnitSpanRecorder spans;
  RunLayers(first_layer, last_layer, dma, spans);
  return spans.Take();
}

}  // namespace edgebert
