#ifndef EDGEBERT_KERNELS_QUANTIZE_H_
#define EDGEBERT_KERNELS_QUANTIZE_H_

#include <cstdint>
#include <span>

// AF8 activations travel as the 16-bit integers of numeric/adaptivfloat.h's DecodeInteger, in units
// of 2^(bias - 4).

namespace edgebert {

/// integers[i] = DecodeInteger(Encode(values[i], bias)); values must be finite.
void QuantizeAf8(std::span<const float> values, int bias, std::span<int16_t> integers);

/// integers[i] = DecodeInteger(EncodeAccumulator(accumulators[i], unit_exponent, bias)): one
/// rounding. |accumulators[i]| < 2^53.
void RequantizeAf8(std::span<const int64_t> accumulators, int unit_exponent, int bias,
                   std::span<int16_t> integers);

/// values[i] = integers[i] · 2^(bias - 4), exactly.
void DequantizeAf8(std::span<const int16_t> integers, int bias, std::span<float> values);

/// values[i] = accumulators[i] · 2^unit_exponent, rounded once to float. |accumulators[i]| < 2^53.
void AccumulatorsToFloat(std::span<const int64_t> accumulators, int unit_exponent,
                         std::span<float> values);

/// Adds bias[j] to every row: accumulators is [rows × bias.size()].
void AddBias(std::span<const int64_t> bias, int rows, std::span<int64_t> accumulators);

}  // namespace edgebert

#endif  // EDGEBERT_KERNELS_QUANTIZE_H_
