#ifndef EDGEBERT_PIPELINE_WEIGHT_STUDY_H_
#define EDGEBERT_PIPELINE_WEIGHT_STUDY_H_

#include <vector>

#include "edgebert/accel/memory_plan.h"
#include "edgebert/base/status.h"
#include "edgebert/base/units.h"
#include "edgebert/model/model.h"

namespace edgebert {

/// The sentence that stands for all, on average.
struct MeanSentence {
  double tokens = 0;
  double exit_layer = 0;
};

/// Mean token count, and mean exit layer at the model's own threshold, over its calibration record;
/// without a record, 25 tokens that leave after the last layer.
MeanSentence MeanOfRecord(const Model& model);

/// Bytes of weights as they are stored.
struct WeightBytes {
  Bytes layer;      ///< A distinct encoder layer, on average.
  Bytes off_ramp;   ///< An off-ramp, on average over layers; 0 without off-ramps.
  Bytes off_ramps;  ///< All of them.
  int distinct_layers = 0;
  int layers = 0;

  /// With `distinct` layers of the same size instead of the model's own.
  Bytes Stored(int distinct) const { return distinct * layer + off_ramps; }
  /// What a sentence that leaves after `exit_layer` layers streams: a layer's weights as often as
  /// it runs, whether others share them or not.
  Bytes Streamed(double exit_layer) const { return exit_layer * (layer + off_ramp); }
};

WeightBytes CountWeightBytes(const Model& model);

/// A row of the table of places: this many distinct layers, kept there.
struct WeightPlacement {
  int distinct_layers = 0;
  Bytes stored;
  Bytes streamed;  ///< A sentence.
  MemoryPlan plan;
};

/// For every number of distinct layers in `distinct`, the plans "dram", "sram", "reram" (in
/// `cells`) and "sram-loaded": distinct layers and the off-ramps passed cross DRAM once a sentence
/// and stay in SRAM, off-ramps one after the other in the same place. `compute_time` is that of the
/// mean sentence.
std::vector<WeightPlacement> PlaceWeights(const WeightBytes& bytes, const MeanSentence& sentence,
                                          Seconds compute_time, const std::vector<int>& distinct,
                                          CellKind cells, const EnvmTechnology& technology,
                                          const DramInterface& dram, Bound bound);

}  // namespace edgebert

#endif  // EDGEBERT_PIPELINE_WEIGHT_STUDY_H_
