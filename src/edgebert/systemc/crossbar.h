#ifndef EDGEBERT_SYSTEMC_CROSSBAR_H_
#define EDGEBERT_SYSTEMC_CROSSBAR_H_

#include <cstddef>
#include <systemc>
#include <vector>

#include "edgebert/systemc/channel.h"
#include "edgebert/systemc/channel_array.h"
#include "edgebert/systemc/unit.h"

namespace edgebert::systemc {

/// Passes one item a cycle from one of several queues to one, round robin.
template <typename T>
class Crossbar : public Unit {
 public:
  Crossbar(sc_core::sc_module_name name, const Clock& clock, std::vector<Channel<T>*> inputs,
           Channel<T>& output)
      : Unit(name, clock), inputs_(std::move(inputs)), output_(output) {
    Connect();
  }
  Crossbar(sc_core::sc_module_name name, const Clock& clock, ChannelArray<T>& inputs,
           Channel<T>& output)
      : Unit(name, clock), output_(output) {
    for (size_t i = 0; i < inputs.size(); ++i) {
      inputs_.push_back(&inputs[i]);
    }
    Connect();
  }

 protected:
  void Step() override {
    if (!output_.CanPush()) {
      return;
    }
    for (size_t i = 0; i < inputs_.size(); ++i) {
      const size_t candidate = (next_ + i) % inputs_.size();
      if (inputs_[candidate]->CanPop()) {
        output_.Push(inputs_[candidate]->Pop());
        next_ = (candidate + 1) % inputs_.size();
        return;
      }
    }
  }

 private:
  void Connect() {
    for (const Channel<T>* input : inputs_) {
      Reads({input});
    }
    Writes({&output_});
  }

  std::vector<Channel<T>*> inputs_;
  Channel<T>& output_;
  size_t next_ = 0;
};

}  // namespace edgebert::systemc

#endif  // EDGEBERT_SYSTEMC_CROSSBAR_H_
