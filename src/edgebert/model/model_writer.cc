#include <fmt/format.h>

#include <array>
#include <functional>
#include <utility>

#include "edgebert/base/file.h"
#include "edgebert/model/base_sections.h"
#include "edgebert/model/calibration_sections.h"
#include "edgebert/model/checksum.h"
#include "edgebert/model/config_json.h"
#include "edgebert/model/model_file.h"
#include "edgebert/model/model_format.h"
#include "edgebert/model/tensor_section.h"
#include "edgebert/model/tokenizer_section.h"

namespace edgebert {
namespace {

using model_format::SectionKind;
using model_format::SectionRecord;

/// Takes the file's bytes in order.
using Sink = std::function<Status(std::span<const uint8_t>)>;

Status WriteZeros(const Sink& sink, uint64_t count) {
  constexpr std::array<uint8_t, model_format::kAlignment> kZeros{};
  return sink(std::span(kZeros).first(count));
}

/// Payloads and the padding between them, straight from the tensors: a copy would double memory.
Status WriteTensorData(std::span<const Tensor> tensors, const Sink& sink) {
  uint64_t end = 0;
  for (const Tensor& tensor : tensors) {
    const uint64_t offset = *NextPayloadOffset(end);
    EDGEBERT_RETURN_IF_ERROR(WriteZeros(sink, offset - end));
    EDGEBERT_RETURN_IF_ERROR(sink(tensor.payload));
    end = offset + tensor.payload.size();
  }
  return OkStatus();
}

/// The sections of a file, ready but for their place in it; they are added in the order of their
/// kinds.
class Sections {
 public:
  explicit Sections(std::span<const Tensor> tensors) : tensors_(tensors) {}

  void Add(SectionKind kind, std::vector<uint8_t> content) {
    AddRecord(kind, content.size(), Checksum(content));
    contents_.push_back(std::move(content));
  }

  void AddText(SectionKind kind, std::string_view text) { Add(kind, {text.begin(), text.end()}); }

  void AddTensors() {
    Add(SectionKind::kTensorDirectory, EncodeTensorDirectory(tensors_));
    StreamingChecksum checksum;
    const Status always_ok = WriteTensorData(tensors_, [&checksum](std::span<const uint8_t> bytes) {
      checksum.Update(bytes);
      return OkStatus();
    });
    static_cast<void>(always_ok);
    AddRecord(SectionKind::kTensorData, TensorDataBytes(tensors_), checksum.value());
    contents_.emplace_back();
  }

  Status Write(const Sink& sink) {
    EDGEBERT_RETURN_IF_ERROR(AssignOffsets(layout_));
    const std::vector<uint8_t> head = EncodeLayout(layout_);
    EDGEBERT_RETURN_IF_ERROR(sink(head));
    uint64_t end = head.size();
    for (size_t index = 0; index < contents_.size(); ++index) {
      const SectionRecord& section = layout_.sections[index];
      EDGEBERT_RETURN_IF_ERROR(WriteZeros(sink, section.offset - end));
      if (section.kind == static_cast<uint32_t>(SectionKind::kTensorData)) {
        EDGEBERT_RETURN_IF_ERROR(WriteTensorData(tensors_, sink));
      } else {
        EDGEBERT_RETURN_IF_ERROR(sink(contents_[index]));
      }
      end = section.offset + section.length;
    }
    return OkStatus();
  }

 private:
  void AddRecord(SectionKind kind, uint64_t length, uint64_t checksum) {
    const auto number = static_cast<uint32_t>(kind);
    layout_.sections.push_back(
        {number, model_format::FlagsOf(number).value_or(0), 0, length, checksum});
  }

  std::span<const Tensor> tensors_;
  model_format::Layout layout_{model_format::kVersion, 0, {}};
  std::vector<std::vector<uint8_t>> contents_;  ///< Empty for the tensor data.
};

/// Writes a whole model, or, with a reference to the base that `model` is without, a task file.
Status WriteSections(const Model& model, const BaseReference* base, const Sink& sink) {
  Sections sections(model.tensors);
  sections.AddText(SectionKind::kConfig, ConfigToJson(model.config));
  if (base == nullptr) {
    sections.Add(SectionKind::kTokenizer, EncodeTokenizerSection(model.tokenizer));
  }
  sections.AddTensors();
  if (model.activation_biases) {
    sections.Add(SectionKind::kActivationBiases, EncodeActivationBiases(*model.activation_biases));
  }
  sections.Add(SectionKind::kExits, EncodeExits(model.exits));
  if (!model.provenance.empty()) {
    sections.AddText(SectionKind::kProvenance, model.provenance);
  }
  if (base != nullptr) {
    sections.Add(SectionKind::kBaseReference, EncodeBaseReference(*base));
  }
  return sections.Write(sink);
}

Status WriteModel(const Model& model, const Sink& sink) {
  EDGEBERT_RETURN_IF_ERROR(ValidateModel(model).WithContext("cannot write the model"));
  return WriteSections(model, nullptr, sink);
}

Sink AppendTo(std::vector<uint8_t>& file) {
  return [&file](std::span<const uint8_t> bytes) {
    file.insert(file.end(), bytes.begin(), bytes.end());
    return OkStatus();
  };
}

}  // namespace

Result<std::vector<uint8_t>> SerializeModel(const Model& model) {
  std::vector<uint8_t> file;
  EDGEBERT_RETURN_IF_ERROR(WriteModel(model, AppendTo(file)));
  return file;
}

Result<std::vector<uint8_t>> SerializeBase(const ModelBase& base) {
  EDGEBERT_RETURN_IF_ERROR(ValidateBase(base).WithContext("cannot write the base"));
  Sections sections(base.tensors);
  sections.Add(SectionKind::kTokenizer, EncodeTokenizerSection(base.tokenizer));
  sections.AddTensors();
  if (!base.provenance.empty()) {
    sections.AddText(SectionKind::kProvenance, base.provenance);
  }
  sections.Add(SectionKind::kBase, EncodeBaseShape(base.shape));
  std::vector<uint8_t> file;
  EDGEBERT_RETURN_IF_ERROR(sections.Write(AppendTo(file)));
  return file;
}

Result<std::vector<uint8_t>> SerializeTask(Model model, const BaseFile& base) {
  EDGEBERT_RETURN_IF_ERROR(ValidateModel(model).WithContext("cannot write the model"));
  EDGEBERT_RETURN_IF_ERROR(CheckSharesBase(model, base.base).WithContext("cannot write the task"));
  EDGEBERT_RETURN_IF_ERROR(
      CheckBaseFileName(base.reference.file_name).WithContext("cannot write the task"));
  RemoveBase(model);
  std::vector<uint8_t> file;
  EDGEBERT_RETURN_IF_ERROR(WriteSections(model, &base.reference, AppendTo(file)));
  return file;
}

Status WriteModelFile(const Model& model, const std::filesystem::path& path) {
  EDGEBERT_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
  EDGEBERT_RETURN_IF_ERROR(
      WriteModel(model, [&file](std::span<const uint8_t> bytes) { return file.Write(bytes); }));
  return file.Commit();
}

}  // namespace edgebert
