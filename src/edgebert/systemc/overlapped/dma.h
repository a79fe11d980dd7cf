#ifndef EDGEBERT_SYSTEMC_OVERLAPPED_DMA_H_
#define EDGEBERT_SYSTEMC_OVERLAPPED_DMA_H_

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <systemc>

#include "edgebert/systemc/overlapped/buffer_pool.h"
#include "edgebert/systemc/overlapped/dram.h"
#include "edgebert/systemc/overlapped/event_log.h"
#include "edgebert/systemc/overlapped/instructions.h"
#include "edgebert/systemc/overlapped/panel_table.h"
#include "edgebert/systemc/overlapped/progress.h"
#include "edgebert/systemc/unit.h"

namespace edgebert::systemc::overlapped {

/// Fetches weight panels into the ring, in the order of their use: asks for one as soon as the ring
/// has room for it without bitmask coding, one request a cycle, and writes what comes to the mask
/// and the codes of its place, or to the parameters of emission path and special function unit.
/// Room comes back in the order of the panels.
class Dma : public Unit {
 public:
  struct Ports {
    Channel<FetchPanel>& panels;
    /// Panels that nobody needs any more, from loader, streamer and special function unit.
    Channel<uint32_t>& freed_by_loader;
    Channel<uint32_t>& freed_by_streamer;
    Channel<uint32_t>& freed_by_special;
  };
  struct Memories {
    BufferPool& pool;
    PanelTable& table;
    ParameterStore& biases;
    ParameterStore& norms;
  };
  Dma(sc_core::sc_module_name name, const Clock& clock, const Ports& ports,
      const Memories& memories, const RingPlace& ring, int vector_size, Progress& progress,
      EventLog& events);

  /// Nothing is asked for, on its way, or in the ring.
  bool idle() const { return !ports_.panels.CanPop() && held_.empty(); }
  Dram& dram() { return dram_; }
  const Dram& dram() const { return dram_; }

 protected:
  void Step() override;
  std::string Activity() const override;

 private:
  struct Held {
    FetchPanel panel;
    bool freed = false;
  };

  void TakeFreed(Channel<uint32_t>& channel);
  void GiveBack();
  void Request();
  void Receive(std::span<const uint8_t> bytes);
  void ReceiveMask(const FetchPanel& panel, PanelEntry& entry, std::span<const uint8_t> bytes);
  void ReceiveCodes(const PanelEntry& entry, std::span<const uint8_t> bytes);

  Ports ports_;
  Memories memories_;
  RingPlace ring_;
  int vector_size_;
  Dram dram_;
  Progress& progress_;
  EventLog& events_;
  std::deque<Held> held_;    ///< In the ring or asked for.
  uint32_t first_held_ = 0;  ///< Their first panel's number.
  int64_t held_bytes_ = 0;
  int64_t next_offset_ = 0;    ///< In the ring: where the next panel goes.
  uint32_t arriving_ = 0;      ///< The panel that comes next or is coming.
  int64_t received_ = 0;       ///< Bytes of it.
  int64_t codes_ = 0;          ///< Of it, that are in the ring.
  int64_t mask_bits_ = 0;      ///< Of it, looked at.
  uint32_t codes_before_ = 0;  ///< Set bits among them.
};

}  // namespace edgebert::systemc::overlapped

#endif  // EDGEBERT_SYSTEMC_OVERLAPPED_DMA_H_
