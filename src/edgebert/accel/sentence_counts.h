#ifndef EDGEBERT_ACCEL_SENTENCE_COUNTS_H_
#define EDGEBERT_ACCEL_SENTENCE_COUNTS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "edgebert/accel/cycle_model.h"
#include "edgebert/tiler/dma_timing.h"
#include "edgebert/tiler/tile_program.h"

namespace edgebert {

/// Consecutive layers at one operating point. Weights are not fetched ahead over its end.
struct ClockSegment {
  int first_layer;
  int last_layer;
  DmaTiming dma;
};

/// What a sentence takes of the accelerator up to the decision of its exit layer.
struct SentenceCounts {
  int64_t cycles = 0;           ///< Of all segments, each at its own clock.
  int64_t ideal_cycles = 0;     ///< n² products that the result needs in every cycle.
  int64_t offramp_cycles = 0;   ///< From the end of each layer's encoder to its decision.
  int64_t bytes_discarded = 0;  ///< Of panels fetched for layers that did not run.
  TileCounts counts;            ///< Without what was discarded.
  /// Of the layers that ran, each from the start of its segment. [exit_layer]
  std::vector<LayerCycles> layers;

  /// Above 1 where enough weight vectors are zero: products with them are needed, not issued.
  double mac_utilisation() const {
    return cycles > 0 ? static_cast<double>(ideal_cycles) / static_cast<double>(cycles) : 0;
  }
};

/// `segments` cover layers 1 to at least `exit_layer` in order; `model` was made of `program`.
SentenceCounts CountSentence(const TileProgram& program, const CycleModel& model,
                             std::span<const ClockSegment> segments, int exit_layer);

/// Calls `visit` with the section of every one of the layers first to last: the embedding with
/// layer 1, encoder and off-ramp of each.
template <typename Visitor>
void ForEachSection(const TileProgram& program, int first_layer, int last_layer, Visitor visit) {
  if (first_layer == 1) {
    visit(program.embedding);
  }
  for (int layer = first_layer; layer <= last_layer; ++layer) {
    const TileLayer& entry = program.sequence[static_cast<size_t>(layer - 1)];
    visit(program.layers[static_cast<size_t>(entry.section)]);
    if (entry.off_ramp >= 0) {
      visit(program.off_ramps[static_cast<size_t>(entry.off_ramp)]);
    }
  }
}

/// Events of the layers first to last, the embedding with layer 1.
TileCounts CountLayers(const TileProgram& program, int first_layer, int last_layer);

}  // namespace edgebert

#endif  // EDGEBERT_ACCEL_SENTENCE_COUNTS_H_
