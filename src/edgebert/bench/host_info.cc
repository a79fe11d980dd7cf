#include "edgebert/bench/host_info.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "commit_name.h"

namespace edgebert {
namespace {

/// What stands behind the colon of the first line that begins with `key`.
std::optional<std::string> Field(std::string_view text, std::string_view key) {
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    const size_t colon = line.find(':');
    if (line.starts_with(key) && colon != std::string_view::npos) {
      const size_t value = line.find_first_not_of(" \t", colon + 1);
      return std::string(value == std::string_view::npos ? "" : line.substr(value));
    }
    begin = end + 1;
  }
  return std::nullopt;
}

}  // namespace

HostInfo ParseCpuInfo(std::string_view cpuinfo) {
  HostInfo info;
  info.cpu = Field(cpuinfo, "model name").value_or("unknown");
  if (const auto clock = Field(cpuinfo, "cpu MHz")) {
    const double mhz = std::strtod(clock->c_str(), nullptr);
    if (mhz > 0) {
      info.clock_mhz = mhz;
    }
  }
  return info;
}

HostInfo ReadHostInfo() {
  std::ostringstream text;
  text << std::ifstream("/proc/cpuinfo").rdbuf();
  HostInfo info = ParseCpuInfo(text.str());
  info.commit = EDGEBERT_COMMIT;
  return info;
}

}  // namespace edgebert
