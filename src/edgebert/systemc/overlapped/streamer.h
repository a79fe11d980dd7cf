#ifndef EDGEBERT_SYSTEMC_OVERLAPPED_STREAMER_H_
#define EDGEBERT_SYSTEMC_OVERLAPPED_STREAMER_H_

#include <cstdint>
#include <string>
#include <systemc>

#include "edgebert/systemc/overlapped/array_items.h"
#include "edgebert/systemc/overlapped/event_log.h"
#include "edgebert/systemc/overlapped/instructions.h"
#include "edgebert/systemc/overlapped/panel_reader.h"
#include "edgebert/systemc/overlapped/word_planes.h"
#include "edgebert/systemc/unit.h"

namespace edgebert::systemc::overlapped {

/// Reads the vectors that stream past the stationary ones, one a cycle: rows of a region,
/// probabilities, or the columns of a panel without those that are all zero.
class Streamer : public Unit {
 public:
  struct Ports {
    Channel<StreamBlocks>& instructions;
    Channel<StreamedVector>& vectors;
    Channel<uint32_t>& freed_panels;
  };
  Streamer(sc_core::sc_module_name name, const Clock& clock, const Ports& ports,
           const Buffers& buffers, const PanelReader& reader, int vector_size, Progress& progress,
           EventLog& events);

 protected:
  void Step() override;
  std::string Activity() const override;

 private:
  bool CanStartBlock() const;
  /// The column from `from` on whose vector in this block is not all zero; else `columns`.
  int NextColumn(int from, int block, int columns) const;
  Lanes ReadNext(const StreamBlocks& run, int block);
  Lanes ReadProbabilities(int64_t address);

  Ports ports_;
  Buffers buffers_;
  PanelReader reader_;
  int vector_size_;
  Progress& progress_;
  EventLog& events_;
  uint32_t block_ = 0;  ///< Of the sentence, under way or next.
  int run_block_ = 0;   ///< The same, of the instruction.
  bool in_block_ = false;
  int vector_ = 0;  ///< Of the block, next.
};

}  // namespace edgebert::systemc::overlapped

#endif  // EDGEBERT_SYSTEMC_OVERLAPPED_STREAMER_H_
