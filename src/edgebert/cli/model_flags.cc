#include "edgebert/cli/model_flags.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <system_error>

#include "edgebert/base/file.h"
#include "edgebert/cli/this_program.h"
#include "edgebert/model/model_file.h"

namespace edgebert::cli {

void ModelFlags::AddTo(CLI::App& command) {
  command
      .add_option("-m,--model", model,
                  "Model or task file [the trained SST-2 model, or $EDGEBERT_MODEL]")
      ->type_name("FILE");
  AddBaseTo(command);
}

void ModelFlags::AddBaseTo(CLI::App& command) {
  command
      .add_option("--base", base, "Base of a task file [the file that it names, in its own folder]")
      ->type_name("FILE");
}

Result<std::filesystem::path> ModelFlags::Path() const {
  if (model) {
    return std::filesystem::path(*model);
  }
  if (const char* from_environment = std::getenv("EDGEBERT_MODEL")) {
    return std::filesystem::path(from_environment);
  }
  std::error_code error;
  const Result<std::filesystem::path> program = ThisProgram();
  std::filesystem::path directory = program.ok() ? *program : std::filesystem::path();
  while (!error && directory.has_relative_path()) {
    directory = directory.parent_path();
    for (const char* candidate :
         {"models/sst2-small.ebm", "share/edgebert/models/sst2-small.ebm"}) {
      if (std::filesystem::exists(directory / candidate, error)) {
        return directory / candidate;
      }
    }
  }
  return NotFound(
      "no model: models/sst2-small.ebm is in no folder above the program; name one with "
      "--model FILE");
}

std::optional<std::filesystem::path> ModelFlags::BasePath() const {
  return base ? std::optional<std::filesystem::path>(*base) : std::nullopt;
}

Result<Model> ModelFlags::Read() const {
  EDGEBERT_ASSIGN_OR_RETURN(const std::filesystem::path path, Path());
  return ReadModelFile(path, BasePath());
}

Result<ModelFiles> ModelFlags::Files() const {
  ModelFiles files;
  EDGEBERT_ASSIGN_OR_RETURN(files.path, Path());
  EDGEBERT_ASSIGN_OR_RETURN(const ModelFileInfo info, InspectModelFile(files.path));
  files.bytes = info.size;
  if (info.base) {
    ModelFiles::Base shared{*info.base,
                            BasePath().value_or(edgebert::BasePath(files.path, *info.base))};
    EDGEBERT_ASSIGN_OR_RETURN(const ModelFileInfo base_info, InspectModelFile(shared.path));
    shared.bytes = base_info.size;
    files.base = std::move(shared);
  }
  return files;
}

Result<std::vector<uint8_t>> ModelFlags::Serialize(const Model& changed) const {
  EDGEBERT_ASSIGN_OR_RETURN(const ModelFiles files, Files());
  if (!files.base) {
    return SerializeModel(changed);
  }
  EDGEBERT_ASSIGN_OR_RETURN(BaseFile shared, ReadBaseFile(files.base->path));
  shared.reference.file_name = files.base->reference.file_name;
  return SerializeTask(changed, shared);
}

}  // namespace edgebert::cli
