#ifndef EDGEBERT_MODEL_MODEL_FILE_H_
#define EDGEBERT_MODEL_MODEL_FILE_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/model/model.h"
#include "edgebert/model/model_base.h"

namespace edgebert {

/// Reads and validates a model: from a file that holds all of it, or from a task file and its base.
/// The base is `base`, or else the file in the task file's folder that the task file names; it must
/// have the hash that the task file names. No third file is opened, nothing is read outside of them
/// or mapped, and only what a file's own size vouches for is allocated. docs/model-file.md
/// describes the format and the checks. Errors name file, section, offset, what was found and what
/// was expected. Takes about as much memory as the files are long, and time in proportion.
Result<Model> ReadModelFile(const std::filesystem::path& path,
                            const std::optional<std::filesystem::path>& base = std::nullopt);

/// As ReadModelFile, from memory: a whole model; `name` stands for the path in errors.
Result<Model> ParseModel(std::span<const uint8_t> bytes, const std::string& name);

/// As ReadModelFile, from memory: a task file, whose base has been read.
Result<Model> ParseTask(std::span<const uint8_t> bytes, const std::string& name, BaseFile base);

/// Reads and validates a base file, and computes its hash.
Result<BaseFile> ReadBaseFile(const std::filesystem::path& path);

/// As ReadBaseFile, from memory; `name` stands for the path.
Result<BaseFile> ParseBase(std::span<const uint8_t> bytes, const std::string& name);

/// The bytes of a valid model; the same model always gives the same bytes.
Result<std::vector<uint8_t>> SerializeModel(const Model& model);

/// The bytes of a valid base; the same base always gives the same bytes.
Result<std::vector<uint8_t>> SerializeBase(const ModelBase& base);

/// The bytes of a task file for a valid model that shares `base` (CheckSharesBase()).
Result<std::vector<uint8_t>> SerializeTask(Model model, const BaseFile& base);

/// Writes a file that holds all of the model, atomically.
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
  ModelFileKind kind = ModelFileKind::kModel;
  std::optional<BaseReference> base;  ///< Exactly in task files.
};

/// Reads and checks only header and section table, and the base's name and hash: quick for a file
/// of any size. What the other sections hold is neither read nor checked.
Result<ModelFileInfo> InspectModelFile(const std::filesystem::path& path);

/// As InspectModelFile, from memory; `name` stands for the path in errors.
Result<ModelFileInfo> InspectModel(std::span<const uint8_t> bytes, const std::string& name);

/// Where ReadModelFile() looks for the base of the task file `path`.
std::filesystem::path BasePath(const std::filesystem::path& path, const BaseReference& reference);

}  // namespace edgebert

#endif  // EDGEBERT_MODEL_MODEL_FILE_H_
