#ifndef EDGEBERT_MODEL_SAFETENSORS_H_
#define EDGEBERT_MODEL_SAFETENSORS_H_

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "edgebert/base/file.h"
#include "edgebert/base/status.h"
#include "edgebert/model/safetensors_header.h"

namespace edgebert {

/// A safetensors file open for reading tensor by tensor; nothing else of it is held in memory.
class SafetensorsFile {
 public:
  /// Reads and checks the header. Errors name the file, what was found and what was expected.
  static Result<SafetensorsFile> Open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return file_.path(); }

  /// All tensors, ascending by name.
  const std::vector<SafetensorsEntry>& entries() const { return entries_; }

  /// The tensor of that name, or null.
  const SafetensorsEntry* Find(std::string_view name) const;

  /// The elements of one of `entries()`, row-major, exactly as stored (fp16 and bf16 widen without
  /// rounding). Any other dtype, and an element that is not finite, is an error.
  Result<std::vector<float>> ReadFloats(const SafetensorsEntry& entry) const;

  /// XXH3 (64 bits) of the whole file.
  Result<uint64_t> Hash() const;

 private:
  SafetensorsFile(InputFile file, uint64_t data_offset, std::vector<SafetensorsEntry> entries);

  InputFile file_;
  uint64_t data_offset_ = 0;
  std::vector<SafetensorsEntry> entries_;
};

}  // namespace edgebert

#endif  // EDGEBERT_MODEL_SAFETENSORS_H_
