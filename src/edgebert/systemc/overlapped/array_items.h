#ifndef EDGEBERT_SYSTEMC_OVERLAPPED_ARRAY_ITEMS_H_
#define EDGEBERT_SYSTEMC_OVERLAPPED_ARRAY_ITEMS_H_

#include <array>
#include <cstdint>

#include "edgebert/systemc/lane_vector.h"
#include "edgebert/systemc/overlapped/instructions.h"
#include "edgebert/systemc/overlapped/vector_coding.h"

// What passes between the units around the array, a vector a cycle.

namespace edgebert::systemc::overlapped {

/// From the loader: a vector for a row of a set of stationary registers.
struct StationaryVector {
  Lanes codes = {};
  int set = 0;
  int row = 0;  ///< Row 0 makes the set's other rows invalid.
};

/// From the streamer.
struct StreamedVector {
  Lanes codes = {};
  int set = 0;          ///< To be multiplied with.
  int row = 0;          ///< Of the accumulators.
  int valid_lanes = 0;  ///< That hold elements.
  uint32_t job = 0;
  bool ends_job = false;
  size_t stage = 0;
  uint32_t operation = 0;
};

/// From the array: the products of a streamed vector with every stationary one.
struct SumRow {
  std::array<int32_t, kMaxLanes> sums = {};
  int row = 0;
  uint32_t job = 0;
  bool ends_job = false;
};

/// In the emission path.
struct EmittedVector {
  std::array<int64_t, kMaxLanes> values = {};
  int lanes = 0;         ///< That hold results; the others are 0.
  int first_column = 0;  ///< Of the job: the first lane's, or that of all.
  bool columns_on_lanes = true;
  EmitJob job;
  int64_t row = 0;     ///< Of the job's output.
  int64_t vector = 0;  ///< Of that row.
  bool ends_job = false;
};

}  // namespace edgebert::systemc::overlapped

#endif  // EDGEBERT_SYSTEMC_OVERLAPPED_ARRAY_ITEMS_H_
