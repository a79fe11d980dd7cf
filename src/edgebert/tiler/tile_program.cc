#include "edgebert/tiler/tile_program.h"

namespace edgebert {

std::string_view TileRegionName(TileRegion region) {
  constexpr std::array<std::string_view, kNumTileRegions> kNames = {"layer input",
                                                                    "context",
                                                                    "query",
                                                                    "key",
                                                                    "value (even heads)",
                                                                    "value (odd heads)",
                                                                    "attention update",
                                                                    "hidden",
                                                                    "feed-forward update",
                                                                    "embedded",
                                                                    "pooled",
                                                                    "off-ramp hidden",
                                                                    "logits",
                                                                    "score halves",
                                                                    "scores"};
  return kNames[static_cast<size_t>(region)];
}

TileCounts& TileCounts::operator+=(const TileCounts& other) {
  macs += other.macs;
  issued_products += other.issued_products;
  array_cycles += other.array_cycles;
  loaded_vectors += other.loaded_vectors;
  transfer_bytes += other.transfer_bytes;
  pool_read_bytes += other.pool_read_bytes;
  pool_write_bytes += other.pool_write_bytes;
  auxiliary_read_bytes += other.auxiliary_read_bytes;
  auxiliary_write_bytes += other.auxiliary_write_bytes;
  envm_read_bytes += other.envm_read_bytes;
  function_vectors += other.function_vectors;
  return *this;
}

}  // namespace edgebert
