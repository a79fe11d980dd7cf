#ifndef EDGEBERT_SIMULATE_ARTIFACT_SIMULATOR_H_
#define EDGEBERT_SIMULATE_ARTIFACT_SIMULATOR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/model/config.h"
#include "edgebert/pipeline/accelerator_sentence.h"

namespace edgebert {

/// Operations of one kind and size on the authors' accelerator.
struct ArtifactOperation {
  std::string name;     ///< "query, key, value", …
  std::string mapping;  ///< To the authors' block, with the size.
  int64_t count = 0;
  int64_t cycles = 0;      ///< Each, simulated.
  int64_t dram_bytes = 0;  ///< Each.

  int64_t total_cycles() const { return count * cycles; }
};

/// What of a sentence the authors' released structure can execute.
struct ArtifactRun {
  std::vector<ArtifactOperation> encoder;   ///< Of a layer.
  std::vector<ArtifactOperation> off_ramp;  ///< Of one.
  int layers = 0;                           ///< That ran.
  int off_ramps = 0;                        ///< Among them.
  AcceleratorRun run;                       ///< Of all: cycles, bytes from DRAM, products needed.
};

/// What is not among them, since that structure has nothing to do it with.
inline constexpr const char* kArtifactLeavesOut =
    "embedding, GELU, pooling and tanh, which the authors' release has no unit for; biases of "
    "single "
    "columns; activations on their way between memories; spans, which save it nothing";

/// The operations of one encoder layer, or of an off-ramp, each simulated once in the authors'
/// structure, with codes of the right sizes instead of the sentence's: there a cycle depends on
/// sizes alone. One operation at a time, as it can; each weight matrix and its masks are filled in
/// from DRAM before it is multiplied, a decoder's memory at a time. Rows are padded to 16, and all
/// heads are there. kInvalidArgument for n other than 16.
Result<ArtifactRun> SimulateArtifact(const AcceleratorModel& model, const DeviceSentence& sentence);

}  // namespace edgebert

#endif  // EDGEBERT_SIMULATE_ARTIFACT_SIMULATOR_H_
