#include "edgebert/systemc/artifact/fill_master.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace edgebert::systemc::artifact {

FillMaster::FillMaster(sc_core::sc_module_name name, const Clock& clock, Channel<Transfer>& starts,
                       const BusPorts& bus, std::vector<Channel<bool>*> stored)
    : Unit(name, clock), starts_(starts), bus_(bus), stored_(std::move(stored)) {
  Reads({&starts, &bus.read_words});
  for (const Channel<bool>* channel : stored_) {
    Reads({channel});
  }
  Writes({&bus.bursts});
}

std::string FillMaster::Activity() const {
  return busy_ ? fmt::format("{} of {} items handed on", items_, transfer_.items) : "";
}

void FillMaster::Step() {
  if (!busy_) {
    if (!starts_.CanPop()) {
      return;
    }
    transfer_ = starts_.Pop();
    items_ = 0;
    remaining_ = WordsOf(transfer_);
    next_word_ = transfer_.dram_word;
    busy_ = true;
    time_.started = clock().cycle();
  }
  if (in_burst_ > 0) {
    if (bus_.read_words.CanPop() && CanTake()) {
      Take(bus_.read_words.Pop());
      --in_burst_;
    }
  } else if (remaining_ > 0) {
    Announce();
  }
  Work();
  for (Channel<bool>* stored : stored_) {
    if (stored->CanPop()) {
      stored->Pop();
      busy_ = false;
      time_.done = clock().cycle();
      ++time_.completed;
    }
  }
}

void FillMaster::Announce() {
  if (!bus_.bursts.CanPush()) {
    return;
  }
  in_burst_ = static_cast<uint32_t>(std::min<uint64_t>(remaining_, kMaxBurstWords));
  bus_.bursts.Push({.write = false, .first_word = next_word_, .words = in_burst_});
  next_word_ += in_burst_;
  remaining_ -= in_burst_;
}

VectorFill::VectorFill(sc_core::sc_module_name name, const Clock& clock, Channel<Transfer>& starts,
                       const BusPorts& bus, std::vector<Channel<bool>*> stored,
                       Channel<DataRequest>& stores, size_t client)
    : FillMaster(name, clock, starts, bus, std::move(stored)), stores_(stores), client_(client) {
  Writes({&stores});
}

uint64_t VectorFill::WordsOf(const Transfer& transfer) const {
  return 2 * uint64_t{transfer.items};
}

bool VectorFill::CanTake() const { return !half_ || stores_.CanPush(); }

void VectorFill::Take(uint64_t word) {
  const size_t first = half_ ? kWordBytes : 0;
  for (size_t i = 0; i < kWordBytes; ++i) {
    codes_[first + i] = static_cast<uint8_t>(word >> (8 * i));
  }
  half_ = !half_;
  if (half_) {
    return;
  }
  DataRequest store{.store = true,
                    .rows = {},
                    .lanes = Mask{0xffff},
                    .codes = codes_,
                    .client = client_,
                    .last = items_ + 1 == transfer_.items};
  store.rows.fill(transfer_.buffer_address + items_);
  stores_.Push(store);
  ++items_;
}

MaskFill::MaskFill(sc_core::sc_module_name name, const Clock& clock, Channel<Transfer>& starts,
                   const BusPorts& bus, std::vector<Channel<bool>*> stored,
                   Channel<MaskRequest>& stores, size_t client)
    : FillMaster(name, clock, starts, bus, std::move(stored)), stores_(stores), client_(client) {
  Writes({&stores});
}

uint64_t MaskFill::WordsOf(const Transfer& transfer) const {
  return transfer.items / 4 + (transfer.items % 4 != 0 ? 1 : 0);
}

bool MaskFill::CanTake() const { return left_ == 0; }

void MaskFill::Take(uint64_t word) {
  word_ = word;
  left_ = std::min<uint32_t>(4, transfer_.items - items_);
}

void MaskFill::Work() {
  if (left_ == 0 || !stores_.CanPush()) {
    return;
  }
  stores_.Push({.store = true,
                .address = transfer_.buffer_address + items_,
                .mask = static_cast<Mask>(word_),
                .client = client_,
                .last = items_ + 1 == transfer_.items});
  word_ >>= 16;
  --left_;
  ++items_;
}

}  // namespace edgebert::systemc::artifact
