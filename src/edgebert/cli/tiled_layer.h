#ifndef EDGEBERT_CLI_TILED_LAYER_H_
#define EDGEBERT_CLI_TILED_LAYER_H_

#include <cstdint>

#include "edgebert/base/status.h"
#include "edgebert/cli/json.h"
#include "edgebert/hardware/hardware.h"
#include "edgebert/model/model.h"

namespace edgebert::cli {

/// One layer with its off-ramp as the accelerator's array, buffers and DMA execute it.
struct TiledLayer {
  int64_t ideal_dram_cycles = 0;  ///< With weights there whenever they are asked for.
  int64_t cycles = 0;             ///< At the nominal point.
  int64_t dram_bytes = 0;
  int64_t macs = 0;
  double utilisation = 0;  ///< Multiply-accumulates over n² · cycles.
  int attention_passes = 0;
  int feed_forward_passes = 0;
  int64_t ring_bytes = 0;
};

/// An error where the model has no AF8 weights, or the sentence does not fit.
Result<TiledLayer> TileLayer(const Model& model, const HardwareDescription& hardware, int tokens,
                             int layer);

/// Array, buffers and memories of a description, and the layer or why there is none.
void PrintMachine(const HardwareDescription& hardware, const Result<TiledLayer>& layer);
OrderedJson MachineJson(const HardwareDescription& hardware);
OrderedJson ToJson(const TiledLayer& layer);

}  // namespace edgebert::cli

#endif  // EDGEBERT_CLI_TILED_LAYER_H_
