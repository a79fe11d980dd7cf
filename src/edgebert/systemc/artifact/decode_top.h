#ifndef EDGEBERT_SYSTEMC_ARTIFACT_DECODE_TOP_H_
#define EDGEBERT_SYSTEMC_ARTIFACT_DECODE_TOP_H_

#include <cstddef>
#include <systemc>

#include "edgebert/systemc/artifact/decoder.h"
#include "edgebert/systemc/artifact/memory.h"
#include "edgebert/systemc/artifact/types.h"

namespace edgebert::systemc::artifact {

/// Who uses a decoder's memories; the order is that of the crossbars' inputs.
namespace mask_client {
enum : size_t { kEncoder, kInputSetup, kFunctions, kWriteBack, kFill, kCount };
}
namespace data_client {
enum : size_t { kEncoder, kWriteBack, kFill, kDecoder, kCount };
}

/// Capacities of the memories of one decoder.
struct BufferSize {
  size_t mask_words = 4096;
  size_t data_rows = 4096;  ///< Of 16 bytes.
};

/// DecodeTop: mask memory, data memory, and the decoder between them. A mask that is read on behalf
/// of InputSetup or a special function comes out as a vector six edges after its request was
/// queued.
class DecodeTop : public sc_core::sc_module {
 public:
  DecodeTop(sc_core::sc_module_name name, const Clock& clock, const BufferSize& size);

  MaskMemory masks;
  BankedMemory data;
  Channel<DecodePlan> plans;
  Channel<Codes> vectors;

 private:
  Decoder decoder_;
  ZeroFill zero_fill_;
};

}  // namespace edgebert::systemc::artifact

#endif  // EDGEBERT_SYSTEMC_ARTIFACT_DECODE_TOP_H_
