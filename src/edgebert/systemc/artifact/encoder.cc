#include "edgebert/systemc/artifact/encoder.h"

namespace edgebert::systemc::artifact {

OutputArbiter::OutputArbiter(sc_core::sc_module_name name, const Clock& clock, const Ports& ports)
    : Unit(name, clock), ports_(ports) {
  Reads({&ports.matmul, &ports.functions});
  Writes({&ports.output, &ports.written});
}

void OutputArbiter::Step() {
  if (!ports_.output.CanPush()) {
    return;
  }
  const bool matmul = ports_.matmul.CanPop() && ports_.written.CanPush();
  if (ports_.functions.CanPop() && (functions_first_ || !matmul)) {
    ports_.output.Push(ports_.functions.Pop());
    functions_first_ = false;
  } else if (matmul) {
    ports_.output.Push(ports_.matmul.Pop());
    ports_.written.Push(true);
    functions_first_ = true;
  }
}

Encoder::Encoder(sc_core::sc_module_name name, const Clock& clock, Channel<EncodeTarget>& targets,
                 Channel<Codes>& input, std::array<Memory, 2> memories)
    : Unit(name, clock), targets_(targets), input_(input), memories_(memories) {
  Reads({&targets, &input});
  for (const Memory& memory : memories_) {
    Writes({&memory.masks, &memory.codes});
  }
}

void Encoder::Step() {
  if (targets_.CanPop()) {
    target_ = targets_.Pop();
    vectors_ = 0;
    counts_ = {};
  }
  const Memory& memory = memories_[target_.memory];
  if (!input_.CanPop() || !memory.masks.CanPush() || !memory.codes.CanPush()) {
    return;
  }
  DataRequest store{.store = true, .rows = {}, .lanes = 0, .codes = input_.Pop(), .client = 0};
  for (size_t lane = 0; lane < kLanes; ++lane) {
    store.rows[lane] = target_.first_row + counts_[lane];
    if (store.codes[lane] != 0) {
      store.lanes = static_cast<Mask>(store.lanes | (1u << lane));
      ++counts_[lane];
    }
  }
  memory.masks.Push(
      {.store = true, .address = target_.mask_base + vectors_, .mask = store.lanes, .client = 0});
  memory.codes.Push(store);
  ++vectors_;
}

}  // namespace edgebert::systemc::artifact
