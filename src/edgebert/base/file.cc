#include "edgebert/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace edgebert {
namespace {

std::string ErrorText(int error) { return std::generic_category().message(error); }

// Paths of open temporary files, readable from a signal handler: fixed storage, no locks.
constexpr size_t kMaxTemporaries = 16;
constexpr size_t kMaxPath = 4096;
struct TemporarySlot {
  std::atomic<bool> claimed{false};
  std::atomic<bool> visible{false};
  std::array<char, kMaxPath> path{};
};
std::array<TemporarySlot, kMaxTemporaries> temporary_slots;

void RegisterTemporary(const std::string& path) {
  if (path.size() + 1 > kMaxPath) {
    return;
  }
  for (TemporarySlot& slot : temporary_slots) {
    bool expected = false;
    if (slot.claimed.compare_exchange_strong(expected, true)) {
      std::memcpy(slot.path.data(), path.c_str(), path.size() + 1);
      slot.visible.store(true, std::memory_order_release);
      return;
    }
  }
}

void UnregisterTemporary(const std::string& path) {
  for (TemporarySlot& slot : temporary_slots) {
    if (slot.visible.load(std::memory_order_acquire) && path == slot.path.data()) {
      slot.visible.store(false, std::memory_order_release);
      slot.claimed.store(false, std::memory_order_release);
      return;
    }
  }
}

/// Reads a whole file into a container of bytes.
template <typename Container>
Result<Container> ReadInto(const std::filesystem::path& path, uint64_t max_bytes) {
  EDGEBERT_ASSIGN_OR_RETURN(const InputFile file, InputFile::Open(path));
  if (file.size() > max_bytes) {
    return InvalidArgument(path.string() + ": is " + std::to_string(file.size()) +
                           " bytes long, at most " + std::to_string(max_bytes) + " are read");
  }
  Container bytes(file.size(), 0);
  EDGEBERT_RETURN_IF_ERROR(
      file.ReadAt(0, {reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()}));
  return bytes;
}

}  // namespace

InputFile::InputFile(std::filesystem::path path, int descriptor, uint64_t size)
    : path_(std::move(path)), descriptor_(descriptor), size_(size) {}

InputFile::InputFile(InputFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_) {}

InputFile& InputFile::operator=(InputFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(size_, other.size_);
  return *this;
}

InputFile::~InputFile() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

Result<InputFile> InputFile::Open(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    const int error = errno;
    const std::string message = path.string() + ": cannot open: " + ErrorText(error);
    return error == ENOENT || error == ENOTDIR ? NotFound(message) : IoError(message);
  }
  struct stat information {};
  if (::fstat(descriptor, &information) != 0) {
    const int error = errno;
    ::close(descriptor);
    return IoError(path.string() + ": cannot stat: " + ErrorText(error));
  }
  if (!S_ISREG(information.st_mode)) {
    ::close(descriptor);
    return IoError(path.string() + ": is " +
                   (S_ISDIR(information.st_mode) ? "a directory" : "not a regular file") +
                   ", expected a file");
  }
  return InputFile(path, descriptor, static_cast<uint64_t>(information.st_size));
}

Status InputFile::ReadAt(uint64_t offset, std::span<uint8_t> destination) const {
  size_t done = 0;
  while (done < destination.size()) {
    const ssize_t count = ::pread(descriptor_, destination.data() + done, destination.size() - done,
                                  static_cast<off_t>(offset + done));
    if (count < 0) {
      if (errno == EINTR) {
        continue;
      }
      return IoError(path_.string() + ": cannot read: " + ErrorText(errno));
    }
    if (count == 0) {
      return DataLoss(path_.string() + ": ends at byte " + std::to_string(offset + done) +
                      ", expected at least " + std::to_string(offset + destination.size()));
    }
    done += static_cast<size_t>(count);
  }
  return OkStatus();
}

Result<std::vector<uint8_t>> ReadFile(const std::filesystem::path& path, uint64_t max_bytes) {
  return ReadInto<std::vector<uint8_t>>(path, max_bytes);
}

Result<std::string> ReadTextFile(const std::filesystem::path& path, uint64_t max_bytes) {
  return ReadInto<std::string>(path, max_bytes);
}

AtomicFile::AtomicFile(std::filesystem::path path, std::filesystem::path temporary, int descriptor)
    : path_(std::move(path)), temporary_(std::move(temporary)), descriptor_(descriptor) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::move(other.temporary_)),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
    ::unlink(temporary_.c_str());
    UnregisterTemporary(temporary_.string());
  }
}

Result<AtomicFile> AtomicFile::Create(const std::filesystem::path& given) {
  std::error_code error_code;
  std::filesystem::path path = given;
  if (std::filesystem::exists(path, error_code)) {
    // Renaming over a link, a device or a pipe would replace it.
    path = std::filesystem::canonical(path, error_code);
    if (error_code || !std::filesystem::is_regular_file(path, error_code)) {
      return IoError(
          given.string() + ": is " +
          (std::filesystem::is_directory(path, error_code) ? "a directory" : "not a regular file") +
          ", expected a file to write");
    }
  }
  static std::atomic<unsigned> counter{0};
  std::filesystem::path temporary = path;
  temporary += "." + std::to_string(::getpid()) + "-" + std::to_string(counter++) + ".part";
  RegisterTemporary(temporary.string());
  constexpr mode_t kMode = S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH;
  const int descriptor =
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kMode);
  if (descriptor < 0) {
    const int error = errno;
    UnregisterTemporary(temporary.string());
    return IoError(path.string() + ": cannot write: " + ErrorText(error));
  }
  return AtomicFile(path, std::move(temporary), descriptor);
}

Status AtomicFile::Write(std::span<const uint8_t> bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::write(descriptor_, bytes.data() + done, bytes.size() - done);
    if (count < 0) {
      if (errno == EINTR) {
        continue;
      }
      return IoError(path_.string() + ": cannot write: " + ErrorText(errno));
    }
    done += static_cast<size_t>(count);
  }
  return OkStatus();
}

Status AtomicFile::Write(std::string_view text) {
  return Write(std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
}

Status AtomicFile::Commit() {
  Status status;
  if (::fsync(descriptor_) != 0 && errno != EINVAL && errno != EROFS) {
    status = IoError(path_.string() + ": cannot flush: " + ErrorText(errno));
  }
  if (::close(std::exchange(descriptor_, -1)) != 0 && status.ok()) {
    status = IoError(path_.string() + ": cannot close: " + ErrorText(errno));
  }
  if (status.ok() && ::rename(temporary_.c_str(), path_.c_str()) != 0) {
    status = IoError(path_.string() + ": cannot rename the finished file: " + ErrorText(errno));
  }
  if (!status.ok()) {
    ::unlink(temporary_.c_str());
  }
  UnregisterTemporary(temporary_.string());
  return status;
}

Status WriteFileAtomically(const std::filesystem::path& path, std::span<const uint8_t> bytes) {
  EDGEBERT_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
  EDGEBERT_RETURN_IF_ERROR(file.Write(bytes));
  return file.Commit();
}

Status WriteFileAtomically(const std::filesystem::path& path, std::string_view text) {
  return WriteFileAtomically(path,
                             std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
}

Status PrepareFolder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error || !std::filesystem::is_directory(folder, error)) {
    return IoError(folder.string() + ": cannot make this folder: " +
                   (error ? error.message() : "something else is in its place"));
  }
  // Only writing tells whether one may write.
  const std::filesystem::path probe = folder / ".edgebert-write-test";
  if (const Status status = WriteFileAtomically(probe, std::string_view("")); !status.ok()) {
    return IoError(folder.string() +
                   ": cannot write to this folder: " + std::string(status.message()));
  }
  std::filesystem::remove(probe, error);
  return OkStatus();
}

void RemoveTemporaryFilesFromSignalHandler() {
  for (const TemporarySlot& slot : temporary_slots) {
    if (slot.visible.load(std::memory_order_acquire)) {
      ::unlink(slot.path.data());
    }
  }
}

}  // namespace edgebert
