#ifndef EDGEBERT_SYSTEMC_OVERLAPPED_EVENT_LOG_H_
#define EDGEBERT_SYSTEMC_OVERLAPPED_EVENT_LOG_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "edgebert/systemc/overlapped/activity_log.h"
#include "edgebert/tiler/tile_program.h"

namespace edgebert::systemc::overlapped {

/// What units counted for a stage of the sentence (BoundProgram::stages).
struct StageEvents {
  /// All but `macs`, which no unit can know: padding and what a mask leaves out are not among them.
  TileCounts counts;
  int64_t gated_products = 0;  ///< Of counts.issued_products, those with a factor of zero.
  int64_t special_cycles = 0;  ///< In which the special function unit was at work.
};

/// Counters of all units. What is done ahead for a stage is counted there.
class EventLog {
 public:
  /// `activity`, if any, is told of every cycle in which a unit works.
  explicit EventLog(size_t stages, ActivityLog* activity = nullptr)
      : stages_(stages), activity_(activity) {}

  StageEvents& at(size_t stage) { return stages_[stage]; }
  const StageEvents& at(size_t stage) const { return stages_[stage]; }

  void Busy(TracedUnit unit, uint64_t cycle, size_t stage, uint32_t operation) {
    if (activity_ != nullptr) {
      activity_->Busy(unit, cycle, stage, operation);
    }
  }

 private:
  std::vector<StageEvents> stages_;
  ActivityLog* activity_;
};

}  // namespace edgebert::systemc::overlapped

#endif  // EDGEBERT_SYSTEMC_OVERLAPPED_EVENT_LOG_H_
