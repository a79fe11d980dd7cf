#ifndef EDGEBERT_ACCEL_SENTENCE_COUNTS_H_
#define EDGEBERT_ACCEL_SENTENCE_COUNTS_H_

#include <cstdint>
#include <span>

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

  /// Above 1 where enough weight vectors are zero: products with them are needed, not issued.
  double mac_utilisation() const {
    return cycles > 0 ? static_cast<double>(ideal_cycles) / static_cast<double>(cycles) : 0;
  }
};

/// `segments` cover layers 1 to at least `exit_layer` in order; `model` was made of `program`.
SentenceCounts CountSentence(const TileProgram& program, const CycleModel& model,
                             std::span<const ClockSegment> segments, int exit_layer);

/// Events of the layers first to last, the embedding with layer 1.
TileCounts CountLayers(const TileProgram& program, int first_layer, int last_layer);

}  // namespace edgebert

#endif  // EDGEBERT_ACCEL_SENTENCE_COUNTS_H_
