#include "edgebert/systemc/artifact/datapath.h"

#include <fmt/format.h>

#include <algorithm>

#include "edgebert/numeric/adaptivfloat.h"

namespace edgebert::systemc::artifact {
namespace {

std::array<int16_t, 256> MakeIntegers() {
  std::array<int16_t, 256> integers = {};
  for (uint32_t code = 0; code < integers.size(); ++code) {
    integers[code] = static_cast<int16_t>(DecodeInteger(kAf8, code));
  }
  return integers;
}

std::array<int16_t, kLanes> DecodeVector(const Codes& codes) {
  static const std::array<int16_t, 256> table = MakeIntegers();
  std::array<int16_t, kLanes> integers = {};
  std::transform(codes.begin(), codes.end(), integers.begin(),
                 [](uint8_t code) { return table[code]; });
  return integers;
}

bool AllZero(const Codes& codes) {
  return std::all_of(codes.begin(), codes.end(), [](uint8_t code) { return code == 0; });
}

}  // namespace

Datapath::Datapath(sc_core::sc_module_name name, const Clock& clock, const Ports& ports)
    : Unit(name, clock), ports_(ports) {
  Reads({&ports.shapes, &ports.left, &ports.right});
  Writes({&ports.rows, &ports.block_ends});
}

std::string Datapath::Activity() const {
  if (state_ == State::kIdle) {
    return "";
  }
  return fmt::format("{} {} of block {} of tile {}",
                     state_ == State::kLoad ? "loading vector" : "computing row", index_, block_,
                     tile_);
}

void Datapath::Step() {
  switch (state_) {
    case State::kIdle:
      if (ports_.shapes.CanPop()) {
        shape_ = ports_.shapes.Pop();
        tile_ = 0;
        block_ = 0;
        index_ = 0;
        state_ = State::kLoad;
      }
      break;
    case State::kLoad:
      Load();
      break;
    case State::kCompute:
      Compute();
      break;
    case State::kEnd:
      EndBlock();
      break;
  }
}

void Datapath::Load() {
  if (!ports_.left.CanPop() || !ports_.right.CanPop()) {
    return;
  }
  const Codes left = ports_.left.Pop();
  const Codes right = ports_.right.Pop();
  const auto bit = static_cast<Mask>(1u << index_);
  left_zero_ = static_cast<Mask>((left_zero_ & ~bit) | (AllZero(left) ? bit : 0));
  right_zero_ = static_cast<Mask>((right_zero_ & ~bit) | (AllZero(right) ? bit : 0));
  left_[index_] = DecodeVector(left);
  right_[index_] = DecodeVector(right);
  if (++index_ == kLanes) {
    index_ = 0;
    state_ = State::kCompute;
  }
}

void Datapath::Compute() {
  if (!ports_.rows.CanPush()) {
    return;
  }
  PartialRow row = {};
  const Integers& right = right_[index_];
  for (size_t column = 0; column < kLanes; ++column) {
    int32_t sum = 0;
    for (size_t lane = 0; lane < kLanes; ++lane) {
      sum += int32_t{left_[column][lane]} * right[lane];
    }
    row[column] = sum;
    const bool gated = ((left_zero_ >> column) & 1) != 0 || ((right_zero_ >> index_) & 1) != 0;
    gated_products_ += gated ? 1 : 0;
  }
  products_ += kLanes;
  ports_.rows.Push(row);
  if (++index_ == kLanes) {
    state_ = State::kEnd;
  }
}

void Datapath::EndBlock() {
  if (!ports_.block_ends.CanPush()) {
    return;
  }
  const bool last = ++block_ == shape_.blocks_a_tile;
  ports_.block_ends.Push(last);
  index_ = 0;
  state_ = State::kLoad;
  if (last) {
    block_ = 0;
    if (++tile_ == shape_.tiles) {
      state_ = State::kIdle;
    }
  }
}

}  // namespace edgebert::systemc::artifact
