#include "edgebert/systemc/bitmask_encoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace edgebert::systemc {
namespace {

// The negative zero of AF8.
constexpr uint8_t kNegativeZero = 0x80;

}  // namespace

BitmaskEncoder::BitmaskEncoder(sc_core::sc_module_name name, const Clock& clock, const Ports& ports,
                               const BitmaskWidth& width)
    : Unit(name, clock), ports_(ports), width_(width) {
  Reads({&ports.tasks, &ports.vectors});
  Writes({&ports.masks, &ports.values, &ports.finished});
}

std::string BitmaskEncoder::Activity() const {
  return busy_ ? fmt::format("{} of {} elements to go", elements_left_, elements_) : "";
}

void BitmaskEncoder::Step() {
  if (!busy_) {
    Start();
  }
  if (!busy_) {
    return;
  }
  PassOn(masks_, width_.mask_bytes, ports_.masks);
  PassOn(values_, width_.value_bytes, ports_.values);
  Finish();
  Take();
}

void BitmaskEncoder::Start() {
  if (ports_.tasks.CanPop()) {
    elements_ = elements_left_ = ports_.tasks.Pop();
    total_values_ = 0;
    busy_ = true;
  }
}

void BitmaskEncoder::PassOn(ByteBuffer& buffer, size_t port_bytes, Channel<PortWord>& output) {
  const size_t count = std::min(port_bytes, buffer.size());
  if (count == 0 || (count < port_bytes && elements_left_ > 0) || !output.CanPush()) {
    return;
  }
  PortWord word;
  for (size_t i = 0; i < count; ++i) {
    word.bytes[i] = buffer[i];
  }
  output.Push(word);
  buffer.Drop(count);
}

void BitmaskEncoder::Take() {
  if (elements_left_ == 0 || !ports_.vectors.CanPop() || values_.size() > width_.value_bytes ||
      masks_.size() > width_.mask_bytes) {
    return;
  }
  const LaneVector vector = ports_.vectors.Pop();
  const auto lanes = static_cast<size_t>(std::min<uint64_t>(width_.lanes, elements_left_));
  std::array<uint8_t, kMaxLanes> packed = {};
  size_t count = 0;
  uint32_t mask = 0;
  for (size_t lane = 0; lane < lanes; ++lane) {
    const uint8_t code = vector.codes[lane];
    if (code != 0 && code != kNegativeZero) {
      packed[count++] = code;
      mask |= uint32_t{1} << lane;
    }
  }
  values_.Append({packed.data(), count});
  total_values_ += count;
  elements_left_ -= lanes;
  AppendMask(mask, lanes);
}

void BitmaskEncoder::AppendMask(uint32_t mask, size_t lanes) {
  mask_bits_ |= uint64_t{mask} << num_mask_bits_;
  num_mask_bits_ += lanes;
  while (num_mask_bits_ >= 8 || (num_mask_bits_ > 0 && elements_left_ == 0)) {
    const auto byte = static_cast<uint8_t>(mask_bits_);
    masks_.Append({&byte, 1});
    mask_bits_ >>= 8;
    num_mask_bits_ -= std::min<size_t>(8, num_mask_bits_);
  }
}

void BitmaskEncoder::Finish() {
  if (elements_left_ == 0 && masks_.size() == 0 && values_.size() == 0 &&
      ports_.finished.CanPush()) {
    ports_.finished.Push(total_values_);
    busy_ = false;
  }
}

}  // namespace edgebert::systemc
