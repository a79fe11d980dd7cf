#include "edgebert/systemc/artifact/bus.h"

#include <fmt/format.h>

#include <utility>

namespace edgebert::systemc::artifact {

BusArbiter::BusArbiter(sc_core::sc_module_name name, const Clock& clock,
                       std::vector<BusPorts> masters, const BusPorts& slave)
    : Unit(name, clock), masters_(std::move(masters)), slave_(slave) {
  for (const BusPorts& master : masters_) {
    Reads({&master.bursts, &master.write_words});
    Writes({&master.read_words, &master.acknowledgements});
  }
  Reads({&slave.read_words, &slave.acknowledgements});
  Writes({&slave.bursts, &slave.write_words});
}

std::string BusArbiter::Activity() const {
  return busy_ ? fmt::format("{} words of master {} to go", remaining_, master_) : "";
}

void BusArbiter::Grant() {
  for (size_t i = 1; i <= masters_.size(); ++i) {
    const size_t candidate = (master_ + i) % masters_.size();
    if (masters_[candidate].bursts.CanPop() && slave_.bursts.CanPush()) {
      burst_ = masters_[candidate].bursts.Pop();
      slave_.bursts.Push(burst_);
      master_ = candidate;
      remaining_ = burst_.words;
      busy_ = true;
      return;
    }
  }
}

void BusArbiter::Step() {
  if (!busy_) {
    Grant();
    return;
  }
  BusPorts& master = masters_[master_];
  if (burst_.write) {
    if (remaining_ > 0 && master.write_words.CanPop() && slave_.write_words.CanPush()) {
      slave_.write_words.Push(master.write_words.Pop());
      --remaining_;
    }
    if (slave_.acknowledgements.CanPop() && master.acknowledgements.CanPush()) {
      master.acknowledgements.Push(slave_.acknowledgements.Pop());
      busy_ = false;
    }
  } else if (slave_.read_words.CanPop() && master.read_words.CanPush()) {
    master.read_words.Push(slave_.read_words.Pop());
    busy_ = --remaining_ > 0;
  }
}

IdealDram::IdealDram(sc_core::sc_module_name name, const Clock& clock, const BusPorts& ports,
                     size_t size)
    : Unit(name, clock), words(size), ports_(ports) {
  Reads({&ports.bursts, &ports.write_words});
  Writes({&ports.read_words, &ports.acknowledgements});
}

std::string IdealDram::Activity() const {
  return state_ == State::kIdle ? "" : fmt::format("{} words to go", remaining_);
}

void IdealDram::Step() {
  switch (state_) {
    case State::kIdle:
      if (ports_.bursts.CanPop()) {
        const Burst burst = ports_.bursts.Pop();
        if (burst.first_word > words.size() || burst.words > words.size() - burst.first_word) {
          SC_REPORT_ERROR("dram", fmt::format("{}: words {} and {} more of {}", name(),
                                              burst.first_word, burst.words, words.size())
                                      .c_str());
        }
        next_ = burst.first_word;
        remaining_ = burst.words;
        state_ = burst.write ? State::kWrite : State::kRead;
      }
      break;
    case State::kRead:
      if (ports_.read_words.CanPush()) {
        ports_.read_words.Push(words[next_++]);
        if (--remaining_ == 0) {
          state_ = State::kIdle;
        }
      }
      break;
    case State::kWrite:
      if (ports_.write_words.CanPop()) {
        words[next_++] = ports_.write_words.Pop();
        if (--remaining_ == 0) {
          state_ = State::kAcknowledge;
        }
      }
      break;
    case State::kAcknowledge:
      if (ports_.acknowledgements.CanPush()) {
        ports_.acknowledgements.Push(true);
        state_ = State::kIdle;
      }
      break;
  }
}

}  // namespace edgebert::systemc::artifact
