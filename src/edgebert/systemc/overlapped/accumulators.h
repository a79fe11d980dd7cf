#ifndef EDGEBERT_SYSTEMC_OVERLAPPED_ACCUMULATORS_H_
#define EDGEBERT_SYSTEMC_OVERLAPPED_ACCUMULATORS_H_

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <systemc>
#include <vector>

#include "edgebert/systemc/overlapped/array_items.h"
#include "edgebert/systemc/overlapped/instructions.h"
#include "edgebert/systemc/unit.h"

namespace edgebert::systemc::overlapped {

/// T tiles of n × n accumulators of 40 bits. A row of sums is added in a cycle; when all of a job
/// has been added its vectors leave, one a cycle, and leave zeros behind. In row order the next
/// job's sums may follow right behind: a row is read before something new is added to it in the
/// same cycle. Sums that would meet a result which has not left yet, or exceed 40 bits, are
/// reported to SystemC as errors.
class Accumulators : public Unit {
 public:
  struct Ports {
    Channel<EmitJob>& jobs;
    Channel<SumRow>& sums;
    Channel<EmittedVector>& vectors;
  };
  Accumulators(sc_core::sc_module_name name, const Clock& clock, const Ports& ports,
               int vector_size, int tiles, Progress& progress);

 protected:
  void Step() override;
  std::string Activity() const override;

 private:
  struct PendingJob {
    EmitJob job;
    uint64_t arrived_at = 0;   ///< The cycle in which its settings came.
    uint64_t streamed_at = 0;  ///< The cycle in which its last vector is known to be on its way.
    bool announced = false;
  };

  void TakeJobs();
  void NoteStreamed();
  bool CanStart(const PendingJob& pending) const;
  void Emit();
  void AnnounceEnds();
  void Add();
  EmittedVector Take(const EmitJob& job, int index);
  int64_t& At(int row, int lane) {
    return sums_[static_cast<size_t>(row) * kMaxLanes + static_cast<size_t>(lane)];
  }

  Ports ports_;
  int vector_size_;
  Progress& progress_;
  std::vector<int64_t> sums_;     ///< [T n × kMaxLanes]
  std::vector<uint32_t> owners_;  ///< [T n]: 1 + the job whose sums a row holds; 0: none.
  std::deque<PendingJob> pending_;
  uint32_t jobs_known_ = 0;    ///< To have been streamed.
  uint32_t jobs_added_ = 0;    ///< With blocks.
  uint32_t jobs_started_ = 0;  ///< With blocks, to be emitted.
  bool emitting_ = false;
  int emitted_ = 0;  ///< Of the first pending job.
};

}  // namespace edgebert::systemc::overlapped

#endif  // EDGEBERT_SYSTEMC_OVERLAPPED_ACCUMULATORS_H_
