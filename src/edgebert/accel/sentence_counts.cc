#include "edgebert/accel/sentence_counts.h"

#include <algorithm>
#include <cstddef>

#include "edgebert/tiler/machine_shape.h"

namespace edgebert {

TileCounts CountLayers(const TileProgram& program, int first_layer, int last_layer) {
  TileCounts counts;
  ForEachSection(program, first_layer, last_layer,
                 [&](const TileSection& section) { counts += section.counts; });
  return counts;
}

SentenceCounts CountSentence(const TileProgram& program, const CycleModel& model,
                             std::span<const ClockSegment> segments, int exit_layer) {
  SentenceCounts sentence;
  for (const ClockSegment& segment : segments) {
    if (segment.first_layer > exit_layer) {
      break;
    }
    const std::vector<LayerCycles> layers =
        model.Run(segment.first_layer, segment.last_layer, segment.dma);
    const int last = std::min(segment.last_layer, exit_layer);
    const auto count = static_cast<size_t>(last - segment.first_layer + 1);
    for (const LayerCycles& layer : std::span(layers).first(count)) {
      sentence.offramp_cycles += layer.decision - layer.encoder_complete;
    }
    sentence.cycles += layers[count - 1].decision;
    sentence.bytes_discarded = layers[count - 1].bytes_discarded;
    sentence.layers.insert(sentence.layers.end(), layers.begin(),
                           layers.begin() + static_cast<std::ptrdiff_t>(count));
  }
  sentence.counts = CountLayers(program, 1, exit_layer);
  const int64_t lanes = int64_t{program.vector_size} * program.vector_size;
  sentence.ideal_cycles = CeilDivide(sentence.counts.macs, lanes);
  return sentence;
}

}  // namespace edgebert
