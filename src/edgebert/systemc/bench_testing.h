#ifndef EDGEBERT_SYSTEMC_BENCH_TESTING_H_
#define EDGEBERT_SYSTEMC_BENCH_TESTING_H_

#include <cstdint>
#include <functional>
#include <systemc>
#include <utility>
#include <vector>

#include "edgebert/systemc/channel.h"
#include "edgebert/systemc/clock.h"
#include "edgebert/systemc/unit.h"

namespace edgebert::testing {

using systemc::Channel;
using systemc::Clock;
using systemc::Unit;

/// Decides whether a bench acts in a cycle; by default it always does.
using Willing = std::function<bool(uint64_t cycle)>;

inline Willing Always() {
  return [](uint64_t) { return true; };
}

/// Pushes items into a channel, at most one a cycle.
template <typename T>
class Source : public Unit {
 public:
  Source(sc_core::sc_module_name name, const Clock& clock, Channel<T>& output, std::vector<T> items,
         Willing willing = Always())
      : Unit(name, clock), output_(output), items_(std::move(items)), willing_(std::move(willing)) {
    Writes({&output});
  }

  bool finished() const { return next_ == items_.size(); }
  void Add(T item) { items_.push_back(std::move(item)); }

 protected:
  void Step() override {
    if (!finished() && output_.CanPush() && willing_(clock().cycle())) {
      output_.Push(items_[next_++]);
    }
  }

 private:
  Channel<T>& output_;
  std::vector<T> items_;
  Willing willing_;
  size_t next_ = 0;
};

/// Pops items from a channel, at most one a cycle, and keeps them with the cycles of their arrival.
template <typename T>
class Sink : public Unit {
 public:
  Sink(sc_core::sc_module_name name, const Clock& clock, Channel<T>& input,
       Willing willing = Always())
      : Unit(name, clock), input_(input), willing_(std::move(willing)) {
    Reads({&input});
  }

  const std::vector<T>& items() const { return items_; }
  const std::vector<uint64_t>& cycles() const { return cycles_; }

 protected:
  void Step() override {
    if (input_.CanPop() && willing_(clock().cycle())) {
      items_.push_back(input_.Pop());
      cycles_.push_back(clock().cycle());
    }
  }

 private:
  Channel<T>& input_;
  Willing willing_;
  std::vector<T> items_;
  std::vector<uint64_t> cycles_;
};

}  // namespace edgebert::testing

#endif  // EDGEBERT_SYSTEMC_BENCH_TESTING_H_
