#ifndef EDGEBERT_ACCEL_COST_MODEL_H_
#define EDGEBERT_ACCEL_COST_MODEL_H_

#include <cstdint>
#include <vector>

#include "edgebert/hardware/hardware.h"
#include "edgebert/program/layer_program.h"

namespace edgebert {

/// What operations cost the accelerator.
struct WorkEstimate {
  int64_t macs = 0;           ///< Multiply-accumulates that the result needs, without padding.
  int64_t matmul_cycles = 0;  ///< Array cycles, padded tiles included: never below macs / n².
  int64_t sfu_cycles = 0;     ///< Cycles of the special function unit.

  /// Array and special function unit take turns: an upper bound where they could overlap.
  int64_t cycles() const { return matmul_cycles + sfu_cycles; }

  WorkEstimate& operator+=(const WorkEstimate& other);
  bool operator==(const WorkEstimate&) const = default;
};

/// Closed-form estimate of one operation on an accelerator with vectors of n elements.
///
/// Matrix products run tile by tile, n × n × n products in n cycles; rows, columns and the inner
/// dimension are rounded up to n. Attention multiplies head by head and skips tiles that hold no
/// pair within the span. Operand fetches and the bias are hidden behind the products.
///
/// The special function unit takes in `sfu_vectors_per_cycle` vectors of n elements; a row of width
/// w has ⌈w / n⌉ vectors. Reads of each vector, as in the released SystemC but without its waits:
///   softmax 3 (maximum, sum of exponentials, normalisation), over the tiles within the span;
///   AddNorm 4 (two addends, moments, normalisation); table lookup 5 (three rows, moments,
///   normalisation); activation or tanh 1; pooling 1 a pooled row, and 1 for a mean's division;
///   entropy 2 (maximum, sums).
WorkEstimate EstimateWork(const Operation& operation, const HardwareDescription& hardware);

/// The sum over a list of operations.
WorkEstimate EstimateWork(const std::vector<Operation>& operations,
                          const HardwareDescription& hardware);

}  // namespace edgebert

#endif  // EDGEBERT_ACCEL_COST_MODEL_H_
