#include "edgebert/systemc/overlapped/stationary_loader.h"

#include <fmt/format.h>

namespace edgebert::systemc::overlapped {

StationaryLoader::StationaryLoader(sc_core::sc_module_name name, const Clock& clock,
                                   const Ports& ports, BufferPool& pool, const PanelReader& reader,
                                   int vector_size, Progress& progress, EventLog& events)
    : Unit(name, clock),
      ports_(ports),
      pool_(pool),
      reader_(reader),
      vector_size_(vector_size),
      progress_(progress),
      events_(events) {
  Reads({&ports.instructions});
  Writes({&ports.vectors, &ports.freed_panels});
}

std::string StationaryLoader::Activity() const {
  return ports_.instructions.CanPop() ? fmt::format("loads vector {} of block {}", vector_, block_)
                                      : std::string();
}

bool StationaryLoader::CanStartBlock() const {
  const LoadBlocks& run = ports_.instructions.Front();
  const uint32_t in_use = run.waits_for_port && run_block_ == 0 ? 0 : kSets - 1;
  return progress_.blocks_streamed.value() + in_use >= block_ &&
         (run.panel == kNoPanel || progress_.panels_arrived.value() > run.panel) &&
         progress_.Met(run.ready);
}

void StationaryLoader::Step() {
  if (!ports_.instructions.CanPop() || !ports_.vectors.CanPush() ||
      (vector_ == 0 && !CanStartBlock())) {
    return;
  }
  const LoadBlocks& run = ports_.instructions.Front();
  const int block = run.first_block + run_block_;
  StationaryVector item;
  item.set = static_cast<int>(block_ % kSets);
  item.row = vector_;
  if (run.panel == kNoPanel) {
    item.codes = ReadVector(pool_, run.region.Address(vector_, block), vector_size_);
  } else {
    if (run.rewinds && run_block_ == 0 && vector_ == 0) {
      reader_.Rewind(run.panel);
    }
    item.codes = reader_.Read(vector_, block);
  }
  ports_.vectors.Push(item);
  events_.Busy(TracedUnit::kLoader, clock().cycle(), run.stage, run.operation);
  TileCounts& counts = events_.at(run.stage).counts;
  ++counts.loaded_vectors;
  counts.pool_read_bytes += vector_size_;
  if (++vector_ < run.vectors) {
    return;
  }
  vector_ = 0;
  ++block_;
  progress_.blocks_loaded.Increment();
  if (++run_block_ < run.blocks) {
    return;
  }
  run_block_ = 0;
  if (run.frees_panel) {
    ports_.freed_panels.Push(run.panel);
  }
  ports_.instructions.Pop();
}

}  // namespace edgebert::systemc::overlapped
