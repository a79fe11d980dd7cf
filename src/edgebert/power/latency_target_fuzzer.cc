// Feeds arbitrary bytes to the reader of latency targets.

#include <cstdint>
#include <string_view>

#include "edgebert/power/latency_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto target = edgebert::LatencyTarget::Parse(text);
  if (target.ok() && !(target->Resolve(edgebert::Seconds(1)).value() > 0)) {
    __builtin_trap();
  }
  return 0;
}
