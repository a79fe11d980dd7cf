#ifndef EDGEBERT_MODEL_BYTE_SOURCE_H_
#define EDGEBERT_MODEL_BYTE_SOURCE_H_

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "edgebert/base/file.h"
#include "edgebert/base/status.h"

namespace edgebert {

/// Where the bytes of a model file come from.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  virtual uint64_t size() const = 0;

  /// Fills `destination` from `offset`, or fails where the source ends before.
  virtual Status ReadAt(uint64_t offset, std::span<uint8_t> destination) const = 0;
};

class MemorySource : public ByteSource {
 public:
  explicit MemorySource(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  uint64_t size() const override { return bytes_.size(); }

  Status ReadAt(uint64_t offset, std::span<uint8_t> destination) const override {
    if (offset > bytes_.size() || destination.size() > bytes_.size() - offset) {
      return DataLoss("ends at byte " + std::to_string(bytes_.size()));
    }
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), destination.size(),
                destination.begin());
    return OkStatus();
  }

 private:
  std::span<const uint8_t> bytes_;
};

class FileSource : public ByteSource {
 public:
  explicit FileSource(InputFile file) : file_(std::move(file)) {}

  uint64_t size() const override { return file_.size(); }

  Status ReadAt(uint64_t offset, std::span<uint8_t> destination) const override {
    Status status = file_.ReadAt(offset, destination);
    // The reader of the model file puts the path before all errors, this one included.
    const std::string prefix = file_.path().string() + ": ";
    if (status.message().starts_with(prefix)) {
      return Status(status.code(), status.message().substr(prefix.size()));
    }
    return status;
  }

 private:
  InputFile file_;
};

}  // namespace edgebert

#endif  // EDGEBERT_MODEL_BYTE_SOURCE_H_
