// Feeds arbitrary bytes to the readers of a sweep's axes: as a YAML file, and as values of --axis,
// one a line.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "edgebert/report/sweep_axes.h"

namespace {

/// Every axis has values, and all of them mean something.
void Check(const edgebert::SweepAxes& axes) {
  const size_t points = axes.size();
  if (points == 0) {
    __builtin_trap();
  }
  for (const size_t point : {size_t{0}, points / 2, points - 1}) {
    if (!edgebert::ParseSettings(axes.At(point)).ok()) {
      __builtin_trap();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  edgebert::SweepAxes from_file = edgebert::SweepAxes::Defaults();
  if (edgebert::ParseAxes(text, "fuzz.yaml", from_file).ok()) {
    Check(from_file);
  }
  edgebert::SweepAxes from_flags = edgebert::SweepAxes::Defaults();
  for (size_t at = 0; at < size;) {
    const size_t end = text.find('\n', at);
    if (end == std::string_view::npos) {
      break;
    }
    if (!edgebert::SetAxis(text.substr(at, end - at), from_flags).ok()) {
      Check(from_flags);  // A refused axis leaves the others as they were.
    }
    at = end + 1;
  }
  Check(from_flags);
  return 0;
}
