#include "edgebert/systemc/overlapped/streamer.h"

#include <fmt/format.h>

#include <span>

#include "edgebert/systemc/overlapped/stationary_loader.h"

namespace edgebert::systemc::overlapped {

Streamer::Streamer(sc_core::sc_module_name name, const Clock& clock, const Ports& ports,
                   const Buffers& buffers, const PanelReader& reader, int vector_size,
                   Progress& progress, EventLog& events)
    : Unit(name, clock),
      ports_(ports),
      buffers_(buffers),
      reader_(reader),
      vector_size_(vector_size),
      progress_(progress),
      events_(events) {
  Reads({&ports.instructions});
  Writes({&ports.vectors, &ports.freed_panels});
}

std::string Streamer::Activity() const {
  return ports_.instructions.CanPop()
             ? fmt::format("streams vector {} of block {}", vector_, block_)
             : std::string();
}

bool Streamer::CanStartBlock() const {
  const StreamBlocks& run = ports_.instructions.Front();
  if (progress_.blocks_loaded.value() <= block_ ||
      (run.panel != kNoPanel && progress_.panels_arrived.value() <= run.panel) ||
      !progress_.Met(run.ready)) {
    return false;
  }
  if (!run.starts_job || run_block_ > 0) {
    return true;
  }
  return run.waits_for_emission ? progress_.jobs_emitted.value() >= run.job
                                : progress_.jobs_nearly_emitted.value() + 1 >= run.job;
}

int Streamer::NextColumn(int from, int block, int columns) const {
  while (from < columns && !reader_.IsNonzero(from, block)) {
    ++from;
  }
  return from;
}

Lanes Streamer::ReadNext(const StreamBlocks& run, int block) {
  switch (run.source) {
    case StreamSource::kPanel:
      return reader_.Read(vector_, block);
    case StreamSource::kAuxiliary:
      return ReadProbabilities(run.region.Address(vector_, block));
    case StreamSource::kPool:
      break;
  }
  return ReadVector(buffers_.pool, run.region.Address(vector_, block), vector_size_);
}

/// Without bitmask coding, in the lower halves of scores' places.
Lanes Streamer::ReadProbabilities(int64_t address) {
  Lanes codes = {};
  buffers_.auxiliary.Read(address, std::span(codes).first(static_cast<size_t>(vector_size_)));
  return codes;
}

void Streamer::Step() {
  if (!ports_.instructions.CanPop() || !ports_.vectors.CanPush() ||
      (!in_block_ && !CanStartBlock())) {
    return;
  }
  const StreamBlocks& run = ports_.instructions.Front();
  const int block = run.first_block + run_block_;
  const bool panel = run.source == StreamSource::kPanel;
  if (!in_block_) {
    in_block_ = true;
    if (panel && run.rewinds && run_block_ == 0) {
      reader_.Rewind(run.panel);
    }
    vector_ = panel ? NextColumn(0, block, run.vectors - 1) : 0;
  }
  const int next = panel ? NextColumn(vector_ + 1, block, run.vectors) : vector_ + 1;
  const bool ends_block = next == run.vectors;
  const bool ends_run = ends_block && run_block_ + 1 == run.blocks;
  StreamedVector item;
  item.codes = ReadNext(run, block);
  item.set = static_cast<int>(block_ % StationaryLoader::kSets);
  item.row = run.first_row + vector_;
  item.valid_lanes = run.ValidLanes(block, vector_size_);
  item.job = run.job;
  item.stage = run.stage;
  item.operation = run.operation;
  item.ends_job = run.ends_job && ends_run;
  ports_.vectors.Push(item);
  events_.Busy(TracedUnit::kStreamer, clock().cycle(), run.stage, run.operation);
  TileCounts& counts = events_.at(run.stage).counts;
  (run.source == StreamSource::kAuxiliary ? counts.auxiliary_read_bytes : counts.pool_read_bytes) +=
      vector_size_;
  vector_ = next;
  if (!ends_block) {
    return;
  }
  in_block_ = false;
  vector_ = 0;
  ++block_;
  progress_.blocks_streamed.Increment();
  if (item.ends_job) {
    progress_.jobs_streamed.Increment();
  }
  if (!ends_run) {
    ++run_block_;
    return;
  }
  run_block_ = 0;
  if (run.frees_panel) {
    ports_.freed_panels.Push(run.panel);
  }
  ports_.instructions.Pop();
}

}  // namespace edgebert::systemc::overlapped
