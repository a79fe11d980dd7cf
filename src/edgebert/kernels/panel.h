#ifndef EDGEBERT_KERNELS_PANEL_H_
#define EDGEBERT_KERNELS_PANEL_H_

#include <cstddef>
#include <new>
#include <vector>

// Packed weight matrices are cut into panels of output columns, so that a kernel reads a panel from
// front to back with output columns in the lanes of its vectors.

namespace edgebert {

inline constexpr size_t kPanelColumns = 32;
inline constexpr size_t kCacheLineBytes = 64;

constexpr size_t NumPanels(size_t outputs) { return (outputs + kPanelColumns - 1) / kPanelColumns; }
/// Codes of a panel are kept four inputs at a time.
constexpr size_t NumQuads(size_t inputs) { return (inputs + 3) / 4; }

/// Allocates at cache lines, which no vector load of a panel then straddles.
template <typename T>
struct CacheLineAllocator {
  using value_type = T;

  CacheLineAllocator() = default;
  template <typename U>
  CacheLineAllocator(const CacheLineAllocator<U>&) {}  // NOLINT(google-explicit-constructor)

  T* allocate(size_t count) {
    return static_cast<T*>(::operator new (count * sizeof(T), std::align_val_t{kCacheLineBytes}));
  }
  void deallocate(T* pointer, size_t) {
    ::operator delete (pointer, std::align_val_t{kCacheLineBytes});
  }
  bool operator==(const CacheLineAllocator&) const { return true; }
};

template <typename T>
using PanelVector = std::vector<T, CacheLineAllocator<T>>;

/// Calls function(first_row, num_rows) for blocks of nearly equal size, at most `max_rows` each.
template <typename Function>
void ForEachRowBlock(size_t rows, size_t max_rows, Function function) {
  const size_t blocks = (rows + max_rows - 1) / max_rows;
  size_t first = 0;
  for (size_t block = 0; block < blocks; ++block) {
    const size_t count = (rows - first) / (blocks - block);
    function(first, count);
    first += count;
  }
}

}  // namespace edgebert

#endif  // EDGEBERT_KERNELS_PANEL_H_
