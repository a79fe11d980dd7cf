#ifndef EDGEBERT_MODEL_COMPRESSION_STATISTICS_H_
#define EDGEBERT_MODEL_COMPRESSION_STATISTICS_H_

#include "edgebert/model/model.h"

namespace edgebert {

/// How much of a model is left out.
struct CompressionStatistics {
  /// Zeros among the encoder layers' matrices, distinct layers counted once; what belongs to absent
  /// heads is not counted at all.
  double encoder_sparsity = 0;
  double embedding_sparsity = 0;  ///< Zeros in the word table.
  double heads_off = 0;           ///< Absent heads a layer, mean over all layers.
};

/// `model` must be valid and hold its tensors.
CompressionStatistics ComputeCompression(const Model& model);

}  // namespace edgebert

#endif  // EDGEBERT_MODEL_COMPRESSION_STATISTICS_H_
