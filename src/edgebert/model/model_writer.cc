#include <fmt/format.h>

#include <array>
#include <functional>
#include <utility>

#include "edgebert/base/file.h"
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
Status WriteTensorData(const std::vector<Tensor>& tensors, const Sink& sink) {
  uint64_t end = 0;
  for (const Tensor& tensor : tensors) {
    const uint64_t offset = *NextPayloadOffset(end);
    EDGEBERT_RETURN_IF_ERROR(WriteZeros(sink, offset - end));
    EDGEBERT_RETURN_IF_ERROR(sink(tensor.payload));
    end = offset + tensor.payload.size();
  }
  return OkStatus();
}

/// The sections of a model, ready but for their place in the file.
class Sections {
 public:
  explicit Sections(const Model& model) : model_(model) {
    const std::string config = ConfigToJson(model.config);
    Add(SectionKind::kConfig, {config.begin(), config.end()});
    Add(SectionKind::kTokenizer, EncodeTokenizerSection(model.tokenizer));
    Add(SectionKind::kTensorDirectory, EncodeTensorDirectory(model.tensors));
    AddTensorData();
    if (model.activation_biases) {
      Add(SectionKind::kActivationBiases, EncodeActivationBiases(*model.activation_biases));
    }
    Add(SectionKind::kExits, EncodeExits(model.exits));
    if (!model.provenance.empty()) {
      Add(SectionKind::kProvenance, {model.provenance.begin(), model.provenance.end()});
    }
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
        EDGEBERT_RETURN_IF_ERROR(WriteTensorData(model_.tensors, sink));
      } else {
        EDGEBERT_RETURN_IF_ERROR(sink(contents_[index]));
      }
      end = section.offset + section.length;
    }
    return OkStatus();
  }

 private:
  void Add(SectionKind kind, std::vector<uint8_t> content) {
    AddRecord(kind, content.size(), Checksum(content));
    contents_.push_back(std::move(content));
  }

  void AddTensorData() {
    StreamingChecksum checksum;
    const Status always_ok =
        WriteTensorData(model_.tensors, [&checksum](std::span<const uint8_t> bytes) {
          checksum.Update(bytes);
          return OkStatus();
        });
    static_cast<void>(always_ok);
    AddRecord(SectionKind::kTensorData, TensorDataBytes(model_.tensors), checksum.value());
    contents_.emplace_back();
  }

  void AddRecord(SectionKind kind, uint64_t length, uint64_t checksum) {
    const auto number = static_cast<uint32_t>(kind);
    layout_.sections.push_back(
        {number, model_format::FlagsOf(number).value_or(0), 0, length, checksum});
  }

  const Model& model_;
  model_format::Layout layout_{model_format::kVersion, 0, {}};
  std::vector<std::vector<uint8_t>> contents_;  ///< Empty for the tensor data.
};

Status WriteModel(const Model& model, const Sink& sink) {
  EDGEBERT_RETURN_IF_ERROR(ValidateModel(model).WithContext("cannot write the model"));
  return Sections(model).Write(sink);
}

}  // namespace

Result<std::vector<uint8_t>> SerializeModel(const Model& model) {
  std::vector<uint8_t> file;
  EDGEBERT_RETURN_IF_ERROR(WriteModel(model, [&file](std::span<const uint8_t> bytes) {
    file.insert(file.end(), bytes.begin(), bytes.end());
    return OkStatus();
  }));
  return file;
}

Status WriteModelFile(const Model& model, const std::filesystem::path& path) {
  EDGEBERT_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
  EDGEBERT_RETURN_IF_ERROR(
      WriteModel(model, [&file](std::span<const uint8_t> bytes) { return file.Write(bytes); }));
  return file.Commit();
}

}  // namespace edgebert
