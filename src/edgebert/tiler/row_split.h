#ifndef EDGEBERT_TILER_ROW_SPLIT_H_
#define EDGEBERT_TILER_ROW_SPLIT_H_

#include <algorithm>

namespace edgebert {

/// Consecutive items.
struct Slice {
  int first;
  int size;
};

/// Part `part` of `count` items in `parts` slices whose sizes differ by at most one, larger first.
constexpr Slice BalancedSlice(int count, int parts, int part) {
  const int size = count / parts;
  const int larger = count % parts;
  return {part * size + std::min(part, larger), size + (part < larger ? 1 : 0)};
}

/// Slice `index` of `count` items in slices of `size`, the last with the rest.
constexpr Slice FixedSlice(int count, int size, int index) {
  return {index * size, std::min(size, count - index * size)};
}

}  // namespace edgebert

#endif  // EDGEBERT_TILER_ROW_SPLIT_H_
