// Feeds arbitrary bytes to the readers of tab- and comma-separated data.

#include <cstdint>
#include <string_view>

#include "edgebert/data/table.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const bool has_header : {false, true}) {
    const auto table = edgebert::ParseTsv(text, has_header, "input");
    if (table.ok() && table->rows.size() != table->line_numbers.size()) {
      __builtin_trap();
    }
  }
  const auto csv = edgebert::ParseCsv(text, "input");
  if (csv.ok()) {
    for (const auto& row : csv->rows) {
      if (row.size() != csv->header.size()) {
        __builtin_trap();
      }
    }
  }
  return 0;
}
