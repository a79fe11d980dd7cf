#ifndef EDGEBERT_SYSTEMC_OVERLAPPED_PROGRESS_H_
#define EDGEBERT_SYSTEMC_OVERLAPPED_PROGRESS_H_

#include <cstdint>
#include <systemc>

#include "edgebert/systemc/simulation.h"

namespace edgebert::systemc::overlapped {

/// A register in which one unit counts what it has done, and which others look at. What is counted
/// in a cycle shows from the next on.
class ProgressCounter : public sc_core::sc_prim_channel {
 public:
  explicit ProgressCounter(const char* name) : sc_core::sc_prim_channel(name) {}

  uint32_t value() const { return value_; }
  void Increment() {
    ++pending_;
    request_update();
  }

 protected:
  void update() override {
    value_ += pending_;
    pending_ = 0;
    NoteMovement();
  }

 private:
  uint32_t value_ = 0;
  uint32_t pending_ = 0;
};

/// What an operation waits for before it reads.
struct Dependency {
  enum class Event : uint8_t { kNone, kArrayOperation, kSpecialOperation, kDecision };

  Event event = Event::kNone;
  uint32_t count = 0;  ///< So many of them must have come.
};

/// All progress that units wait for; each counter counts from the start of the sentence.
struct Progress {
  /// Panels of which the last byte is in the ring.
  ProgressCounter panels_arrived{"panels_arrived"};
  ProgressCounter blocks_loaded{"blocks_loaded"};      ///< Into stationary registers.
  ProgressCounter blocks_streamed{"blocks_streamed"};  ///< Read, to the last streamed vector.
  ProgressCounter jobs_streamed{"jobs_streamed"};
  /// Jobs of which all but two vectors have left the accumulators when it shows.
  ProgressCounter jobs_nearly_emitted{"jobs_nearly_emitted"};
  ProgressCounter jobs_emitted{"jobs_emitted"};
  ProgressCounter array_operations{"array_operations"};      ///< Complete: all is in a buffer.
  ProgressCounter special_operations{"special_operations"};  ///< Complete.
  ProgressCounter decisions{"decisions"};                    ///< Of off-ramps.

  bool Met(const Dependency& dependency) const {
    switch (dependency.event) {
      case Dependency::Event::kArrayOperation:
        return array_operations.value() >= dependency.count;
      case Dependency::Event::kSpecialOperation:
        return special_operations.value() >= dependency.count;
      case Dependency::Event::kDecision:
        return decisions.value() >= dependency.count;
      case Dependency::Event::kNone:
        break;
    }
    return true;
  }
};

}  // namespace edgebert::systemc::overlapped

#endif  // EDGEBERT_SYSTEMC_OVERLAPPED_PROGRESS_H_
