#include "edgebert/model/model_file.h"

#include <fmt/format.h>

#include <utility>

#include "edgebert/model/base_sections.h"
#include "edgebert/model/byte_source.h"
#include "edgebert/model/model_format.h"
#include "edgebert/model/model_reader.h"

namespace edgebert {
namespace {

using model_format::Layout;
using model_format::SectionKind;
using model_format::SectionRecord;

/// Computes the hash of what is read, so that it is that of the bytes which were parsed.
class HashingSource : public ByteSource {
 public:
  explicit HashingSource(const ByteSource& source) : source_(source) {}

  uint64_t size() const override { return source_.size(); }

  Status ReadAt(uint64_t offset, std::span<uint8_t> destination) const override {
    EDGEBERT_RETURN_IF_ERROR(source_.ReadAt(offset, destination));
    in_order_ = in_order_ && offset == end_;
    end_ += destination.size();
    hash_.Update(destination);
    return OkStatus();
  }

  Result<Sha256Digest> Finish() {
    if (!in_order_ || end_ != size()) {
      return Internal("the file was not read once and in order, so that its hash is unknown");
    }
    return hash_.Finish();
  }

 private:
  const ByteSource& source_;
  mutable StreamingSha256 hash_;
  mutable uint64_t end_ = 0;
  mutable bool in_order_ = true;
};

Status WrongKind(ModelFileKind found, std::string_view expected) {
  return InvalidArgument(fmt::format("found {}, expected {}", ModelFileKindName(found), expected));
}

Result<BaseFile> ReadBase(const ByteSource& source, const std::string& name,
                          std::string file_name) {
  HashingSource hashing(source);
  EDGEBERT_ASSIGN_OR_RETURN(ModelFileContent content, ReadModelFileContent(hashing, name));
  return Named(name, [&]() -> Result<BaseFile> {
    if (content.kind != ModelFileKind::kBase) {
      return WrongKind(content.kind, "a base file, which tasks share");
    }
    BaseFile file;
    file.base = {std::move(content.model.tokenizer), content.shape,
                 std::move(content.model.tensors), std::move(content.model.provenance)};
    EDGEBERT_RETURN_IF_ERROR(ValidateBase(file.base));
    file.reference.file_name = std::move(file_name);
    EDGEBERT_ASSIGN_OR_RETURN(file.reference.sha256, hashing.Finish());
    return file;
  });
}

Result<Model> Join(ModelFileContent task, BaseFile base, const std::string& name) {
  return Named(name, [&]() -> Result<Model> {
    if (task.reference.sha256 != base.reference.sha256) {
      return DataLoss(fmt::format("the base '{}' has SHA-256 {}, expected {}: it is another one",
                                  base.reference.file_name, Sha256Text(base.reference.sha256),
                                  Sha256Text(task.reference.sha256)));
    }
    EDGEBERT_RETURN_IF_ERROR(AddBase(std::move(base.base), task.model));
    EDGEBERT_RETURN_IF_ERROR(ValidateModel(task.model));
    return std::move(task.model);
  });
}

/// Reads the base of a task file from where the caller says, or from where the task file says.
Result<BaseFile> FindBase(const std::filesystem::path& path, const BaseReference& reference,
                          const std::optional<std::filesystem::path>& given) {
  const std::filesystem::path base_path = given.value_or(BasePath(path, reference));
  Result<BaseFile> base = ReadBaseFile(base_path);
  if (base.ok() || given) {
    return base;
  }
  if (base.status().code() == StatusCode::kNotFound) {
    return NotFound(fmt::format(
        "{}: is a task file, and there is no file {} with its base (SHA-256 {}): put it there, or "
        "say where it is (--base FILE)",
        path.string(), base_path.string(), Sha256Text(reference.sha256)));
  }
  return base.status().WithContext(path.string() + ": its base");
}

Result<ModelFileInfo> Inspect(const ByteSource& source) {
  EDGEBERT_ASSIGN_OR_RETURN(const Layout layout, model_format::ReadLayout(source));
  ModelFileInfo info;
  info.version = layout.version;
  info.size = layout.file_size;
  info.kind = layout.file_kind();
  for (const SectionRecord& section : layout.sections) {
    info.sections.push_back({model_format::SectionName(section.kind), section.required(),
                             section.offset, section.length});
  }
  if (const SectionRecord* section = layout.Find(SectionKind::kBaseReference)) {
    EDGEBERT_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes,
                              model_format::ReadSection(source, *section, kMaxBaseReferenceBytes));
    EDGEBERT_ASSIGN_OR_RETURN(
        info.base, ReadBaseReference(
                       SectionReader(model_format::SectionPart(*section), section->offset, bytes)));
  }
  return info;
}

}  // namespace

Result<Model> ReadModelFile(const std::filesystem::path& path,
                            const std::optional<std::filesystem::path>& base) {
  EDGEBERT_ASSIGN_OR_RETURN(InputFile file, InputFile::Open(path));
  EDGEBERT_ASSIGN_OR_RETURN(ModelFileContent content,
                            ReadModelFileContent(FileSource(std::move(file)), path.string()));
  switch (content.kind) {
    case ModelFileKind::kModel:
      if (base) {
        return WrongKind(content.kind, "a task file, since a base is given")
            .WithContext(path.string());
      }
      return std::move(content.model);
    case ModelFileKind::kBase:
      break;
    case ModelFileKind::kTask: {
      EDGEBERT_ASSIGN_OR_RETURN(BaseFile shared, FindBase(path, content.reference, base));
      return Join(std::move(content), std::move(shared), path.string());
    }
  }
  return WrongKind(content.kind, "a model or a task file").WithContext(path.string());
}

Result<Model> ParseModel(std::span<const uint8_t> bytes, const std::string& name) {
  EDGEBERT_ASSIGN_OR_RETURN(ModelFileContent content,
                            ReadModelFileContent(MemorySource(bytes), name));
  if (content.kind != ModelFileKind::kModel) {
    return WrongKind(content.kind, "a whole model").WithContext(name);
  }
  return std::move(content.model);
}

Result<Model> ParseTask(std::span<const uint8_t> bytes, const std::string& name, BaseFile base) {
  EDGEBERT_ASSIGN_OR_RETURN(ModelFileContent content,
                            ReadModelFileContent(MemorySource(bytes), name));
  if (content.kind != ModelFileKind::kTask) {
    return WrongKind(content.kind, "a task file").WithContext(name);
  }
  return Join(std::move(content), std::move(base), name);
}

Result<BaseFile> ReadBaseFile(const std::filesystem::path& path) {
  EDGEBERT_ASSIGN_OR_RETURN(InputFile file, InputFile::Open(path));
  return ReadBase(FileSource(std::move(file)), path.string(), path.filename().string());
}

Result<BaseFile> ParseBase(std::span<const uint8_t> bytes, const std::string& name) {
  return ReadBase(MemorySource(bytes), name, name);
}

Result<ModelFileInfo> InspectModelFile(const std::filesystem::path& path) {
  EDGEBERT_ASSIGN_OR_RETURN(InputFile file, InputFile::Open(path));
  const FileSource source(std::move(file));
  return Named(path.string(), [&] { return Inspect(source); });
}

Result<ModelFileInfo> InspectModel(std::span<const uint8_t> bytes, const std::string& name) {
  return Named(name, [&] { return Inspect(MemorySource(bytes)); });
}

std::filesystem::path BasePath(const std::filesystem::path& path, const BaseReference& reference) {
  return path.parent_path() / reference.file_name;
}

}  // namespace edgebert
