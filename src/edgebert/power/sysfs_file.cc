#include "edgebert/power/sysfs_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>

namespace edgebert {
namespace {

constexpr size_t kPageBytes = 4096;

Status Failure(const std::filesystem::path& path, std::string_view verb, int error) {
  std::string remedy;
  if (error == EACCES || error == EPERM) {
    remedy = fmt::format("; run as root, or allow it with: sudo chmod a+{} {}",
                         verb == "read" ? 'r' : 'w', path.string());
  } else if (error == EROFS) {
    remedy = "; sysfs is mounted read-only, as in a container: run outside of it";
  }
  const std::string message = fmt::format("{}: cannot {}: {}{}", path.string(), verb,
                                          std::generic_category().message(error), remedy);
  return error == ENOENT || error == ENOTDIR ? NotFound(message) : IoError(message);
}

}  // namespace

Result<std::string> ReadSysfs(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    return Failure(path, "read", errno);
  }
  std::array<char, kPageBytes + 1> buffer;
  size_t length = 0;
  ssize_t count = 1;
  int error = 0;
  while (count > 0 && length < buffer.size()) {
    count = ::read(descriptor, buffer.data() + length, buffer.size() - length);
    if (count < 0 && errno == EINTR) {
      count = 1;
    } else if (count < 0) {
      error = errno;
    } else {
      length += static_cast<size_t>(count);
    }
  }
  ::close(descriptor);
  if (error != 0) {
    return Failure(path, "read", error);
  }
  if (length > kPageBytes) {
    return DataLoss(fmt::format("{}: is longer than {} bytes, which no attribute of sysfs is",
                                path.string(), kPageBytes));
  }
  const std::string_view text(buffer.data(), length);
  return std::string(text.substr(0, text.find_last_not_of(" \t\n") + 1));
}

Result<uint64_t> ReadSysfsCount(const std::filesystem::path& path) {
  EDGEBERT_ASSIGN_OR_RETURN(const std::string text, ReadSysfs(path));
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    return DataLoss(fmt::format("{}: holds '{}', expected a whole number from 0 up", path.string(),
                                text.substr(0, 40)));
  }
  return value;
}

Status WriteSysfs(const std::filesystem::path& path, std::string_view text) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    return Failure(path, "write", errno);
  }
  ssize_t count = 0;
  do {
    count = ::write(descriptor, text.data(), text.size());
  } while (count < 0 && errno == EINTR);
  const int error = count < 0 ? errno : 0;
  ::close(descriptor);
  if (error != 0) {
    return Failure(path, fmt::format("write '{}'", text), error);
  }
  return OkStatus();
}

}  // namespace edgebert
