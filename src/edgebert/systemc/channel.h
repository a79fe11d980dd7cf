#ifndef EDGEBERT_SYSTEMC_CHANNEL_H_
#define EDGEBERT_SYSTEMC_CHANNEL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <systemc>
#include <utility>

#include "edgebert/systemc/simulation.h"

namespace edgebert::systemc {

/// What is common to the channels of all types.
class ChannelBase : public sc_core::sc_prim_channel {
 public:
  /// "name 2/2": how full it is.
  std::string Describe() const;

  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }
  bool CanPop() const { return popped_ < size_; }
  bool CanPush() const { return size_ + pushed_ < capacity_; }
  /// Items that have passed through since the start.
  uint64_t total() const { return total_; }

 protected:
  ChannelBase(const char* name, size_t capacity);

  /// Reports an error to SystemC, which ends the simulation.
  void RefusePush() const;
  void RefusePop() const;
  void update() override;

  size_t capacity_;
  size_t size_ = 0;    ///< At the start of the cycle.
  size_t popped_ = 0;  ///< In this cycle.
  size_t pushed_ = 0;
  size_t head_ = 0;
  uint64_t total_ = 0;
};

/// A queue between two units, of registers: what is pushed in a cycle can be popped from the next
/// on, and the place of what is popped is free from the next on. A capacity of two therefore passes
/// an item a cycle; a capacity of one passes one every other cycle.
template <typename T>
class Channel : public ChannelBase {
 public:
  explicit Channel(const char* name, size_t capacity = 2)
      : ChannelBase(name, capacity), items_(std::make_unique<T[]>(capacity)) {}

  /// CanPush() must hold.
  void Push(T item) {
    if (!CanPush()) {
      RefusePush();
    }
    items_[Index(size_ + pushed_)] = std::move(item);
    ++pushed_;
    request_update();
  }
  /// CanPop() must hold.
  const T& Front() const {
    if (!CanPop()) {
      RefusePop();
    }
    return items_[Index(popped_)];
  }
  /// CanPop() must hold.
  T Pop() {
    T item = Front();
    ++popped_;
    request_update();
    return item;
  }

 private:
  size_t Index(size_t offset) const {
    const size_t index = head_ + offset;
    return index < capacity_ ? index : index - capacity_;
  }

  std::unique_ptr<T[]> items_;  // A vector of bool would hold no bools.
};

}  // namespace edgebert::systemc

#endif  // EDGEBERT_SYSTEMC_CHANNEL_H_
