#include "edgebert/systemc/unit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace edgebert::systemc {

Unit::Unit(sc_core::sc_module_name name, const Clock& clock)
    : sc_core::sc_module(name), clock_(clock) {
  SC_HAS_PROCESS(Unit);
  SC_METHOD(Step);
  sensitive << clock.edge();
  dont_initialize();
}

void Unit::Reads(std::initializer_list<const ChannelBase*> channels) {
  inputs_.insert(inputs_.end(), channels);
}

void Unit::Writes(std::initializer_list<const ChannelBase*> channels) {
  outputs_.insert(outputs_.end(), channels);
}

bool Unit::Waits() const {
  return !Activity().empty() ||
         std::any_of(inputs_.begin(), inputs_.end(),
                     [](const ChannelBase* channel) { return channel->size() > 0; });
}

std::string Unit::DescribeWait() const {
  const auto list = [](const std::vector<const ChannelBase*>& channels) {
    std::vector<std::string> texts;
    for (const ChannelBase* channel : channels) {
      texts.push_back(channel->Describe());
    }
    return texts.empty() ? std::string("none") : fmt::format("{}", fmt::join(texts, ", "));
  };
  std::string text = name();
  if (const std::string activity = Activity(); !activity.empty()) {
    text += fmt::format(", {}", activity);
  }
  return fmt::format("{} (inputs: {}; outputs: {})", text, list(inputs_), list(outputs_));
}

}  // namespace edgebert::systemc
