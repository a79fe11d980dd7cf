#ifndef EDGEBERT_PIPELINE_FULL_DEPTH_H_
#define EDGEBERT_PIPELINE_FULL_DEPTH_H_

#include <memory>
#include <span>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/base/units.h"
#include "edgebert/engine/encoder.h"
#include "edgebert/model/model.h"
#include "edgebert/text/tokenizer.h"

namespace edgebert {

/// What every off-ramp says of one sentence when nothing exits: any exit rule can be replayed on it
/// and gives the exit and the label that a run under that rule would give.
struct FullDepthRecord {
  int tokens = 0;
  std::vector<int> layers;             ///< Layers with an off-ramp, ascending.
  std::vector<double> entropies_nats;  ///< [layers]
  std::vector<float> logits;           ///< [layers × classes]
  std::vector<int> labels;             ///< [layers]: the class with the largest logit.
  std::vector<Seconds> elapsed;        ///< [layers]: time on this CPU from the first token's
                                       ///< embedding to this off-ramp's answer.

  size_t num_classes() const { return logits.size() / layers.size(); }

  /// Where a sentence leaves under `rule`, as an index into `layers`.
  size_t ReplayExit(ExitRule& rule) const;
};

/// Tokens and entropies of the sentences, as a model file holds them.
CalibrationRecord MakeCalibrationRecord(std::span<const FullDepthRecord> sentences);

/// Runs one sentence through all layers. The encoder must have off-ramps.
Result<FullDepthRecord> RecordFullDepth(EncoderSession& session, const Encoding& encoding);

}  // namespace edgebert

#endif  // EDGEBERT_PIPELINE_FULL_DEPTH_H_
