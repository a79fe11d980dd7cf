#ifndef EDGEBERT_SYSTEMC_OVERLAPPED_SPECIAL_RESULT_H_
#define EDGEBERT_SYSTEMC_OVERLAPPED_SPECIAL_RESULT_H_

#include <array>
#include <cstdint>

#include "edgebert/numeric/fixed_layer_norm.h"
#include "edgebert/systemc/lane_vector.h"
#include "edgebert/systemc/overlapped/instructions.h"
#include "edgebert/systemc/overlapped/vector_coding.h"

namespace edgebert::systemc::overlapped {

/// What passes through the special function unit's pipeline, from the registers of a function to a
/// buffer.
struct SpecialResult {
  enum class Kind : uint8_t {
    kNormalise,    ///< words, row, gains, biases
    kProbability,  ///< words: distances; log_of_sum
    kScale,        ///< words; multiplier
    kEntropy,      ///< entropy
  };

  Kind kind = Kind::kScale;
  std::array<int64_t, kMaxLanes> words = {};
  std::array<int32_t, kMaxLanes> gains = {};
  std::array<int32_t, kMaxLanes> biases = {};
  uint32_t valid = 0;  ///< A bit for each lane that holds a result; the others become 0.
  NormRow row{};
  uint32_t log_of_sum = 0;
  int64_t multiplier = 1;
  int unit_exponent = 0;  ///< Of the value that is rounded to AF8.
  int output_bias = 0;
  Lanes codes = {};  ///< Packed by the coder, for the pool.
  uint32_t mask = 0;
  bool to_auxiliary = false;
  int64_t address = 0;
  int32_t entropy = 0;
  bool ends_operation = false;
  size_t stage = 0;
  uint32_t panel = kNoPanel;  ///< Free at the end of the operation.
};

}  // namespace edgebert::systemc::overlapped

#endif  // EDGEBERT_SYSTEMC_OVERLAPPED_SPECIAL_RESULT_H_
