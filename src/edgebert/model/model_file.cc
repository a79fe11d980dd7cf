#include "edgebert/model/model_file.h"

#include <utility>

#include "edgebert/model/byte_source.h"
#include "edgebert/model/model_format.h"
#include "edgebert/model/model_reader.h"

namespace edgebert {

Result<Model> ReadModelFile(const std::filesystem::path& path) {
  EDGEBERT_ASSIGN_OR_RETURN(InputFile file, InputFile::Open(path));
  return ReadModel(FileSource(std::move(file)), path.string());
}

Result<Model> ParseModel(std::span<const uint8_t> bytes, const std::string& name) {
  return ReadModel(MemorySource(bytes), name);
}

Result<ModelFileInfo> InspectModelFile(const std::filesystem::path& path) {
  EDGEBERT_ASSIGN_OR_RETURN(InputFile file, InputFile::Open(path));
  const Result<model_format::Layout> layout = model_format::ReadLayout(FileSource(std::move(file)));
  if (!layout.ok()) {
    return NamedError(layout.status(), path.string());
  }
  ModelFileInfo info{layout->version, layout->file_size, {}};
  for (const model_format::SectionRecord& section : layout->sections) {
    info.sections.push_back({model_format::SectionName(section.kind), section.required(),
                             section.offset, section.length});
  }
  return info;
}

}  // namespace edgebert
