#ifndef EDGEBERT_MODEL_MODEL_FILE_H_
#define EDGEBERT_MODEL_MODEL_FILE_H_

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/model/model.h"

namespace edgebert {

/// Reads and validates a model file. Never reads outside it, never maps it, never opens another
/// file; allocates only what the file's own size vouches for. docs/model-file.md describes the
/// format and the checks. Errors name the section, the offset, what was found and what was
/// expected. Takes about as much memory as the file is long, and time in proportion.
Result<Model> ReadModelFile(const std::filesystem::path& path);

/// As ReadModelFile, from memory; `name` stands for the path in errors.
Result<Model> ParseModel(std::span<const uint8_t> bytes, const std::string& name);

/// The bytes of a valid model; the same model always gives the same bytes.
Result<std::vector<uint8_t>> SerializeModel(const Model& model);

/// Writes a model file atomically.
Status WriteModelFile(const Model& model, const std::filesystem::path& path);

/// What header and section table of a model file say.
struct ModelFileSection {
  std::string name;       ///< "configuration", "tensor data", …; "kind 99" where unknown.
  bool required = false;  ///< A reader that does not know it must refuse the file.
  uint64_t offset = 0;    ///< From the start of the file.
  uint64_t length = 0;    ///< In bytes.
};
struct ModelFileInfo {
  uint32_t version = 0;
  uint64_t size = 0;                       ///< In bytes.
  std::vector<ModelFileSection> sections;  ///< In the order of the file.
};

/// Reads and checks only header and section table: quick for a file of any size. What the sections
/// hold is neither read nor checked.
Result<ModelFileInfo> InspectModelFile(const std::filesystem::path& path);

}  // namespace edgebert

#endif  // EDGEBERT_MODEL_MODEL_FILE_H_
