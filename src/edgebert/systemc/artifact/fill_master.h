#ifndef EDGEBERT_SYSTEMC_ARTIFACT_FILL_MASTER_H_
#define EDGEBERT_SYSTEMC_ARTIFACT_FILL_MASTER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <systemc>
#include <vector>

#include "edgebert/systemc/artifact/bus.h"
#include "edgebert/systemc/artifact/memory.h"
#include "edgebert/systemc/artifact/types.h"
#include "edgebert/systemc/unit.h"

namespace edgebert::systemc::artifact {

/// A transfer between DRAM and a memory of the accelerator.
struct Transfer {
  uint64_t dram_word = 0;
  uint32_t buffer_address = 0;  ///< A row, or a word of a mask memory.
  uint32_t items = 0;           ///< Vectors (two words each), or masks (four to a word).
};

/// What the masters that fill memories share: bursts of at most 256 words, the next announced after
/// the last word of the one before. Done when the memory has stored the last item.
class FillMaster : public Unit {
 public:
  const OperationTime& time() const { return time_; }

 protected:
  FillMaster(sc_core::sc_module_name name, const Clock& clock, Channel<Transfer>& starts,
             const BusPorts& bus, std::vector<Channel<bool>*> stored);

  void Step() override;
  std::string Activity() const override;

  virtual uint64_t WordsOf(const Transfer& transfer) const = 0;
  /// Whether the unit has room to take a word in this cycle.
  virtual bool CanTake() const = 0;
  virtual void Take(uint64_t word) = 0;
  /// What else an edge does, after a word was taken or not.
  virtual void Work() {}

  Transfer transfer_;
  uint32_t items_ = 0;  ///< That have been handed on.

 private:
  void Announce();

  Channel<Transfer>& starts_;
  BusPorts bus_;
  std::vector<Channel<bool>*> stored_;
  OperationTime time_;
  uint64_t remaining_ = 0;  ///< Words not yet announced.
  uint64_t next_word_ = 0;
  uint32_t in_burst_ = 0;  ///< Words announced and not yet taken.
  bool busy_ = false;
};

/// InputAxi and AuxAxi: two words make a vector, stored as it comes, a row after the other.
class VectorFill : public FillMaster {
 public:
  VectorFill(sc_core::sc_module_name name, const Clock& clock, Channel<Transfer>& starts,
             const BusPorts& bus, std::vector<Channel<bool>*> stored, Channel<DataRequest>& stores,
             size_t client);

 protected:
  uint64_t WordsOf(const Transfer& transfer) const override;
  bool CanTake() const override;
  void Take(uint64_t word) override;

 private:
  Channel<DataRequest>& stores_;
  size_t client_;
  Codes codes_ = {};
  bool half_ = false;
};

/// MaskAxi: a word holds four masks, unpacked at one a cycle.
class MaskFill : public FillMaster {
 public:
  MaskFill(sc_core::sc_module_name name, const Clock& clock, Channel<Transfer>& starts,
           const BusPorts& bus, std::vector<Channel<bool>*> stored, Channel<MaskRequest>& stores,
           size_t client);

 protected:
  uint64_t WordsOf(const Transfer& transfer) const override;
  bool CanTake() const override;
  void Take(uint64_t word) override;
  void Work() override;

 private:
  Channel<MaskRequest>& stores_;
  size_t client_;
  uint64_t word_ = 0;
  uint32_t left_ = 0;  ///< Masks of the word.
};

}  // namespace edgebert::systemc::artifact

#endif  // EDGEBERT_SYSTEMC_ARTIFACT_FILL_MASTER_H_
