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

using BlockFloats = hwy::HWY_NAMESPACE::CappedTag<float, kBlock>;
using BlockVector = hwy::HWY_NAMESPACE::Vec<BlockFloats>;

/// Adds the upper half of 2 · `half` partials to the lower, and so on: one tree.
template <size_t half = kBlock / 2>
HWY_INLINE float SumOfPartials(float* partials) {
  namespace hn = hwy::HWY_NAMESPACE;
  if constexpr (half > 0) {
    const hn::CappedTag<float, half> tag;
    for (size_t i = 0; i < half; i += hn::Lanes(tag)) {
      const auto upper = hn::LoadU(tag, partials + half + i);
      hn::StoreU(hn::Add(hn::LoadU(tag, partials + i), upper), tag, partials + i);
    }
    return SumOfPartials<half / 2>(partials);
  }
  return partials[0];
}

/// Combines map(element i) into partial i mod 16, in ascending order whatever the vectors' length.
/// `neutral` stands in for elements past the end: its map changes no partial.
template <typename Map, typename Combine>
void ReduceToPartials(const float* values, size_t size, float neutral, Map map, Combine combine,
                      float* partials) {
  namespace hn = hwy::HWY_NAMESPACE;
  const BlockFloats tag;
  const size_t whole = size / kBlock * kBlock;
  HWY_ALIGN float last[kBlock];
  std::fill_n(last, kBlock, neutral);
  std::copy(values + whole, values + size, last);
  for (size_t lane = 0; lane < kBlock; lane += hn::Lanes(tag)) {
    BlockVector partial = map(hn::Set(tag, neutral));
    for (size_t i = lane; i < whole; i += kBlock) {
      partial = combine(partial, map(hn::LoadU(tag, values + i)));
    }
    partial = combine(partial, map(hn::Load(tag, last + lane)));
    hn::Store(partial, tag, partials + lane);
  }
}

}  // namespace edgebert::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
