#ifndef EDGEBERT_ACCEL_CYCLE_MODEL_H_
#define EDGEBERT_ACCEL_CYCLE_MODEL_H_

#include <cstdint>
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

 private:
  class Machine;

  /// A Job with its first run.
  struct Step {
    int32_t blocks;  ///< Of the first run; 0: no run.
    int32_t loaded;
    int32_t streamed;
    int32_t emitted;
    int32_t panel;       ///< Of the section; -1: none.
    int32_t more_runs;   ///< After the first.
    int32_t first_more;  ///< Of BlockRuns.
    bool frees_panel;
    bool in_order;
    /// Steps after this one that follow without a pause, if emission keeps up with this one; and
    /// the cycles of the array until the last of them is computed.
    int32_t followers;
    int64_t follower_cycles;
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
    std::vector<BlockRun> more_runs;
    int32_t panels;
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
  static void FindFollowers(const Operation& operation, std::vector<Step>& steps);
  void AddStage(int section, const TileSection& source, std::vector<int64_t>& ring_bytes);

  std::vector<Section> sections_;
  std::vector<Stage> stages_;
  std::vector<int> layer_stages_;  ///< [num_layers + 1]: the first stage of each; 0 is layer 1's.
  Panels panels_;
};

}  // namespace edgebert

#endif  // EDGEBERT_ACCEL_CYCLE_MODEL_H_
