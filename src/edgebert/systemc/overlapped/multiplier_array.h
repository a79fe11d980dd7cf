#ifndef EDGEBERT_SYSTEMC_OVERLAPPED_MULTIPLIER_ARRAY_H_
#define EDGEBERT_SYSTEMC_OVERLAPPED_MULTIPLIER_ARRAY_H_

#include <array>
#include <cstdint>
#include <systemc>

#include "edgebert/systemc/overlapped/array_items.h"
#include "edgebert/systemc/overlapped/event_log.h"
#include "edgebert/systemc/overlapped/stationary_loader.h"
#include "edgebert/systemc/unit.h"

namespace edgebert::systemc::overlapped {

/// n × n multipliers: two sets of n stationary vectors, and for each vector that streams past the
/// n sums of its products with those of one set, a cycle later. AF8 codes are multiplied as the
/// integers they stand for.
class MultiplierArray : public Unit {
 public:
  struct Ports {
    Channel<StationaryVector>& stationary;
    Channel<StreamedVector>& streamed;
    Channel<SumRow>& sums;
  };
  MultiplierArray(sc_core::sc_module_name name, const Clock& clock, const Ports& ports,
                  int vector_size, EventLog& events);

 protected:
  void Step() override;

 private:
  using Integers = std::array<int16_t, kMaxLanes>;
  struct Set {
    std::array<Integers, kMaxLanes> rows = {};
    std::array<uint32_t, kMaxLanes> nonzero = {};  ///< A bit a lane.
    int valid_rows = 0;
  };

  void Load(const StationaryVector& vector);
  SumRow Multiply(const StreamedVector& vector);

  Ports ports_;
  int vector_size_;
  std::array<Set, StationaryLoader::kSets> sets_;
  EventLog& events_;
};

}  // namespace edgebert::systemc::overlapped

#endif  // EDGEBERT_SYSTEMC_OVERLAPPED_MULTIPLIER_ARRAY_H_
