// Included once for each instruction set, by kernels that work through arrays in blocks of 16.
#if defined(EDGEBERT_KERNELS_BLOCKS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EDGEBERT_KERNELS_BLOCKS_INL_H_
#undef EDGEBERT_KERNELS_BLOCKS_INL_H_
#else
#define EDGEBERT_KERNELS_BLOCKS_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace edgebert::HWY_NAMESPACE {

inline constexpr size_t kBlock = 16;

/// Calls function(in, out) for each 16 elements from front to back; the last block is padded with
/// zeros, and what it gives for the padding is dropped. `output` may be `input`.
template <typename In, typename Out, typename Function>
void ForEachBlock(const In* input, size_t size, Out* output, Function function) {
  size_t i = 0;
  for (; i + kBlock <= size; i += kBlock) {
    function(input + i, output + i);
  }
  if (i < size) {
    HWY_ALIGN In padded_input[kBlock] = {};
    HWY_ALIGN Out padded_output[kBlock];
    std::copy(input + i, input + size, padded_input);
    function(padded_input, padded_output);
    std::copy_n(padded_output, size - i, output + i);
  }
}

}  // namespace edgebert::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
