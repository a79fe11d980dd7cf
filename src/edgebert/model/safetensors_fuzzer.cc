// The reader on arbitrary bytes: whatever opens must read every tensor or say why not.

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "edgebert/model/safetensors.h"

namespace {

/// A file in memory that has a path, since the reader takes nothing but files.
class MemoryFile {
 public:
  MemoryFile(const uint8_t* data, size_t size) : descriptor_(memfd_create("input", MFD_CLOEXEC)) {
    if (descriptor_ < 0 || write(descriptor_, data, size) != static_cast<ssize_t>(size)) {
      std::abort();
    }
  }
  ~MemoryFile() { close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const MemoryFile input(data, size);
  const auto file = edgebert::SafetensorsFile::Open(input.path());
  if (!file.ok()) {
    return 0;
  }
  for (const edgebert::SafetensorsEntry& entry : file->entries()) {
    const auto values = file->ReadFloats(entry);
    if (values.ok() && values->size() * 2 > size) {
      std::abort();  // More elements than the input has room for.
    }
    if (file->Find(entry.name) != &entry) {
      std::abort();
    }
  }
  return 0;
}
