#ifndef EDGEBERT_SYSTEMC_OVERLAPPED_STATIONARY_LOADER_H_
#define EDGEBERT_SYSTEMC_OVERLAPPED_STATIONARY_LOADER_H_

#include <cstdint>
#include <string>
#include <systemc>

#include "edgebert/systemc/overlapped/array_items.h"
#include "edgebert/systemc/overlapped/event_log.h"
#include "edgebert/systemc/overlapped/instructions.h"
#include "edgebert/systemc/overlapped/panel_reader.h"
#include "edgebert/systemc/unit.h"

namespace edgebert::systemc::overlapped {

/// Reads the vectors that stay in the array, block by block, one a cycle, ahead of the streamer by
/// as many blocks as there are register sets.
class StationaryLoader : public Unit {
 public:
  static constexpr uint32_t kSets = 2;

  struct Ports {
    Channel<LoadBlocks>& instructions;
    Channel<StationaryVector>& vectors;
    Channel<uint32_t>& freed_panels;
  };
  StationaryLoader(sc_core::sc_module_name name, const Clock& clock, const Ports& ports,
                   BufferPool& pool, const PanelReader& reader, int vector_size, Progress& progress,
                   EventLog& events);

 protected:
  void Step() override;
  std::string Activity() const override;

 private:
  bool CanStartBlock() const;

  Ports ports_;
  BufferPool& pool_;
  PanelReader reader_;
  int vector_size_;
  Progress& progress_;
  EventLog& events_;
  uint32_t block_ = 0;  ///< Of the sentence, under way or next.
  int run_block_ = 0;   ///< The same, of the instruction.
  int vector_ = 0;      ///< Of the block, next.
};

}  // namespace edgebert::systemc::overlapped

#endif  // EDGEBERT_SYSTEMC_OVERLAPPED_STATIONARY_LOADER_H_
