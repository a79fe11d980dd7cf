#ifndef EDGEBERT_PIPELINE_SHAPE_MODEL_H_
#define EDGEBERT_PIPELINE_SHAPE_MODEL_H_

#include "edgebert/model/model.h"

namespace edgebert {

/// A model that has the shape and the stored sizes of the paper's, but no meaning: ALBERT base,
/// version 2, with `num_layers` passes through its one layer and an off-ramp (pooler 768 × 768)
/// after each. Encoder matrices are AF8 with half of their weights zero, stored with a bitmask, as
/// the authors prune for SST-2; off-ramps are dense. For cost estimates only.
Model AlbertBaseShape(int num_layers, int num_classes);

}  // namespace edgebert

#endif  // EDGEBERT_PIPELINE_SHAPE_MODEL_H_
