#ifndef EDGEBERT_TILER_LAYER_SCHEDULE_H_
#define EDGEBERT_TILER_LAYER_SCHEDULE_H_

#include "edgebert/tiler/section_builder.h"

namespace edgebert {

/// Everything that the sections of a program have in common.
struct ScheduleInput {
  const ModelConfig& config;
  const MachineShape& machine;
  const BufferPlan& plan;
  const WeightMasks& masks;
  int tokens;
};

/// Table look-up and, where the model has one, projection.
TileSection ScheduleEmbedding(const ScheduleInput& input);

/// An encoder layer. Attention head by head, so that the special function unit works on the scores
/// of one head while the array projects the next:
///   QKV(0) S(0) | QKV(1) PV(0) S(1) | QKV(2) PV(1) S(2) | … | PV(last)
/// with softmax after each S; then output projection and AddNorm, pass by pass, and the
/// feed-forward network and AddNorm, pass by pass.
TileSection ScheduleLayer(const ScheduleInput& input, int distinct_layer);

/// Pooling, pooler, classifier and entropy; `index` counts off-ramps with weights of their own.
TileSection ScheduleOffRamp(const ScheduleInput& input, int index);

}  // namespace edgebert

#endif  // EDGEBERT_TILER_LAYER_SCHEDULE_H_
