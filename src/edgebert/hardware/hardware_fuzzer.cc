#include <cstddef>
#include <cstdint>
#include <string_view>

#include "edgebert/hardware/hardware.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view yaml(reinterpret_cast<const char*>(data), size);
  const auto hardware = edgebert::ParseHardware(yaml, "fuzz.yaml");
  if (!hardware.ok()) {
    return 0;
  }
  const int n = hardware->vector_size.value;
  const bool is_array = n >= 2 && n <= 32 && (n & (n - 1)) == 0 &&
                        hardware->accumulator_tiles.value >= 1 &&
                        hardware->accumulator_tiles.value <= 8;
  if (hardware->operating_points.size() < 2 || !is_array || hardware->buffers.banks.value < 1 ||
      hardware->dram_port.value < 1) {
    __builtin_trap();  // The reader let through what it promises to refuse.
  }
  return 0;
}
