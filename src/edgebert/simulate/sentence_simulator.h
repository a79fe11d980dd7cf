#ifndef EDGEBERT_SIMULATE_SENTENCE_SIMULATOR_H_
#define EDGEBERT_SIMULATE_SENTENCE_SIMULATOR_H_

#include "edgebert/base/status.h"
#include "edgebert/pipeline/accelerator_sentence.h"
#include "edgebert/systemc/overlapped/activity_log.h"

namespace edgebert {

/// A sentence that was simulated in SystemC.
struct SimulatedSentence {
  AcceleratorRun run;
  /// Logits, entropies of all layers that ran and the exit layer are those of `device` arithmetic,
  /// bit for bit.
  bool matches_engine = false;
};

/// Simulates the `overlapped` accelerator with the sentence's words, points and thresholds; what
/// comes out follows from the simulated bits alone. `activity` is filled where it is not null.
/// kInvalidArgument where the description has what is not simulated.
Result<SimulatedSentence> SimulateOverlapped(const AcceleratorModel& model,
                                             const DeviceSentence& sentence,
                                             systemc::overlapped::ActivityLog* activity = nullptr);

}  // namespace edgebert

#endif  // EDGEBERT_SIMULATE_SENTENCE_SIMULATOR_H_
