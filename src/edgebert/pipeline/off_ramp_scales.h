#ifndef EDGEBERT_PIPELINE_OFF_RAMP_SCALES_H_
#define EDGEBERT_PIPELINE_OFF_RAMP_SCALES_H_

#include <span>
#include <vector>

#include "edgebert/pipeline/full_depth.h"

namespace edgebert {

/// What an exit threshold is to be multiplied with at each off-ramp, so that a sentence at the
/// threshold is equally likely everywhere to leave with the label of full depth. Found without
/// right labels by a logistic regression,
///   P(label equals full depth's | entropy H at off-ramp r) = sigmoid(offset_r - slope · ln H),
/// with one slope: the threshold at off-ramp r is then exp(offset_r / slope) times one number.
/// Scales have a geometric mean of 1 over all off-ramps but the last, whose scale is 1 because it
/// is never asked, and are kept within a factor of 20 of their median.
///
/// All 1 where the sentences say nothing: fewer than two off-ramps, no sentence that disagrees, or
/// entropies that go the wrong way (slope not above 0).
std::vector<float> FitOffRampScales(std::span<const FullDepthRecord> sentences);

}  // namespace edgebert

#endif  // EDGEBERT_PIPELINE_OFF_RAMP_SCALES_H_
