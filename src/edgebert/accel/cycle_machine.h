#ifndef EDGEBERT_ACCEL_CYCLE_MACHINE_H_
#define EDGEBERT_ACCEL_CYCLE_MACHINE_H_

// The inside of CycleModel.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "edgebert/accel/cycle_model.h"
#include "edgebert/tiler/timing_rules.h"

namespace edgebert {

/// Leaves no trace.
struct NoUnitSpans {
  static constexpr bool kRecords = false;
  void Begin(int, int) {}
  void Add(AcceleratorUnit, int64_t, int64_t) {}
};

/// Collects what units do, one operation after the other.
class UnitSpanRecorder {
 public:
  static constexpr bool kRecords = true;

  void Begin(int stage, int operation) {
    stage_ = stage;
    operation_ = operation;
  }
  /// Of the operation that has begun; what follows without a pause becomes one span.
  void Add(AcceleratorUnit unit, int64_t begin, int64_t end) {
    int& last = last_[static_cast<size_t>(unit)];
    if (last >= 0) {
      UnitSpan& span = spans_[static_cast<size_t>(last)];
      if (span.stage == stage_ && span.operation == operation_ && begin <= span.end) {
        span.end = std::max(span.end, end);
        return;
      }
    }
    if (begin < end) {
      last = static_cast<int>(spans_.size());
      spans_.push_back({unit, stage_, operation_, begin, end});
    }
  }
  std::vector<UnitSpan> Take() { return std::move(spans_); }

 private:
  int stage_ = 0;
  int operation_ = 0;
  std::array<int, kNumAcceleratorUnits> last_ = {-1, -1, -1, -1, -1};
  std::vector<UnitSpan> spans_;
};

/// The state of all units at one point of the program. Times are cycles from the segment's start.
template <typename Spans>
class CycleModel::Machine {
 public:
  Machine(const Panels& panels, int first_panel, int end_panel, const DmaTiming& dma, Spans& spans)
      : panels_(panels),
        spans_(spans),
        first_(first_panel),
        dma_(dma),
        times_(static_cast<size_t>(end_panel - first_panel)) {
    // A division less for every panel where the memory is slower than the port anyway.
    if (dma_.cycles_per_byte * static_cast<double>(dma_.port_bytes) > 1 + 1e-9) {
      dma_.port_bytes = 0;
    }
  }

  /// When the transfer of a panel began that has been asked for; Arrival() of the last one asks for
  /// all.
  int64_t Begun(int panel) const { return times_[Index(panel)].begun; }
  /// When it ended, of the same.
  int64_t Arrived(int panel) const { return times_[Index(panel)].arrived; }

  /// When the last byte of a panel has arrived. Panels up to it are requested as the ring's room
  /// allows; those that make room have been freed by operations before.
  int64_t Arrival(int panel) {
    const size_t index = Index(panel);
    for (; requested_ <= index; ++requested_) {
      const size_t number = requested_ + static_cast<size_t>(first_);
      const int oldest = panels_.makes_room[number] - first_;
      const int64_t request = oldest < 0 ? 0 : times_[static_cast<size_t>(oldest)].released;
      const int64_t begin = std::max(request + dma_.latency_cycles, channel_free_);
      channel_free_ = begin + dma_.TransferCycles(panels_.bytes_before[number + 1] -
                                                  panels_.bytes_before[number]);
      times_[requested_].begun = begin;
      times_[requested_].arrived = channel_free_;
      if (panels_.unused[number] != 0) {
        Free(static_cast<int>(number), channel_free_);
      }
    }
    return times_[index].arrived;
  }

  /// Frees a panel; the ring's room comes back in the order of use.
  void Free(int panel, int64_t time) {
    const size_t index = Index(panel);
    times_[index].released = index == 0 ? time : std::max(times_[index - 1].released, time);
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
    spans_.Add(AcceleratorUnit::kSpecial, start, special_free_);
    const int64_t complete = special_free_ + kSfuDepth;
    if (operation.panel >= 0) {
      Free(panel_base + operation.panel, complete);
    }
    return complete;
  }

 private:
  struct PanelTimes {
    int64_t begun;
    int64_t arrived;
    int64_t released;  ///< The panel and all before it are free.
  };

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
        if (step.more >= 0) {
          const Runs& more = section.more_runs[static_cast<size_t>(step.more)];
          for (int32_t r = more.first; r < more.end; ++r) {
            RunBlocks<kWeights, kRowsStay>(section.runs[static_cast<size_t>(r)], panel_base,
                                           input_ready, operand_ready);
          }
        }
      } else {
        start = std::max(input_ready, Arrival(panel_base + step.panel));
      }
      emit_start_ = std::max({computed_ + kMacDepth, emit_end_, start});
      emit_end_ = emit_start_ + step.emitted;
      AddEmission(emit_start_, step.emitted);
      next_waits_ = operation.transposed || step.blocks == 0;
      if (emit_start_ == computed_ + kMacDepth) {
        s = Follow<kWeights>(section, s, panel_base);
      }
    }
    return emit_end_ + kEmitDepth;
  }

  /// Jumps over jobs that follow step `s` without a pause; returns the last of them. Those of other
  /// panels do if the panel has arrived when the array can load it.
  template <bool kWeights>
  int32_t Follow(const Section& section, int32_t s, int panel_base) {
    const Step* const steps = section.steps.data();
    const Step* last = steps + s;
    int64_t computed = computed_;
    if (last->followers > 0) {
      computed += last->follower_cycles;
      last += last->followers;
      if (kWeights && last->frees_panel) {
        Free(panel_base + last->panel, computed - 2 * last->streamed + last->loaded);
      }
    }
    while (kWeights && last->chained > 0) {
      const Step& next = last[1];
      if (Arrival(panel_base + next.panel) > computed - next.loaded) {
        break;
      }
      computed += last->chained_cycles;
      last += last->chained;
      Free(panel_base + last->panel, computed - 2 * last->streamed + last->loaded);
    }
    if (computed == computed_) {
      return s;
    }
    computed_before_ = computed - last->streamed;
    const int64_t loaded = computed_before_ - last->streamed + last->loaded;
    if constexpr (Spans::kRecords) {
      spans_.Add(AcceleratorUnit::kLoader, loaded_, loaded);
      RecordFollowers(steps + s + 1, last, computed_);
    }
    loaded_ = loaded;
    computed_ = computed;
    emit_start_ = computed_ + kMacDepth;
    emit_end_ = emit_start_ + last->emitted;
    return static_cast<int32_t>(last - steps);
  }

  /// Array and emission of steps first to last, of which the array takes up the first at `start`.
  void RecordFollowers(const Step* first, const Step* last, int64_t start) {
    for (const Step* step = first; step <= last; ++step) {
      const int64_t end = start + step->cycles();
      spans_.Add(AcceleratorUnit::kArray, start, end);
      AddEmission(end + kMacDepth, step->emitted);
      start = end;
    }
  }

  /// `vectors` that enter the emission path from `entered` on; it works when they leave it.
  void AddEmission(int64_t entered, int64_t vectors) {
    spans_.Add(AcceleratorUnit::kEmission, entered + kEmitDepth, entered + kEmitDepth + vectors);
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
    spans_.Add(AcceleratorUnit::kLoader, load0 - l, loaded_);
    spans_.Add(AcceleratorUnit::kArray, compute0 - s, computed_);
  }

  const Panels& panels_;
  Spans& spans_;
  int first_;
  DmaTiming dma_;
  std::vector<PanelTimes> times_;
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

}  // namespace edgebert

#endif  // EDGEBERT_ACCEL_CYCLE_MACHINE_H_
