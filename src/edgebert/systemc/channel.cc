#include "edgebert/systemc/channel.h"

#include <fmt/format.h>

namespace edgebert::systemc {

ChannelBase::ChannelBase(const char* name, size_t capacity)
    : sc_core::sc_prim_channel(name), capacity_(capacity) {}

std::string ChannelBase::Describe() const {
  return fmt::format("{} {}/{}", basename(), size_, capacity_);
}

void ChannelBase::RefusePush() const {
  SC_REPORT_ERROR("channel", fmt::format("{} is full, and was pushed to", name()).c_str());
}

void ChannelBase::RefusePop() const {
  SC_REPORT_ERROR("channel", fmt::format("{} is empty, and was popped", name()).c_str());
}

void ChannelBase::update() {
  head_ += popped_;
  if (head_ >= capacity_) {
    head_ -= capacity_;
  }
  size_ += pushed_ - popped_;
  total_ += popped_;
  popped_ = 0;
  pushed_ = 0;
  NoteMovement();
}

}  // namespace edgebert::systemc
