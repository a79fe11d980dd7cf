#include "edgebert/cli/sibling_program.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <vector>

namespace edgebert::cli {

Status ContinueAsSibling(const std::string& name) {
  std::error_code error;
  const std::filesystem::path own = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path program = own.parent_path() / name;
  if (error || !std::filesystem::exists(program, error)) {
    return NotFound(fmt::format("there is no {} beside this program", name));
  }
  // Each argument ends with a zero byte.
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::string line((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::vector<char*> arguments;
  for (size_t at = 0; at < line.size(); at = line.find('\0', at) + 1) {
    arguments.push_back(line.data() + at);
  }
  arguments.push_back(nullptr);
  ::execv(program.c_str(), arguments.data());
  return IoError(fmt::format("{}: cannot start it: {}", program.string(),
                             std::generic_category().message(errno)));
}

}  // namespace edgebert::cli
