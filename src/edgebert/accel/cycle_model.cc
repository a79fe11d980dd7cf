#include "edgebert/accel/cycle_model.h"

#include <algorithm>

#include "edgebert/tiler/timing_rules.h"

namespace edgebert {

CycleModel::Section CycleModel::Compile(const TileSection& section) {
  Section compiled;
  compiled.panels = static_cast<int32_t>(section.panels.size());
  compiled.decides = section.decides;
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
    step.emitted = job.emitted;
    step.panel = job.panel;
    step.in_order = job.in_order;
    if (job.runs > 0) {
      const BlockRun& run = section.runs[static_cast<size_t>(job.first_run)];
      step.blocks = run.blocks;
      step.loaded = run.loaded;
      step.streamed = run.streamed;
      step.panel = run.panel;
      step.frees_panel = run.frees_panel;
      step.more_runs = job.runs - 1;
      step.first_more = static_cast<int32_t>(compiled.more_runs.size());
      const auto first = section.runs.begin() + job.first_run + 1;
      compiled.more_runs.insert(compiled.more_runs.end(), first, first + step.more_runs);
    }
    compiled.steps.push_back(step);
  }
  for (const Operation& operation : compiled.operations) {
    FindFollowers(operation, compiled.steps);
  }
  return compiled;
}

/// A job follows the one before without a pause where nothing new is waited for (the same panel, or
/// none), its first block's load hides behind the block before, computing sets the pace, and the
/// emission of the job before is over when its own begins.
void CycleModel::FindFollowers(const Operation& operation, std::vector<Step>& steps) {
  if (!operation.array || operation.transposed || operation.rows_stationary) {
    return;
  }
  for (int32_t s = operation.end_step - 1; s > operation.first_step; --s) {
    const Step& next = steps[static_cast<size_t>(s)];
    Step& step = steps[static_cast<size_t>(s) - 1];
    const int64_t cycles = int64_t{next.blocks} * next.streamed;
    if (step.blocks > 0 && step.more_runs == 0 && next.more_runs == 0 && next.in_order &&
        step.panel == next.panel && step.streamed >= next.loaded && next.streamed >= next.loaded &&
        next.blocks >= 2 && cycles >= step.emitted) {
      step.followers = next.followers + 1;
      step.follower_cycles = next.follower_cycles + cycles;
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

/// The state of all units at one point of the program. Times are cycles from the segment's start.
class CycleModel::Machine {
 public:
  Machine(const Panels& panels, int first_panel, int end_panel, const DmaTiming& dma)
      : panels_(panels),
        first_(first_panel),
        dma_(dma),
        begun_(static_cast<size_t>(end_panel - first_panel)),
        arrived_(begun_.size()),
        released_(begun_.size()) {}

  /// When the transfer of a panel began that has been asked for; Arrival() of the last one asks for
  /// all.
  int64_t Begun(int panel) const { return begun_[Index(panel)]; }

  /// When the last byte of a panel has arrived. Panels up to it are requested as the ring's room
  /// allows; those that make room have been freed by operations before.
  int64_t Arrival(int panel) {
    const size_t index = Index(panel);
    for (; requested_ <= index; ++requested_) {
      const size_t number = requested_ + static_cast<size_t>(first_);
      const int oldest = panels_.makes_room[number] - first_;
      const int64_t request = oldest < 0 ? 0 : released_[static_cast<size_t>(oldest)];
      const int64_t begin = std::max(request + dma_.latency_cycles, channel_free_);
      channel_free_ = begin + dma_.TransferCycles(panels_.bytes_before[number + 1] -
                                                  panels_.bytes_before[number]);
      begun_[requested_] = begin;
      arrived_[requested_] = channel_free_;
      if (panels_.unused[number] != 0) {
        Free(static_cast<int>(number), channel_free_);
      }
    }
    return arrived_[index];
  }

  /// Frees a panel; the ring's room comes back in the order of use.
  void Free(int panel, int64_t time) {
    const size_t index = Index(panel);
    released_[index] = index == 0 ? time : std::max(released_[index - 1], time);
  }

  /// The jobs of an array operation; returns when it is complete.
  int64_t RunArray(const Section& section, const Operation& operation, int panel_base,
                   int64_t input_ready, int64_t operand_ready) {
    if (!operation.uses_weights) {
      return RunJobs<false, false>(section, operation, panel_base, input_ready, operand_ready);
    }
    return operation.rows_stationary
               ? RunJobs<true, true>(section, operation, panel_base, input_ready, operand_ready)
               : RunJobs<true, false>(section, operation, panel_base, input_ready, operand_ready);
  }

  /// Returns when the operation is complete.
  int64_t RunSpecial(const Operation& operation, int panel_base, int64_t input_ready) {
    int64_t start = std::max(special_free_, input_ready);
    if (operation.panel >= 0) {
      start = std::max(start, Arrival(panel_base + operation.panel));
    }
    special_free_ = start + operation.cycles;
    const int64_t complete = special_free_ + kSfuDepth;
    if (operation.panel >= 0) {
      Free(panel_base + operation.panel, complete);
    }
    return complete;
  }

 private:
  template <bool kWeights, bool kRowsStay>
  int64_t RunJobs(const Section& section, const Operation& operation, int panel_base,
                  int64_t input_ready, int64_t operand_ready) {
    for (int32_t s = operation.first_step; s < operation.end_step; ++s) {
      const Step& step = section.steps[static_cast<size_t>(s)];
      accumulators_ready_ = next_waits_ || !step.in_order ? emit_end_ : emit_start_ - kMacDepth;
      int64_t start = 0;
      if (step.blocks > 0) {
        if (streamed_place_ == operation.stationary_place) {
          computed_before_ = computed_;  // Loading waits for the read port.
        }
        streamed_place_ = operation.streamed_place;
        RunBlocks<kWeights, kRowsStay>(step, panel_base, input_ready, operand_ready);
        for (int32_t r = step.first_more; r < step.first_more + step.more_runs; ++r) {
          RunBlocks<kWeights, kRowsStay>(section.more_runs[static_cast<size_t>(r)], panel_base,
                                         input_ready, operand_ready);
        }
      } else {
        start = std::max(input_ready, Arrival(panel_base + step.panel));
      }
      emit_start_ = std::max({computed_ + kMacDepth, emit_end_, start});
      emit_end_ = emit_start_ + step.emitted;
      next_waits_ = operation.transposed || step.blocks == 0;
      if (step.followers > 0 && emit_start_ == computed_ + kMacDepth) {
        s += step.followers;
        Follow<kWeights>(section.steps[static_cast<size_t>(s)], step.follower_cycles, panel_base);
      }
    }
    return emit_end_ + kEmitDepth;
  }

  /// Jumps over jobs that follow without a pause, to the end of the last of them.
  template <bool kWeights>
  void Follow(const Step& last, int64_t cycles, int panel_base) {
    computed_ += cycles;
    computed_before_ = computed_ - last.streamed;
    loaded_ = computed_before_ - last.streamed + last.loaded;
    emit_start_ = computed_ + kMacDepth;
    emit_end_ = emit_start_ + last.emitted;
    if (kWeights && last.frees_panel) {
      Free(panel_base + last.panel, loaded_);
    }
  }

  size_t Index(int panel) const { return static_cast<size_t>(panel - first_); }

  /// Blocks that are alike. Only the first can wait for operands or accumulators; from the third on
  /// the slower of loading and computing sets the pace:
  ///   s ≥ l: compute_end(b) = compute_end(0) + b s,  load_end(b) = compute_end(b - 2) + l
  ///   s < l: load_end(b) = load_end(2) + (b - 2) l,  compute_end(b) = load_end(b) + s
  template <bool kWeights, bool kRowsStay, typename Blocks>
  void RunBlocks(const Blocks& run, int panel_base, int64_t input_ready, int64_t operand_ready) {
    const int64_t l = run.loaded;
    const int64_t s = run.streamed;
    const int64_t weights = kWeights ? Arrival(panel_base + run.panel) : operand_ready;
    const int64_t stationary = kRowsStay ? input_ready : weights;
    const int64_t streamed = kRowsStay ? weights : input_ready;
    const int64_t load0 = std::max({loaded_, computed_before_, stationary}) + l;
    const int64_t compute0 = std::max({computed_, load0, streamed, accumulators_ready_}) + s;
    accumulators_ready_ = 0;  // Only the job's first block waits for them.
    const int64_t last = run.blocks - 1;
    if (last == 0) {
      loaded_ = load0;
      computed_before_ = computed_;
      computed_ = compute0;
    } else if (s >= l) {
      loaded_ = last == 1 ? std::max(load0, computed_) + l : compute0 + (last - 2) * s + l;
      computed_before_ = compute0 + (last - 1) * s;
      computed_ = compute0 + last * s;
    } else {
      const int64_t load1 = std::max(load0, computed_) + l;
      if (last == 1) {
        loaded_ = load1;
        computed_before_ = compute0;
        computed_ = std::max(compute0, load1) + s;
      } else {
        loaded_ = std::max(load1, compute0) + (last - 1) * l;
        computed_before_ = loaded_ - l + s;
        computed_ = loaded_ + s;
      }
    }
    if (kWeights && run.frees_panel) {
      Free(panel_base + run.panel, kRowsStay ? computed_ : loaded_);
    }
  }

  const Panels& panels_;
  int first_;
  DmaTiming dma_;
  std::vector<int64_t> begun_;
  std::vector<int64_t> arrived_;
  std::vector<int64_t> released_;  ///< The panel and all before it are free.
  size_t requested_ = 0;
  int64_t channel_free_ = 0;

  int64_t loaded_ = 0;           ///< Of the last block.
  int64_t computed_ = 0;         ///< Of the last block.
  int64_t computed_before_ = 0;  ///< Of the block before it.
  int32_t streamed_place_ = -1;  ///< Of the last block.
  int64_t emit_start_ = 0;       ///< Of the last job.
  int64_t emit_end_ = 0;
  bool next_waits_ = false;  ///< The next job, until the last one's emission is over.
  int64_t accumulators_ready_ = 0;
  int64_t special_free_ = 0;
};

std::vector<LayerCycles> CycleModel::Run(int first_layer, int last_layer,
                                         const DmaTiming& dma) const {
  const int first_stage = layer_stages_[static_cast<size_t>(first_layer - 1)];
  const int end_stage = layer_stages_[static_cast<size_t>(last_layer)];
  const auto panel_of = [&](int stage) {
    return stage == static_cast<int>(stages_.size())
               ? static_cast<int>(panels_.makes_room.size())
               : stages_[static_cast<size_t>(stage)].first_panel;
  };
  const int first_panel = panel_of(first_stage);
  const int end_panel = panel_of(end_stage);
  Machine machine(panels_, first_panel, end_panel, dma);
  std::vector<LayerCycles> layers;
  std::vector<int64_t> complete;
  int64_t start = 0;
  for (int layer = first_layer; layer <= last_layer; ++layer) {
    LayerCycles cycles;
    for (int stage = layer_stages_[static_cast<size_t>(layer - 1)];
         stage < layer_stages_[static_cast<size_t>(layer)]; ++stage) {
      const Section& section =
          sections_[static_cast<size_t>(stages_[static_cast<size_t>(stage)].section)];
      const int panel_base = stages_[static_cast<size_t>(stage)].first_panel;
      complete.clear();
      for (const Operation& operation : section.operations) {
        const auto ready = [&](int32_t after) {
          return after < 0 ? start : complete[static_cast<size_t>(after)];
        };
        complete.push_back(
            operation.array
                ? machine.RunArray(section, operation, panel_base, ready(operation.input_after),
                                   ready(operation.operand_after))
                : machine.RunSpecial(operation, panel_base, ready(operation.input_after)));
      }
      start = complete.back();
      if (section.decides) {
        start += kDecisionCycles;
      } else {
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
    const int own_end = panel_of(layer_stages_[static_cast<size_t>(first_layer) + i]);
    begun = std::max(begun, own_end);
    while (begun < end_panel && machine.Begun(begun) < layers[i].decision) {
      ++begun;
    }
    layers[i].bytes_discarded = panels_.bytes_before[static_cast<size_t>(begun)] -
                                panels_.bytes_before[static_cast<size_t>(own_end)];
  }
  return layers;
}

}  // namespace edgebert
