#ifndef EDGEBERT_SYSTEMC_ARTIFACT_WRITE_BACK_MASTER_H_
#define EDGEBERT_SYSTEMC_ARTIFACT_WRITE_BACK_MASTER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <systemc>

#include "edgebert/systemc/artifact/bus.h"
#include "edgebert/systemc/artifact/fill_master.h"
#include "edgebert/systemc/artifact/memory.h"
#include "edgebert/systemc/artifact/types.h"
#include "edgebert/systemc/unit.h"

namespace edgebert::systemc::artifact {

/// Splits vectors into two words each: a vector is held in a register and leaves it in two cycles.
class VectorSplitter : public Unit {
 public:
  VectorSplitter(sc_core::sc_module_name name, const Clock& clock, Channel<DataResponse>& input,
                 Channel<uint64_t>& output);

 protected:
  void Step() override;

 private:
  Channel<DataResponse>& input_;
  Channel<uint64_t>& output_;
  Codes held_ = {};
  size_t words_ = 0;  ///< Of the vector held.
};

/// Collects four masks in a shift register, from which a full word goes to an output register. A
/// word with fewer masks, the last of a transfer, is padded with zeros.
class MaskPacker : public Unit {
 public:
  MaskPacker(sc_core::sc_module_name name, const Clock& clock, Channel<Mask>& input,
             Channel<uint64_t>& output, const uint64_t& masks_to_come);

 protected:
  void Step() override;

 private:
  Channel<Mask>& input_;
  Channel<uint64_t>& output_;
  const uint64_t& masks_to_come_;
  uint64_t collected_ = 0;
  uint32_t count_ = 0;
  uint64_t taken_ = 0;
  bool full_ = false;
  uint64_t word_ = 0;
};

/// The half of InputAxi or MaskAxi that writes to DRAM: announces a burst, asks the memory for what
/// it holds, one item a cycle, and passes the words on. Done when the memory behind the bus has
/// acknowledged the last burst. Request is MaskRequest or DataRequest.
template <typename Request>
class WriteBackMaster : public Unit {
 public:
  struct Ports {
    Channel<Transfer>& starts;
    BusPorts bus;
    Channel<Request>& loads;
    Channel<uint64_t>& words;  ///< From the splitter or packer.
  };
  WriteBackMaster(sc_core::sc_module_name name, const Clock& clock, const Ports& ports,
                  size_t client);

  const OperationTime& time() const { return time_; }
  /// Of the transfer under way, as the packer must know where it ends.
  const uint64_t& items() const { return items_; }

 protected:
  void Step() override;
  std::string Activity() const override;

 private:
  void Start();
  void Announce();
  uint64_t WordsOf(const Transfer& transfer) const;
  Request Load(uint32_t address) const;

  Ports ports_;
  size_t client_;
  Transfer transfer_;
  OperationTime time_;
  uint64_t items_ = 0;
  uint32_t requested_ = 0;
  uint64_t remaining_ = 0;  ///< Words not yet announced.
  uint64_t next_word_ = 0;
  uint32_t in_burst_ = 0;
  bool busy_ = false;
  bool announced_ = false;
};

extern template class WriteBackMaster<DataRequest>;
extern template class WriteBackMaster<MaskRequest>;

}  // namespace edgebert::systemc::artifact

#endif  // EDGEBERT_SYSTEMC_ARTIFACT_WRITE_BACK_MASTER_H_
