#include "edgebert/systemc/artifact/write_back_master.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

namespace edgebert::systemc::artifact {

VectorSplitter::VectorSplitter(sc_core::sc_module_name name, const Clock& clock,
                               Channel<DataResponse>& input, Channel<uint64_t>& output)
    : Unit(name, clock), input_(input), output_(output) {
  Reads({&input});
  Writes({&output});
}

void VectorSplitter::Step() {
  if (words_ > 0 && output_.CanPush()) {
    uint64_t word = 0;
    const size_t first = words_ == 2 ? 0 : kWordBytes;
    for (size_t i = 0; i < kWordBytes; ++i) {
      word |= uint64_t{held_[first + i]} << (8 * i);
    }
    output_.Push(word);
    --words_;
  }
  if (words_ == 0 && input_.CanPop()) {
    held_ = input_.Pop().codes;
    words_ = 2;
  }
}

MaskPacker::MaskPacker(sc_core::sc_module_name name, const Clock& clock, Channel<Mask>& input,
                       Channel<uint64_t>& output, const uint64_t& masks_to_come)
    : Unit(name, clock), input_(input), output_(output), masks_to_come_(masks_to_come) {
  Reads({&input});
  Writes({&output});
}

void MaskPacker::Step() {
  if (full_ && output_.CanPush()) {
    output_.Push(word_);
    full_ = false;
  }
  if (count_ == 4 || (count_ > 0 && taken_ == masks_to_come_)) {
    if (full_) {
      return;
    }
    word_ = collected_;
    full_ = true;
    collected_ = 0;
    count_ = 0;
    if (taken_ == masks_to_come_) {
      taken_ = 0;
    }
  }
  if (input_.CanPop()) {
    collected_ |= uint64_t{input_.Pop()} << (16 * count_);
    ++count_;
    ++taken_;
  }
}

template <typename Request>
uint64_t WriteBackMaster<Request>::WordsOf(const Transfer& transfer) const {
  if constexpr (std::is_same_v<Request, DataRequest>) {
    return 2 * uint64_t{transfer.items};
  } else {
    return transfer.items / 4 + (transfer.items % 4 != 0 ? 1 : 0);
  }
}

template <typename Request>
Request WriteBackMaster<Request>::Load(uint32_t address) const {
  Request request;
  request.client = client_;
  if constexpr (std::is_same_v<Request, DataRequest>) {
    request.lanes = Mask{0xffff};
    request.rows.fill(address);
  } else {
    request.address = address;
  }
  return request;
}

template <typename Request>
WriteBackMaster<Request>::WriteBackMaster(sc_core::sc_module_name name, const Clock& clock,
                                          const Ports& ports, size_t client)
    : Unit(name, clock), ports_(ports), client_(client) {
  Reads({&ports.starts, &ports.words, &ports.bus.acknowledgements});
  Writes({&ports.bus.bursts, &ports.bus.write_words, &ports.loads});
}

template <typename Request>
std::string WriteBackMaster<Request>::Activity() const {
  return busy_ ? fmt::format("{} of {} items requested", requested_, items_) : "";
}

template <typename Request>
void WriteBackMaster<Request>::Start() {
  if (!ports_.starts.CanPop()) {
    return;
  }
  transfer_ = ports_.starts.Pop();
  items_ = transfer_.items;
  requested_ = 0;
  remaining_ = WordsOf(transfer_);
  next_word_ = transfer_.dram_word;
  busy_ = true;
  time_.started = clock().cycle();
  Announce();
}

template <typename Request>
void WriteBackMaster<Request>::Announce() {
  if (!ports_.bus.bursts.CanPush()) {
    return;
  }
  in_burst_ = static_cast<uint32_t>(std::min<uint64_t>(remaining_, kMaxBurstWords));
  ports_.bus.bursts.Push({.write = true, .first_word = next_word_, .words = in_burst_});
  next_word_ += in_burst_;
  remaining_ -= in_burst_;
  announced_ = true;
}

template <typename Request>
void WriteBackMaster<Request>::Step() {
  if (!busy_) {
    Start();
    return;
  }
  if (!announced_) {
    Announce();
  }
  if (requested_ < items_ && ports_.loads.CanPush()) {
    ports_.loads.Push(Load(transfer_.buffer_address + requested_++));
  }
  if (in_burst_ > 0 && ports_.words.CanPop() && ports_.bus.write_words.CanPush()) {
    ports_.bus.write_words.Push(ports_.words.Pop());
    --in_burst_;
  }
  if (ports_.bus.acknowledgements.CanPop()) {
    ports_.bus.acknowledgements.Pop();
    announced_ = false;
    if (remaining_ == 0) {
      busy_ = false;
      time_.done = clock().cycle();
      ++time_.completed;
    }
  }
}

template class WriteBackMaster<DataRequest>;
template class WriteBackMaster<MaskRequest>;

}  // namespace edgebert::systemc::artifact
