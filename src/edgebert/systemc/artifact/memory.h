#ifndef EDGEBERT_SYSTEMC_ARTIFACT_MEMORY_H_
#define EDGEBERT_SYSTEMC_ARTIFACT_MEMORY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <systemc>
#include <vector>

#include "edgebert/systemc/artifact/memory_crossbar.h"
#include "edgebert/systemc/artifact/types.h"
#include "edgebert/systemc/channel.h"
#include "edgebert/systemc/channel_array.h"
#include "edgebert/systemc/unit.h"

namespace edgebert::systemc::artifact {

/// A word of a mask memory: read or written.
struct MaskRequest {
  bool store = false;
  uint32_t address = 0;
  Mask mask = 0;
  size_t client = 0;  ///< Whose response queue a read goes to.
  bool last = false;  ///< Of a transfer: a store that is to be acknowledged.
};

/// A row in each of 16 banks: lane i is always in bank i.
struct DataRequest {
  bool store = false;
  std::array<uint32_t, kLanes> rows = {};
  Mask lanes = 0;  ///< Banks that are enabled.
  Codes codes = {};
  size_t client = 0;
  bool last = false;
};

struct DataResponse {
  Mask lanes = 0;
  Codes codes = {};  ///< Of disabled lanes: whatever their bank gave last.
};

/// One word a cycle for one of its clients, who queue at a crossbar; a read takes a second cycle in
/// the array. An address beyond the memory is an error of the design.
class MaskMemory : public sc_core::sc_module {
 public:
  MaskMemory(sc_core::sc_module_name name, const Clock& clock, size_t words, size_t clients);

  Channel<MaskRequest>& requests(size_t client) { return requests_[client]; }
  Channel<Mask>& responses(size_t client) { return responses_[client]; }
  Channel<bool>& stored() { return stored_; }  ///< An item for each store marked last.
  std::vector<Mask>& words() { return array_.words; }

 private:
  class Array : public Unit {
   public:
    Array(MaskMemory& memory, const Clock& clock, size_t size);
    std::vector<Mask> words;

   protected:
    void Step() override;

   private:
    MaskMemory& memory_;
  };

  ChannelArray<MaskRequest> requests_;
  ChannelArray<Mask> responses_;
  Channel<MaskRequest> granted_;
  Channel<bool> stored_;
  MemoryCrossbar<MaskRequest, Mask> crossbar_;
  Array array_;
};

/// 16 banks of bytes, otherwise as MaskMemory.
class BankedMemory : public sc_core::sc_module {
 public:
  BankedMemory(sc_core::sc_module_name name, const Clock& clock, size_t rows, size_t clients);

  Channel<DataRequest>& requests(size_t client) { return requests_[client]; }
  Channel<DataResponse>& responses(size_t client) { return responses_[client]; }
  Channel<bool>& stored() { return stored_; }
  std::vector<Codes>& rows() { return array_.rows; }

 private:
  class Array : public Unit {
   public:
    Array(BankedMemory& memory, const Clock& clock, size_t size);
    std::vector<Codes> rows;

   protected:
    void Step() override;

   private:
    void Store(const DataRequest& request);
    DataResponse Load(const DataRequest& request);
    void Check(const DataRequest& request) const;

    BankedMemory& memory_;
    Codes outputs_ = {};
  };

  ChannelArray<DataRequest> requests_;
  ChannelArray<DataResponse> responses_;
  Channel<DataRequest> granted_;
  Channel<bool> stored_;
  MemoryCrossbar<DataRequest, DataResponse> crossbar_;
  Array array_;
};

}  // namespace edgebert::systemc::artifact

#endif  // EDGEBERT_SYSTEMC_ARTIFACT_MEMORY_H_
