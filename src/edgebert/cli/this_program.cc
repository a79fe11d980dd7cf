#include "edgebert/cli/this_program.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <vector>

namespace edgebert::cli {

Result<std::filesystem::path> ThisProgram() {
  std::error_code error;
  std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) {
    return IoError("cannot find this program itself: " + error.message());
  }
  return program;
}

Status ContinueAsSibling(const std::string& name) {
  const Result<std::filesystem::path> own = ThisProgram();
  const std::filesystem::path program = own.ok() ? own->parent_path() / name : "";
  std::error_code ignored;
  if (!std::filesystem::exists(program, ignored)) {
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
