#ifndef EDGEBERT_REPORT_DESIGN_VARIANTS_H_
#define EDGEBERT_REPORT_DESIGN_VARIANTS_H_

#include "edgebert/base/status.h"
#include "edgebert/hardware/hardware.h"
#include "edgebert/model/model.h"
#include "edgebert/pipeline/cost_estimator.h"
#include "edgebert/report/policy_judge.h"

namespace edgebert {

/// Makes `hardware` one with vectors of n elements. Energy per cycle of the whole, less leakage,
/// scales as that of array and buffer reads from components does (n² products, two vectors of n
/// bytes with their masks a cycle); leakage of the logic and area of the array with n² for the
/// array's share of the logic. kInvalidArgument for an n that no description may have, or without
/// components.
Status SetVectorSize(int n, HardwareDescription& hardware);

/// Makes the data buffers `bytes` large, masks with them; area and leakage follow.
Status SetDataBuffers(Bytes bytes, HardwareDescription& hardware);

/// The model without word embedding and tokenizer: what cost estimates need.
Model ShapeOf(const Model& model);

/// Encoder matrices with a `share` of their codes zero, evenly. Errors: not 0 ≤ share ≤ 1, or
/// weights that are not AF8.
Status SetEncoderSparsity(double share, Model& shape);

/// Heads that are present see no further than `tokens`; 0 makes all see as far as there is.
void SetSpan(int tokens, Model& shape);

/// Changes a design, of `shape` with its own number of distinct layers, into one that stores
/// `distinct` layers of mean size: what is stored, not what is streamed. Errors: not within 1 and
/// the number of layers.
Status ShareLayers(int distinct, const Model& shape, const CostEstimator& costs,
                   CostedDesign& design);

}  // namespace edgebert

#endif  // EDGEBERT_REPORT_DESIGN_VARIANTS_H_
