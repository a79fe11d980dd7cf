#ifndef EDGEBERT_ACCEL_CYCLE_MODEL_H_
#define EDGEBERT_ACCEL_CYCLE_MODEL_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "edgebert/tiler/dma_timing.h"
#include "edgebert/tiler/tile_program.h"

namespace edgebert {

/// When a layer is through, in cycles from the start of its segment.
struct LayerCycles {
  int64_t encoder_complete = 0;
  /// Its off-ramp has decided; without one, as encoder_complete.
  int64_t decision = 0;
  /// Bytes of panels of later layers whose transfer has begun when the sentence leaves here.
  int64_t bytes_discarded = 0;

  bool operator==(const LayerCycles&) const = default;
};

/// What works for a sentence, as units of its own. The streamer works when the array does.
enum class AcceleratorUnit : uint8_t { kDma, kLoader, kArray, kEmission, kSpecial };
inline constexpr int kNumAcceleratorUnits = 5;
std::string_view AcceleratorUnitName(AcceleratorUnit unit);  ///< "DMA", "loader", "array", …

/// Cycles in which a unit works for one operation, in cycles from the start of the segment. The
/// loader pauses within them while the array sets the pace, and the array while loading does.
struct UnitSpan {
  AcceleratorUnit unit;
  int stage;      ///< Of the sentence, as StageNames counts them.
  int operation;  ///< Of the stage's section.
  int64_t begin;
  int64_t end;
};

/// Times of a tile program in closed form, by the rules of docs/accelerator.md: the same cycles as
/// a simulation, block by block, of what it describes. Blocks that are alike are jumped over.
class CycleModel {
 public:
  /// Copies what it needs of `program`.
  explicit CycleModel(const TileProgram& program);

  /// Layers first_layer to last_layer at one clock, with all units idle and the ring empty at the
  /// start; the embedding belongs to layer 1. 1 ≤ first_layer ≤ last_layer ≤ num_layers. The times
  /// of a layer do not depend on whether later ones run. [last_layer - first_layer + 1]
  std::vector<LayerCycles> Run(int first_layer, int last_layer, const DmaTiming& dma) const;

  /// What every unit does when, for the same layers: spans of a unit in order of time.
  std::vector<UnitSpan> Timeline(int first_layer, int last_layer, const DmaTiming& dma) const;

 private:
  template <typename Spans>
  class Machine;

  /// A Job with its first run. There are thousands a layer, and few of them are looked at: they are
  /// kept small for the cache's sake.
  struct Step {
    int32_t blocks;  ///< Of the first run; 0: no run.
    int32_t panel;   ///< Of the section; -1: none.
    int32_t more;    ///< Of Section::more_runs, after the first; -1: none.
    /// Cycles of the array until the last of `followers`, or of `chained`, is computed.
    int32_t follower_cycles;
    int32_t chained_cycles;
    uint16_t loaded;
    uint16_t streamed;
    uint16_t emitted;
    /// Steps with the same panel after this one that follow without a pause, if emission keeps up
    /// with this one.
    uint16_t followers;
    /// The same of all steps of the next panel, which must be there; 0: it is not that simple.
    uint16_t chained;
    bool frees_panel;
    bool in_order;

    int64_t cycles() const { return int64_t{blocks} * streamed; }
  };

  /// A range of Section::runs.
  struct Runs {
    int32_t first;
    int32_t end;
  };

  struct Operation {
    bool array;
    bool rows_stationary;
    bool transposed;
    bool uses_weights;
    int32_t stationary_place;  ///< Array: where loading and streaming read.
    int32_t streamed_place;
    int32_t first_step;  ///< Array.
    int32_t end_step;
    int32_t panel;   ///< Special.
    int64_t cycles;  ///< Special.
    int32_t input_after;
    int32_t operand_after;
  };

  struct Section {
    std::vector<Operation> operations;
    std::vector<Step> steps;
    std::vector<BlockRun> runs;  ///< But the first of each step.
    std::vector<Runs> more_runs;
    std::vector<int> panel_operations;  ///< [panels]
    bool decides;
  };

  /// A section in the order of execution.
  struct Stage {
    int section;      ///< Of sections_.
    int first_panel;  ///< Of the sentence.
  };

  /// All panels of the sentence, in order of use.
  struct Panels {
    std::vector<int64_t> bytes_before;  ///< [panels + 1]: of all panels before.
    /// The newest panel that must have gone from the ring for this one to fit; -1: none.
    std::vector<int32_t> makes_room;
    std::vector<uint8_t> unused;  ///< 1: free once it has arrived.
  };

  static Section Compile(const TileSection& section);
  static bool Follows(const Step& next, const Step& step);
  static void FindFollowers(const Operation& operation, std::vector<Step>& steps);
  void AddStage(int section, const TileSection& source, std::vector<int64_t>& ring_bytes);

  /// Of the first panel of a stage or, past the last stage, how many there are.
  int FirstPanelOf(int stage) const;
  /// Returns when the stage is through; `complete` is room for the times of its operations.
  template <typename Spans>
  int64_t RunStage(int number, int64_t start, Spans& spans, std::vector<int64_t>& complete,
                   Machine<Spans>& machine) const;
  template <typename Spans>
  std::vector<LayerCycles> RunLayers(int first_layer, int last_layer, const DmaTiming& dma,
                                     Spans& spans) const;
  template <typename Spans>
  void AddTransfers(int number, const Machine<Spans>& machine, Spans& spans) const;

  std::vector<Section> sections_;
  std::vector<Stage> stages_;
  std::vector<int> layer_stages_;  ///< [num_layers + 1]: the first stage of each; 0 is layer 1's.
  Panels panels_;
};

}  // namespace edgebert

#endif  // EDGEBERT_ACCEL_CYCLE_MODEL_H_
