#include "edgebert/cli/command.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

namespace edgebert::cli {

Status CheckFlagRange(std::string_view name, int64_t value, int64_t least, int64_t most) {
  return value >= least && value <= most
             ? OkStatus()
             : InvalidArgument(fmt::format("{} {}: expected {} to {}", name, value, least, most));
}

std::string Printable(std::string_view text, size_t max_bytes) {
  size_t end = std::min(text.size(), max_bytes);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  std::string printable(text.substr(0, end));
  for (char& character : printable) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte < 0x20 || byte == 0x7F) {
      character = ' ';
    }
  }
  return end < text.size() ? printable + "…" : printable;
}

int Fail(const Status& status, int exit_status) {
  constexpr size_t kLongestMessage = 2000;
  fmt::print(stderr, "edgebert: {}\n", Printable(status.message(), kLongestMessage));
  return exit_status;
}

Status FlushOutput() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    return IoError("cannot write the output: " + std::generic_category().message(errno));
  }
  return OkStatus();
}

}  // namespace edgebert::cli
