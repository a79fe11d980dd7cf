#ifndef EDGEBERT_SYSTEMC_CHANNEL_ARRAY_H_
#define EDGEBERT_SYSTEMC_CHANNEL_ARRAY_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "edgebert/systemc/channel.h"

namespace edgebert::systemc {

/// Channels of one type, named NAME_0, NAME_1, ...
template <typename T>
class ChannelArray {
 public:
  ChannelArray(const std::string& name, size_t count, size_t capacity = 2)
      : ChannelArray(name, std::vector<size_t>(count, capacity)) {}
  ChannelArray(const std::string& name, const std::vector<size_t>& capacities) {
    for (size_t i = 0; i < capacities.size(); ++i) {
      channels_.push_back(
          std::make_unique<Channel<T>>((name + "_" + std::to_string(i)).c_str(), capacities[i]));
    }
  }

  size_t size() const { return channels_.size(); }
  Channel<T>& operator[](size_t index) { return *channels_[index]; }

 private:
  std::vector<std::unique_ptr<Channel<T>>> channels_;
};

}  // namespace edgebert::systemc

#endif  // EDGEBERT_SYSTEMC_CHANNEL_ARRAY_H_
