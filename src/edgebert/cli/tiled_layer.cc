#include "edgebert/cli/tiled_layer.h"

#include <fmt/format.h>

#include "edgebert/accel/cycle_model.h"
#include "edgebert/accel/sentence_counts.h"
#include "edgebert/tiler/buffer_plan.h"
#include "edgebert/tiler/tiler.h"

namespace edgebert::cli {
namespace {

constexpr double kKilobyte = 1024;

}  // namespace

Result<TiledLayer> TileLayer(const Model& model, const HardwareDescription& hardware, int tokens,
                             int layer) {
  EDGEBERT_ASSIGN_OR_RETURN(const WeightMasks masks,
                            WeightMasks::FromModel(model, hardware.vector_size.value));
  EDGEBERT_ASSIGN_OR_RETURN(const TileProgram program,
                            BuildTileProgram(model.config, masks, hardware, tokens));
  const CycleModel cycles(program);
  const DmaTiming dma = DmaTimingAt(hardware, hardware.nominal().frequency);
  const TileCounts counts = CountLayers(program, layer, layer);
  const int n = program.vector_size;
  TiledLayer tiled;
  tiled.ideal_dram_cycles = cycles.Run(layer, layer, IdealDma()).front().decision;
  tiled.cycles = cycles.Run(layer, layer, dma).front().decision;
  tiled.dram_bytes = hardware.weights.resident ? 0 : counts.transfer_bytes;
  tiled.macs = counts.macs;
  tiled.utilisation =
      static_cast<double>(counts.macs) / (static_cast<double>(tiled.cycles) * n * n);
  tiled.attention_passes = RowPasses(tokens, program.buffers.attention_pass_rows);
  tiled.feed_forward_passes = RowPasses(tokens, program.buffers.feed_forward_pass_rows);
  tiled.ring_bytes = program.buffers.ring_bytes;
  return tiled;
}

void PrintMachine(const HardwareDescription& hardware, const Result<TiledLayer>& layer) {
  const int n = hardware.vector_size.value;
  const BufferDescription& buffers = hardware.buffers;
  fmt::print("array     {} x {}, {} accumulator tiles\n", n, n, hardware.accumulator_tiles.value);
  fmt::print("buffers   {:.0f} KB data in {} banks, {:.0f} KB mask, {:.0f} KB auxiliary\n",
             buffers.data.value.value() / kKilobyte, buffers.banks.value,
             buffers.mask.value.value() / kKilobyte, buffers.auxiliary.value.value() / kKilobyte);
  if (hardware.envm.value > Bytes(0)) {
    fmt::print("eNVM      {:.0f} KB\n", hardware.envm.value.value() / kKilobyte);
  }
  if (hardware.weights.resident) {
    fmt::print("weights   resident in {:.0f} KB, {} bytes a cycle\n",
               hardware.weights.capacity.value.value() / kKilobyte, hardware.dram_port.value);
  } else {
    fmt::print("weights   streamed, at most {} bytes a cycle and {:.2f} GB/s\n",
               hardware.dram_port.value, hardware.dram_bandwidth.value.value() / 1e9);
  }
  if (!layer.ok()) {
    fmt::print("tiled     not this layer: {}\n\n", layer.status().message());
    return;
  }
  fmt::print(
      "tiled     {} cycles alone at the nominal point ({} with ideal DRAM), {:.1f} % of the "
      "array, {} bytes from DRAM\n",
      layer->cycles, layer->ideal_dram_cycles, layer->utilisation * 100, layer->dram_bytes);
  fmt::print(
      "          weights pass {} times for the output projection and {} times for the "
      "feed-forward network, through {:.0f} KB\n\n",
      layer->attention_passes, layer->feed_forward_passes,
      static_cast<double>(layer->ring_bytes) / kKilobyte);
}

OrderedJson MachineJson(const HardwareDescription& hardware) {
  OrderedJson machine = {{"vector_size", hardware.vector_size.value},
                         {"accumulator_tiles", hardware.accumulator_tiles.value},
                         {"data_bytes", hardware.buffers.data.value.value()},
                         {"mask_bytes", hardware.buffers.mask.value.value()},
                         {"auxiliary_bytes", hardware.buffers.auxiliary.value.value()},
                         {"banks", hardware.buffers.banks.value},
                         {"envm_bytes", hardware.envm.value.value()},
                         {"dram_port_bytes", hardware.dram_port.value},
                         {"weights_resident", hardware.weights.resident}};
  if (hardware.weights.resident) {
    machine["weight_capacity_bytes"] = hardware.weights.capacity.value.value();
  }
  return machine;
}

OrderedJson ToJson(const TiledLayer& layer) {
  return {{"cycles", layer.cycles},
          {"ideal_dram_cycles", layer.ideal_dram_cycles},
          {"dram_bytes", layer.dram_bytes},
          {"macs", layer.macs},
          {"mac_utilisation", layer.utilisation},
          {"attention_passes", layer.attention_passes},
          {"feed_forward_passes", layer.feed_forward_passes},
          {"ring_bytes", layer.ring_bytes}};
}

}  // namespace edgebert::cli
