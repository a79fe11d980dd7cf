#include <cstddef>
#include <cstdint>
#include <string_view>

#include "edgebert/hardware/hardware.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view yaml(reinterpret_cast<const char*>(data), size);
  const auto hardware = edgebert::ParseHardware(yaml, "fuzz.yaml");
  if (hardware.ok() && hardware->operating_points.size() < 2) {
    __builtin_trap();  // The reader let through what it promises to refuse.
  }
  return 0;
}
