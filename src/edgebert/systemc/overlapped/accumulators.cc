#include "edgebert/systemc/overlapped/accumulators.h"

#include <fmt/format.h>

#include <algorithm>

#include "edgebert/numeric/fixed_point.h"
#include "edgebert/tiler/timing_rules.h"

namespace edgebert::systemc::overlapped {
namespace {

/// Jobs whose settings are kept at a time.
constexpr size_t kPendingJobs = 8;
/// The streamer learns of a job's end so many cycles before: what its first vector takes to the
/// accumulators, and one for the register in between.
constexpr int64_t kNotice = kMacDepth + 1;

}  // namespace

Accumulators::Accumulators(sc_core::sc_module_name name, const Clock& clock, const Ports& ports,
                           int vector_size, int tiles, Progress& progress)
    : Unit(name, clock),
      ports_(ports),
      vector_size_(vector_size),
      progress_(progress),
      sums_(static_cast<size_t>(vector_size * tiles) * kMaxLanes),
      owners_(static_cast<size_t>(vector_size * tiles)) {
  Reads({&ports.jobs, &ports.sums});
  Writes({&ports.vectors});
}

std::string Accumulators::Activity() const {
  if (pending_.empty()) {
    return {};
  }
  return emitting_ ? fmt::format("job {}: {} vectors have left", pending_.front().job.job, emitted_)
                   : fmt::format("waits for job {}", pending_.front().job.job);
}

void Accumulators::Step() {
  TakeJobs();
  NoteStreamed();
  Emit();
  AnnounceEnds();
  Add();
}

void Accumulators::TakeJobs() {
  if (ports_.jobs.CanPop() && pending_.size() < kPendingJobs) {
    pending_.push_back({ports_.jobs.Pop(), clock().cycle()});
  }
}

/// The first pending jobs with blocks of which no end was known are those that the streamer has
/// ended since.
void Accumulators::NoteStreamed() {
  for (PendingJob& pending : pending_) {
    if (pending.job.has_blocks && pending.streamed_at == 0 &&
        jobs_known_ < progress_.jobs_streamed.value()) {
      pending.streamed_at = clock().cycle();
      ++jobs_known_;
    }
  }
}

bool Accumulators::CanStart(const PendingJob& pending) const {
  const EmitJob& job = pending.job;
  if (job.has_blocks) {
    return jobs_added_ > jobs_started_;
  }
  // It goes the way of a vector through the array.
  return clock().cycle() >= pending.arrived_at + kMacDepth && progress_.Met(job.ready) &&
         progress_.panels_arrived.value() > job.bias_panel;
}

void Accumulators::Emit() {
  if (pending_.empty() || !ports_.vectors.CanPush()) {
    return;
  }
  const EmitJob& job = pending_.front().job;
  if (!emitting_) {
    if (!CanStart(pending_.front())) {
      return;
    }
    emitting_ = true;
    emitted_ = 0;
    jobs_started_ += job.has_blocks ? 1 : 0;
  }
  EmittedVector vector = Take(job, emitted_);
  ++emitted_;
  vector.ends_job = emitted_ == job.emitted(vector_size_);
  ports_.vectors.Push(vector);
}

/// Takes a result out of the accumulators; zeros stay.
EmittedVector Accumulators::Take(const EmitJob& job, int index) {
  EmittedVector vector;
  vector.job = job;
  if (job.order == Emission::kRowOrder) {
    vector.lanes = job.stationary;
    vector.columns_on_lanes = job.columns_stationary;
    vector.first_column = job.columns_stationary ? 0 : index;
    vector.row = index;
    for (int lane = 0; lane < job.stationary; ++lane) {
      vector.values[static_cast<size_t>(lane)] = std::exchange(At(index, lane), 0);
    }
    owners_[static_cast<size_t>(index)] = 0;
    return vector;
  }
  const int row_vectors = (job.streamed + vector_size_ - 1) / vector_size_;
  const int stationary = index / row_vectors;
  const int first = index % row_vectors * vector_size_;
  vector.lanes = std::min(vector_size_, job.streamed - first);
  vector.columns_on_lanes = !job.columns_stationary;
  vector.first_column = job.columns_stationary ? stationary : first;
  vector.row = stationary;
  vector.vector = index % row_vectors;
  for (int lane = 0; lane < vector.lanes; ++lane) {
    vector.values[static_cast<size_t>(lane)] = std::exchange(At(first + lane, stationary), 0);
    if (stationary + 1 == job.stationary) {
      owners_[static_cast<size_t>(first + lane)] = 0;
    }
  }
  return vector;
}

/// Tells the streamer how far emission will be, for all jobs whose end is near and certain.
void Accumulators::AnnounceEnds() {
  const auto now = static_cast<int64_t>(clock().cycle());
  int64_t left = 0;  // From the start of this cycle until all jobs so far have left.
  bool first = true;
  for (PendingJob& pending : pending_) {
    const int64_t vectors = pending.job.emitted(vector_size_);
    if (first && emitting_) {
      left = vectors - emitted_ + 1;
    } else if (pending.streamed_at > 0) {
      const int64_t start = static_cast<int64_t>(pending.streamed_at) + kMacDepth - now;
      left = std::max(left, start) + vectors;
    } else {
      break;
    }
    if (left > kNotice) {
      break;
    }
    if (!pending.announced) {
      pending.announced = true;
      progress_.jobs_nearly_emitted.Increment();
    }
    first = false;
  }
  if (emitting_ && emitted_ == pending_.front().job.emitted(vector_size_)) {
    progress_.jobs_emitted.Increment();
    emitting_ = false;
    pending_.pop_front();
  }
}

void Accumulators::Add() {
  if (!ports_.sums.CanPop()) {
    return;
  }
  const SumRow row = ports_.sums.Pop();
  uint32_t& owner = owners_[static_cast<size_t>(row.row)];
  if (owner != 0 && owner != row.job + 1) {
    SC_REPORT_ERROR("accumulators",
                    fmt::format("a sum of job {} meets one of job {} in row {} of {}", row.job,
                                owner - 1, row.row, name())
                        .c_str());
  }
  owner = row.job + 1;
  for (int lane = 0; lane < vector_size_; ++lane) {
    int64_t& sum = At(row.row, lane);
    sum += row.sums[static_cast<size_t>(lane)];
    if (sum > kAccumulatorLimit || sum < -kAccumulatorLimit) {
      SC_REPORT_ERROR("accumulators",
                      fmt::format("row {} of {} exceeds 40 bits", row.row, name()).c_str());
    }
  }
  jobs_added_ += row.ends_job ? 1 : 0;
}

}  // namespace edgebert::systemc::overlapped
