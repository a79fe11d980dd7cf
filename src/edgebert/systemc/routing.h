#ifndef EDGEBERT_SYSTEMC_ROUTING_H_
#define EDGEBERT_SYSTEMC_ROUTING_H_

#include <cstddef>
#include <systemc>
#include <utility>
#include <vector>

#include "edgebert/systemc/channel.h"
#include "edgebert/systemc/unit.h"

namespace edgebert::systemc {

/// A register at a boundary between blocks: one item a cycle, one cycle later.
template <typename T>
class Relay : public Unit {
 public:
  Relay(sc_core::sc_module_name name, const Clock& clock, Channel<T>& input, Channel<T>& output)
      : Unit(name, clock), input_(input), output_(output) {
    Reads({&input});
    Writes({&output});
  }

 protected:
  void Step() override {
    if (input_.CanPop() && output_.CanPush()) {
      output_.Push(input_.Pop());
    }
  }

 private:
  Channel<T>& input_;
  Channel<T>& output_;
};

/// Passes items to the output that a register, read in every cycle, selects.
template <typename T>
class Demultiplexer : public Unit {
 public:
  Demultiplexer(sc_core::sc_module_name name, const Clock& clock, Channel<T>& input,
                std::vector<Channel<T>*> outputs, const size_t& selected)
      : Unit(name, clock), input_(input), outputs_(std::move(outputs)), selected_(selected) {
    Reads({&input});
    for (const Channel<T>* output : outputs_) {
      Writes({output});
    }
  }

 protected:
  void Step() override {
    if (input_.CanPop() && outputs_[selected_]->CanPush()) {
      outputs_[selected_]->Push(input_.Pop());
    }
  }

 private:
  Channel<T>& input_;
  std::vector<Channel<T>*> outputs_;
  const size_t& selected_;
};

/// Passes items from the input that a register, read in every cycle, selects.
template <typename T>
class Multiplexer : public Unit {
 public:
  Multiplexer(sc_core::sc_module_name name, const Clock& clock, std::vector<Channel<T>*> inputs,
              Channel<T>& output, const size_t& selected)
      : Unit(name, clock), inputs_(std::move(inputs)), output_(output), selected_(selected) {
    for (const Channel<T>* input : inputs_) {
      Reads({input});
    }
    Writes({&output});
  }

 protected:
  void Step() override {
    if (inputs_[selected_]->CanPop() && output_.CanPush()) {
      output_.Push(inputs_[selected_]->Pop());
    }
  }

 private:
  std::vector<Channel<T>*> inputs_;
  Channel<T>& output_;
  const size_t& selected_;
};

}  // namespace edgebert::systemc

#endif  // EDGEBERT_SYSTEMC_ROUTING_H_
