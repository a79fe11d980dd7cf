#include "edgebert/systemc/overlapped/multiplier_array.h"

#include <bit>
#include <cstddef>

#include "edgebert/numeric/adaptivfloat.h"

namespace edgebert::systemc::overlapped {
namespace {

constexpr std::array<int16_t, 256> kIntegerOfCode = [] {
  std::array<int16_t, 256> integers = {};
  for (uint32_t code = 0; code < integers.size(); ++code) {
    integers[code] = static_cast<int16_t>(DecodeInteger(kAf8, code));
  }
  return integers;
}();

std::array<int16_t, kMaxLanes> Decode(const Lanes& codes, uint32_t& nonzero) {
  std::array<int16_t, kMaxLanes> integers;
  nonzero = 0;
  for (size_t lane = 0; lane < codes.size(); ++lane) {
    integers[lane] = kIntegerOfCode[codes[lane]];
    nonzero |= uint32_t{integers[lane] != 0} << lane;
  }
  return integers;
}

}  // namespace

MultiplierArray::MultiplierArray(sc_core::sc_module_name name, const Clock& clock,
                                 const Ports& ports, int vector_size, EventLog& events)
    : Unit(name, clock), ports_(ports), vector_size_(vector_size), events_(events) {
  Reads({&ports.stationary, &ports.streamed});
  Writes({&ports.sums});
}

void MultiplierArray::Load(const StationaryVector& vector) {
  Set& set = sets_[static_cast<size_t>(vector.set)];
  const auto row = static_cast<size_t>(vector.row);
  set.rows[row] = Decode(vector.codes, set.nonzero[row]);
  set.valid_rows = vector.row + 1;
}

SumRow MultiplierArray::Multiply(const StreamedVector& vector) {
  const Set& set = sets_[static_cast<size_t>(vector.set)];
  const auto lanes = static_cast<size_t>(vector_size_);
  uint32_t nonzero = 0;
  const Integers integers = Decode(vector.codes, nonzero);
  SumRow row;
  row.row = vector.row;
  row.job = vector.job;
  row.ends_job = vector.ends_job;
  int useful = 0;
  for (size_t i = 0; i < static_cast<size_t>(set.valid_rows); ++i) {
    int32_t sum = 0;
    for (size_t lane = 0; lane < lanes; ++lane) {
      sum += int32_t{integers[lane]} * set.rows[i][lane];
    }
    row.sums[i] = sum;
    useful += std::popcount(nonzero & set.nonzero[i]);
  }
  StageEvents& events = events_.at(vector.stage);
  const int64_t products = int64_t{set.valid_rows} * vector.valid_lanes;
  events.counts.issued_products += products;
  events.gated_products += products - useful;
  ++events.counts.array_cycles;
  events_.Busy(TracedUnit::kArray, clock().cycle(), vector.stage, vector.operation);
  return row;
}

void MultiplierArray::Step() {
  // A vector is multiplied with what its set held before this cycle.
  if (ports_.streamed.CanPop() && ports_.sums.CanPush()) {
    ports_.sums.Push(Multiply(ports_.streamed.Pop()));
  }
  if (ports_.stationary.CanPop()) {
    Load(ports_.stationary.Pop());
  }
}

}  // namespace edgebert::systemc::overlapped
