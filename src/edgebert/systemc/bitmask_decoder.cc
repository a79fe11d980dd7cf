#include "edgebert/systemc/bitmask_decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace edgebert::systemc {

BitmaskDecoder::BitmaskDecoder(sc_core::sc_module_name name, const Clock& clock, const Ports& ports,
                               const BitmaskWidth& width)
    : Unit(name, clock), ports_(ports), width_(width) {
  Reads({&ports.tasks, &ports.masks, &ports.values});
  Writes({&ports.vectors, &ports.finished});
}

std::string BitmaskDecoder::Activity() const {
  return busy_ ? fmt::format("{} of {} elements to go", elements_left_, task_.elements) : "";
}

void BitmaskDecoder::Step() {
  if (!busy_) {
    Start();
  }
  if (!busy_) {
    return;
  }
  SkipZeros();
  Emit();
  SkipZeros();
  Refill();
  Finish();
}

void BitmaskDecoder::Start() {
  if (!ports_.tasks.CanPop()) {
    return;
  }
  task_ = ports_.tasks.Pop();
  busy_ = true;
  elements_left_ = task_.elements;
  mask_bytes_left_ = task_.elements / 8 + (task_.elements % 8 != 0 ? 1 : 0);
  value_bytes_left_ = values_left_ = task_.values;
  emitted_ = 0;
  index_ = 0;
  masks_.Clear();
  values_.Clear();
}

size_t BitmaskDecoder::NextLanes() const {
  return static_cast<size_t>(std::min<uint64_t>(width_.lanes, elements_left_));
}

void BitmaskDecoder::SkipZeros() {
  while (task_.skip_zero_vectors && elements_left_ > 0 && masks_.size() >= NextLanes() &&
         masks_.Peek(NextLanes()) == 0) {
    masks_.Drop(NextLanes());
    elements_left_ -= NextLanes();
    ++index_;
    ++skipped_vectors_;
  }
}

void BitmaskDecoder::Emit() {
  const size_t lanes = NextLanes();
  if (lanes == 0 || masks_.size() < lanes || !ports_.vectors.CanPush()) {
    return;
  }
  const uint32_t mask = masks_.Peek(lanes);
  const auto wanted = static_cast<uint64_t>(std::popcount(mask));
  const auto count = static_cast<size_t>(std::min(wanted, values_left_));
  if (values_.size() < count) {
    return;
  }
  ports_.vectors.Push(Expand(mask, count));
  zero_lanes_ += width_.lanes - count;
  masks_.Drop(lanes);
  values_.Drop(count);
  values_left_ -= count;
  elements_left_ -= lanes;
  ++index_;
  ++emitted_;
}

LaneVector BitmaskDecoder::Expand(uint32_t mask, size_t count) {
  LaneVector vector;
  vector.index = index_;
  size_t next = 0;
  for (size_t lane = 0; next < count; ++lane) {
    if (((mask >> lane) & 1) != 0) {
      vector.codes[lane] = values_[next++];
    }
  }
  return vector;
}

void BitmaskDecoder::Refill() {
  // A port word comes in when there is room for a whole one, whatever part of it belongs to the
  // array.
  if (mask_bytes_left_ > 0 && masks_.size() <= 8 * width_.mask_bytes && ports_.masks.CanPop()) {
    const PortWord word = ports_.masks.Pop();
    const auto count = static_cast<size_t>(std::min<uint64_t>(width_.mask_bytes, mask_bytes_left_));
    masks_.AppendBytes({word.bytes.data(), count});
    mask_bytes_left_ -= count;
  }
  if (value_bytes_left_ > 0 && values_.size() <= width_.value_bytes && ports_.values.CanPop()) {
    const PortWord word = ports_.values.Pop();
    const auto count =
        static_cast<size_t>(std::min<uint64_t>(width_.value_bytes, value_bytes_left_));
    values_.Append({word.bytes.data(), count});
    value_bytes_left_ -= count;
  }
  if (elements_left_ == 0) {
    values_.Clear();  // What no bit asked for.
  }
}

void BitmaskDecoder::Finish() {
  if (elements_left_ == 0 && mask_bytes_left_ == 0 && value_bytes_left_ == 0 &&
      ports_.finished.CanPush()) {
    ports_.finished.Push(emitted_);
    busy_ = false;
  }
}

}  // namespace edgebert::systemc
