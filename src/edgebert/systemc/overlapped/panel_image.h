#ifndef EDGEBERT_SYSTEMC_OVERLAPPED_PANEL_IMAGE_H_
#define EDGEBERT_SYSTEMC_OVERLAPPED_PANEL_IMAGE_H_

#include <cstdint>
#include <vector>

#include "edgebert/model/model.h"
#include "edgebert/tiler/tile_program.h"

namespace edgebert::systemc::overlapped {

/// The bytes of a section's panels as they lie in DRAM, [panels][transfer_bytes]: the mask, a bit
/// for every element, column by column and within one block by block; the codes that are not zero
/// in the same order; biases as float32. Of a LayerNorm all gains, then all biases, as the 32-bit
/// words of FixedNormWeights. `index` is the distinct layer's or the off-ramp's; the model is AF8.
std::vector<std::vector<uint8_t>> PanelImages(const Model& model, const TileSection& section,
                                              int index, int vector_size);

}  // namespace edgebert::systemc::overlapped

#endif  // EDGEBERT_SYSTEMC_OVERLAPPED_PANEL_IMAGE_H_
