#ifndef EDGEBERT_ENGINE_SLOT_ARRAY_H_
#define EDGEBERT_ENGINE_SLOT_ARRAY_H_

#include <cstddef>
#include <memory>
#include <span>

namespace edgebert {

/// A [rows × width] array that is reused from sentence to sentence: it grows, never shrinks, and is
/// not cleared, since whoever asks for it writes all of it. What fits keeps the values before.
template <typename T>
class SlotArray {
 public:
  std::span<T> Resize(int rows, int width) {
    size_ = static_cast<size_t>(rows) * static_cast<size_t>(width);
    if (size_ > capacity_) {
      data_ = std::make_unique_for_overwrite<T[]>(size_);
      capacity_ = size_;
    }
    return {data_.get(), size_};
  }

  std::span<const T> values() const { return {data_.get(), size_}; }
  std::span<T> mutable_values() { return {data_.get(), size_}; }

 private:
  std::unique_ptr<T[]> data_;
  size_t capacity_ = 0;
  size_t size_ = 0;
};

}  // namespace edgebert

#endif  // EDGEBERT_ENGINE_SLOT_ARRAY_H_
