#ifndef EDGEBERT_ACCEL_MEMORY_PLAN_H_
#define EDGEBERT_ACCEL_MEMORY_PLAN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/accel/envm_table.h"
#include "edgebert/accel/envm_technology.h"
#include "edgebert/base/status.h"
#include "edgebert/base/units.h"
#include "edgebert/hardware/hardware.h"

namespace edgebert {

/// What moving a byte out of DRAM takes; the accelerator's description has both.
struct DramInterface {
  Joules energy_per_byte;
  BytesPerSecond bandwidth;
  Seconds latency;  ///< Before the first byte.
};

DramInterface DramInterfaceOf(const HardwareDescription& hardware, Bound bound);

/// Data in a memory: what it costs whether sentences come or not, and for each one that comes.
struct MemoryPlan {
  std::string name;
  double area_mm2 = 0;  ///< On the accelerator's chip.
  Watts idle;           ///< All the time.
  Joules per_sentence;  ///< On top.
  Seconds latency;      ///< Of a sentence's reads, where nothing hides them.

  Joules EnergyPerHour(double sentences) const {
    return EnergyOf(idle, Seconds(3600)) + sentences * per_sentence;
  }
};

/// The sentences an hour at which both plans cost the same; none where one is cheaper, or they are
/// alike, at every positive rate. The plan with less idle power is the cheaper one below it.
std::optional<double> BreakEven(const MemoryPlan& a, const MemoryPlan& b);

/// What fetching one row of a table takes on the mean over its rows, in whole words and bursts that
/// hold any of its bits.
struct RowReads {
  double mask_words = 0;   ///< Of ReRAM.
  double value_words = 0;  ///< Of ReRAM.
  double index_words = 0;  ///< Of ReRAM.
  double sram_words = 0;
  double dram_bursts = 0;
};

/// Index entry, then the mask bits from its row on, then the values. The three regions lie packed
/// in every memory.
RowReads MeanRowReads(const EnvmTable& table, const EnvmTechnology& technology);

/// Five ways to keep an embedding of which a sentence reads `tokens` rows:
///   reram-gated   ReRAM, off between sentences
///   reram-on      ReRAM, always on
///   sram-on       SRAM, always on; filling it once is not counted
///   sram-loaded   SRAM, off between sentences, filled from DRAM for each
///   dram-rows     DRAM, the sentence's rows only
/// ReRAM and SRAM read word by word through one port; DRAM answers the index of all rows, then
/// masks and values. A table that lies in DRAM pays for its share of self-refresh.
std::vector<MemoryPlan> EmbeddingPlans(const EnvmTable& table, double tokens,
                                       const EnvmTechnology& technology, const DramInterface& dram,
                                       Bound bound);

/// Where encoder and off-ramp weights live.
enum class WeightLocation : uint8_t { kDram, kSram, kReram };
std::string_view WeightLocationName(WeightLocation location);  ///< "dram", "sram", "reram"
Result<WeightLocation> ParseWeightLocation(std::string_view name);

/// A memory of weights as the time and energy model needs it.
struct WeightMemory {
  Joules energy_per_byte;        ///< Of what is streamed.
  BytesPerSecond bandwidth;      ///< At which it streams.
  Watts idle_per_byte;           ///< Of what is stored, all the time.
  Watts active_per_byte;         ///< Of what is stored, on top, while a sentence runs.
  Seconds latency;               ///< Before a layer's first byte, at active power.
  double area_mm2_per_byte = 0;  ///< On the accelerator's chip.
};

/// DRAM refreshes itself and streams at the interface's energy; SRAM leaks all the time; ReRAM in
/// `cells` is off between sentences. On-chip memories read from all their banks at once.
WeightMemory WeightMemoryOf(WeightLocation location, CellKind cells,
                            const EnvmTechnology& technology, const DramInterface& dram,
                            Bound bound);

/// What a model keeps in a memory of weights, and what a mean sentence takes from it.
struct WeightUse {
  Bytes stored;
  Bytes powered;         ///< Of them, what has to be on at a time: the layer that runs.
  Bytes streamed;        ///< Layers that are shared count as often as they run.
  double layers = 0;     ///< That run.
  Seconds compute_time;  ///< Overlaps with streaming.
};

/// The weights are in `memory` for good.
MemoryPlan WeightPlan(std::string name, const WeightMemory& memory, const WeightUse& use);

/// The weights are in DRAM; a sentence loads `loaded` bytes of them, each once, into SRAM of
/// `capacity` bytes that is off between sentences, and streams them from there.
MemoryPlan LoadedWeightPlan(const EnvmTechnology& technology, const DramInterface& dram,
                            Bound bound, const WeightUse& use, Bytes loaded, Bytes capacity);

}  // namespace edgebert

#endif  // EDGEBERT_ACCEL_MEMORY_PLAN_H_
