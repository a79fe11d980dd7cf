#ifndef EDGEBERT_SYSTEMC_ARTIFACT_BUS_H_
#define EDGEBERT_SYSTEMC_ARTIFACT_BUS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <systemc>
#include <vector>

#include "edgebert/systemc/artifact/types.h"
#include "edgebert/systemc/channel_array.h"
#include "edgebert/systemc/unit.h"

namespace edgebert::systemc::artifact {

inline constexpr size_t kWordBytes = 8;
inline constexpr uint32_t kMaxBurstWords = 256;

/// The address of a burst, in words of 64 bits.
struct Burst {
  bool write = false;
  uint64_t first_word = 0;
  uint32_t words = 0;
};

/// The channels between a master and a slave of an AXI-like bus: a burst is announced, then its
/// words come one a cycle, and the slave acknowledges a written burst.
struct BusPorts {
  Channel<Burst>& bursts;
  Channel<uint64_t>& write_words;
  Channel<uint64_t>& read_words;
  Channel<bool>& acknowledgements;
};

/// Lets one master at a time have its burst, round robin.
class BusArbiter : public Unit {
 public:
  BusArbiter(sc_core::sc_module_name name, const Clock& clock, std::vector<BusPorts> masters,
             const BusPorts& slave);

 protected:
  void Step() override;
  std::string Activity() const override;

 private:
  void Grant();

  std::vector<BusPorts> masters_;
  BusPorts slave_;
  size_t master_ = 0;
  Burst burst_;
  uint32_t remaining_ = 0;  ///< Words of the burst.
  bool busy_ = false;
};

/// A memory that answers in the cycle after it has seen a burst, with a word a cycle.
class IdealDram : public Unit {
 public:
  IdealDram(sc_core::sc_module_name name, const Clock& clock, const BusPorts& ports, size_t words);

  std::vector<uint64_t> words;

 protected:
  void Step() override;
  std::string Activity() const override;

 private:
  enum class State : uint8_t { kIdle, kRead, kWrite, kAcknowledge };

  BusPorts ports_;
  State state_ = State::kIdle;
  uint64_t next_ = 0;
  uint32_t remaining_ = 0;
};

}  // namespace edgebert::systemc::artifact

#endif  // EDGEBERT_SYSTEMC_ARTIFACT_BUS_H_
