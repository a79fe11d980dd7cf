#ifndef EDGEBERT_SYSTEMC_OVERLAPPED_DRAM_H_
#define EDGEBERT_SYSTEMC_OVERLAPPED_DRAM_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>

#include "edgebert/tiler/dma_timing.h"

namespace edgebert::systemc::overlapped {

/// The memory of weights as DMA's port sees it: transfers in the order of their requests, each
/// with its first byte `latency_cycles` after the request at the earliest. Bytes come at the
/// memory's pace, byte b of a transfer (from 1) within the first ⌈b · cycles_per_byte⌉ of its
/// cycles, and at most port_bytes a cycle.
class Dram {
 public:
  /// Before the first request, and later while it is idle.
  void SetTiming(const DmaTiming& timing) { timing_ = timing; }
  /// `bytes` must stay where they are until they have been delivered.
  void Request(std::span<const uint8_t> bytes, uint64_t cycle);
  /// What comes in this cycle; to be called once a cycle. Empty when nothing does.
  std::span<const uint8_t> Deliver(uint64_t cycle);

  /// Transfers of which at least one cycle has passed.
  uint32_t begun() const { return begun_; }
  uint64_t bytes_delivered() const { return bytes_delivered_; }
  bool idle() const { return requests_.empty(); }
  /// A transfer took the channel in the cycle of the last Deliver().
  bool active() const { return active_; }

 private:
  struct Transfer {
    std::span<const uint8_t> bytes;
    uint64_t earliest;
  };

  DmaTiming timing_;
  std::deque<Transfer> requests_;  ///< The first is the one under way.
  bool under_way_ = false;
  bool active_ = false;
  int64_t elapsed_ = 0;  ///< Cycles of the transfer under way.
  size_t come_ = 0;      ///< Of its bytes: at this end of the memory.
  size_t delivered_ = 0;
  uint32_t begun_ = 0;
  uint64_t bytes_delivered_ = 0;
};

}  // namespace edgebert::systemc::overlapped

#endif  // EDGEBERT_SYSTEMC_OVERLAPPED_DRAM_H_
