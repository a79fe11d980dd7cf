#ifndef EDGEBERT_TILER_TILER_H_
#define EDGEBERT_TILER_TILER_H_

#include "edgebert/base/status.h"
#include "edgebert/hardware/hardware.h"
#include "edgebert/model/model.h"
#include "edgebert/tiler/tile_program.h"
#include "edgebert/tiler/weight_masks.h"

namespace edgebert {

/// What the accelerator executes for a sentence of `tokens` tokens. `config` must be valid and the
/// one that `masks` were made for, 1 ≤ tokens ≤ max_positions. kInvalidArgument when masks of
/// another vector size are given, the sentence does not fit the buffers (which, and by how much),
/// or weights are resident and exceed their memory.
Result<TileProgram> BuildTileProgram(const ModelConfig& config, const WeightMasks& masks,
                                     const HardwareDescription& hardware, int tokens);

/// Coded weights of all distinct layers, off-ramps and the embedding projection, each once, in
/// bytes: masks, codes that are not zero, biases, and LayerNorm parameters of the layers.
int64_t CodedWeightBytes(const ModelConfig& config, const WeightMasks& masks);

/// Whether the embedding's tables (as they are stored in the file) and LayerNorm fit the
/// description's eNVM; the error says how many bytes are missing.
Status CheckEmbeddingFits(const Model& model, const HardwareDescription& hardware);

}  // namespace edgebert

#endif  // EDGEBERT_TILER_TILER_H_
