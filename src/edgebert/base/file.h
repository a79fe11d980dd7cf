#ifndef EDGEBERT_BASE_FILE_H_
#define EDGEBERT_BASE_FILE_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"

namespace edgebert {

/// A file open for reading at any offset; closed on destruction.
class InputFile {
 public:
  /// Opens a regular file. Directories, missing and unreadable files are errors that name `path`.
  static Result<InputFile> Open(const std::filesystem::path& path);

  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&& other) noexcept;
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile();

  /// Size in bytes when the file was opened.
  uint64_t size() const { return size_; }
  const std::filesystem::path& path() const { return path_; }

  /// Fills `destination` from `offset`. A file that has become shorter since it was opened is data
  /// loss, never a crash: nothing is memory-mapped.
  Status ReadAt(uint64_t offset, std::span<uint8_t> destination) const;

 private:
  InputFile(std::filesystem::path path, int descriptor, uint64_t size);

  std::filesystem::path path_;
  int descriptor_ = -1;
  uint64_t size_ = 0;
};

/// Reads a whole regular file of at most `max_bytes`.
Result<std::vector<uint8_t>> ReadFile(const std::filesystem::path& path, uint64_t max_bytes);

/// As ReadFile, as text; no encoding is checked.
Result<std::string> ReadTextFile(const std::filesystem::path& path, uint64_t max_bytes);

/// Writes a file so that `path` holds either its old content or all of the new one: the bytes go to
/// a temporary file beside it, which is flushed and renamed by Commit(). Without Commit() the
/// temporary file is removed. A symbolic link keeps pointing at the file, which is replaced;
/// directories, devices and pipes are refused.
class AtomicFile {
 public:
  static Result<AtomicFile> Create(const std::filesystem::path& path);

  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  Status Write(std::span<const uint8_t> bytes);
  Status Write(std::string_view text);
  Status Commit();

 private:
  AtomicFile(std::filesystem::path path, std::filesystem::path temporary, int descriptor);

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int descriptor_ = -1;
};

/// Create, Write and Commit in one call.
Status WriteFileAtomically(const std::filesystem::path& path, std::span<const uint8_t> bytes);
Status WriteFileAtomically(const std::filesystem::path& path, std::string_view text);

/// Makes `folder` with its parents and checks that files can be written to it.
Status PrepareFolder(const std::filesystem::path& folder);

/// Removes the temporary files of all AtomicFiles that are still open. Async-signal-safe: meant for
/// the handler of a program that is being interrupted.
void RemoveTemporaryFilesFromSignalHandler();

}  // namespace edgebert

#endif  // EDGEBERT_BASE_FILE_H_
