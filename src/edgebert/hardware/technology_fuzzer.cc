#include <cstddef>
#include <cstdint>
#include <string_view>

#include "edgebert/hardware/technology.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view yaml(reinterpret_cast<const char*>(data), size);
  const auto technology = edgebert::Technology::Parse(yaml, "fuzz.yaml");
  if (!technology.ok()) {
    return 0;
  }
  for (const auto& constant : technology->constants()) {
    if (!technology->Get(constant.name, constant.unit.base).ok()) {
      __builtin_trap();  // What the reader lists, it must give.
    }
  }
  for (const auto& table : technology->tables()) {
    for (const auto& row : table.rows) {
      if (row.size() != table.columns.size()) {
        __builtin_trap();
      }
    }
  }
  return 0;
}
