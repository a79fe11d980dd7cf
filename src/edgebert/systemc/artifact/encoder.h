#ifndef EDGEBERT_SYSTEMC_ARTIFACT_ENCODER_H_
#define EDGEBERT_SYSTEMC_ARTIFACT_ENCODER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <systemc>

#include "edgebert/systemc/artifact/memory.h"
#include "edgebert/systemc/artifact/types.h"
#include "edgebert/systemc/channel_array.h"
#include "edgebert/systemc/unit.h"

namespace edgebert::systemc::artifact {

/// Where the output of an operation goes.
struct EncodeTarget {
  size_t memory = 0;       ///< Which of the two decoders' memories.
  uint32_t mask_base = 0;  ///< In words.
  uint32_t first_row = 0;  ///< Of the data banks.
};

/// Passes output vectors of matmul and of the special functions to the encoder, in turns, and tells
/// InputSetup of those of matmul.
class OutputArbiter : public Unit {
 public:
  struct Ports {
    Channel<Codes>& matmul;
    Channel<Codes>& functions;
    Channel<Codes>& output;
    Channel<bool>& written;
  };
  OutputArbiter(sc_core::sc_module_name name, const Clock& clock, const Ports& ports);

 protected:
  void Step() override;

 private:
  Ports ports_;
  bool functions_first_ = false;
};

/// Encode: the mask of a vector, and its non-zero codes packed lane by lane. One vector a cycle.
/// The counts start anew with every operation, where the authors' go on from the one before.
class Encoder : public Unit {
 public:
  struct Memory {
    Channel<MaskRequest>& masks;
    Channel<DataRequest>& codes;
  };
  Encoder(sc_core::sc_module_name name, const Clock& clock, Channel<EncodeTarget>& targets,
          Channel<Codes>& input, std::array<Memory, 2> memories);

 protected:
  void Step() override;

 private:
  Channel<EncodeTarget>& targets_;
  Channel<Codes>& input_;
  std::array<Memory, 2> memories_;
  EncodeTarget target_;
  uint32_t vectors_ = 0;
  std::array<uint32_t, kLanes> counts_ = {};
};

}  // namespace edgebert::systemc::artifact

#endif  // EDGEBERT_SYSTEMC_ARTIFACT_ENCODER_H_
