#include "edgebert/model/model_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "edgebert/model/base_sections.h"
#include "edgebert/model/calibration_sections.h"
#include "edgebert/model/checksum.h"
#include "edgebert/model/config_json.h"
#include "edgebert/model/model_format.h"
#include "edgebert/model/section_reader.h"
#include "edgebert/model/tensor_section.h"
#include "edgebert/model/tokenizer_section.h"

namespace edgebert {
namespace {

using model_format::Layout;
using model_format::SectionKind;
using model_format::SectionRecord;

constexpr uint64_t kChunkBytes = 1 << 20;

/// Fills a model section by section. Every length has been checked against the source before
/// anything of that length is allocated.
class ModelReader {
 public:
  ModelReader(const ByteSource& source, const Layout& layout) : source_(source), layout_(layout) {}

  Result<ModelFileContent> Read() {
    const uint64_t table_end =
        model_format::kHeaderBytes + layout_.sections.size() * model_format::kSectionRecordBytes;
    uint64_t end = table_end;
    for (const SectionRecord& section : layout_.sections) {
      EDGEBERT_RETURN_IF_ERROR(CheckPadding(end, section.offset, nullptr));
      EDGEBERT_RETURN_IF_ERROR(ReadSection(section));
      end = section.offset + section.length;
    }
    return std::move(content_);
  }

 private:
  Status ReadSection(const SectionRecord& section) {
    switch (static_cast<SectionKind>(section.kind)) {
      case SectionKind::kConfig:
        return ReadConfig(section);
      case SectionKind::kTokenizer:
        return Parse(section, kMaxTokenizerSectionBytes, ReadTokenizerSection,
                     content_.model.tokenizer);
      case SectionKind::kTensorDirectory: {
        const uint64_t data_bytes = layout_.Find(SectionKind::kTensorData)->length;
        return Parse(
            section, kMaxTensorDirectoryBytes,
            [data_bytes](SectionReader reader) {
              return ReadTensorDirectory(std::move(reader), data_bytes);
            },
            records_);
      }
      case SectionKind::kTensorData:
        return ReadTensorData(section);
      case SectionKind::kActivationBiases:
        return Parse(section, kMaxActivationBiasesBytes, ReadActivationBiases,
                     content_.model.activation_biases);
      case SectionKind::kExits:
        return Parse(section, kMaxExitsBytes, ReadExits, content_.model.exits);
      case SectionKind::kProvenance: {
        EDGEBERT_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes,
                                  model_format::ReadSection(source_, section, kMaxProvenanceBytes));
        content_.model.provenance.assign(bytes.begin(), bytes.end());
        return OkStatus();
      }
      case SectionKind::kBaseReference:
        return Parse(section, kMaxBaseReferenceBytes, ReadBaseReference, content_.reference);
      case SectionKind::kBase:
        return Parse(section, kBaseShapeBytes, ReadBaseShape, content_.shape);
    }
    return SkipUnknown(section);
  }

  Status ReadConfig(const SectionRecord& section) {
    EDGEBERT_ASSIGN_OR_RETURN(
        const std::vector<uint8_t> bytes,
        model_format::ReadSection(source_, section, model_format::kMaxConfigBytes));
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    Result<ModelConfig> config = ParseConfigJson(text);
    Status status = config.ok() ? ValidateConfig(*config) : config.status();
    EDGEBERT_RETURN_IF_ERROR(status.WithContext(
        fmt::format("{}, offset {}", model_format::SectionPart(section), section.offset)));
    content_.model.config = std::move(config).value();
    return OkStatus();
  }

  template <typename Function, typename T>
  Status Parse(const SectionRecord& section, uint64_t max_bytes, const Function& parse, T& target) {
    EDGEBERT_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes,
                              model_format::ReadSection(source_, section, max_bytes));
    EDGEBERT_ASSIGN_OR_RETURN(
        target, parse(SectionReader(model_format::SectionPart(section), section.offset, bytes)));
    return OkStatus();
  }

  Status ReadTensorData(const SectionRecord& section) {
    StreamingChecksum checksum;
    uint64_t end = 0;
    content_.model.tensors.reserve(records_.size());
    for (TensorRecord& record : records_) {
      EDGEBERT_RETURN_IF_ERROR(
          CheckPadding(section.offset + end, section.offset + record.offset, &checksum));
      record.tensor.payload.resize(record.length);
      EDGEBERT_RETURN_IF_ERROR(
          source_.ReadAt(section.offset + record.offset, record.tensor.payload));
      checksum.Update(record.tensor.payload);
      end = record.offset + record.length;
      content_.model.tensors.push_back(std::move(record.tensor));
    }
    return model_format::CheckSectionChecksum(section, checksum.value());
  }

  /// Checks that the bytes from `begin` to `end` are zero: fewer than kAlignment, as the layout and
  /// the tensor directory have been checked.
  Status CheckPadding(uint64_t begin, uint64_t end, StreamingChecksum* checksum) {
    std::vector<uint8_t> bytes(end - begin);
    EDGEBERT_RETURN_IF_ERROR(source_.ReadAt(begin, bytes));
    if (checksum != nullptr) {
      checksum->Update(bytes);
    }
    return SectionReader("padding", begin, bytes).ReadZeros(bytes.size());
  }

  /// Unknown sections are optional ones here; their checksums count all the same.
  Status SkipUnknown(const SectionRecord& section) {
    StreamingChecksum checksum;
    std::vector<uint8_t> chunk(std::min(section.length, kChunkBytes));
    for (uint64_t done = 0; done < section.length; done += chunk.size()) {
      chunk.resize(std::min(section.length - done, kChunkBytes));
      EDGEBERT_RETURN_IF_ERROR(source_.ReadAt(section.offset + done, chunk));
      checksum.Update(chunk);
    }
    return model_format::CheckSectionChecksum(section, checksum.value());
  }

  const ByteSource& source_;
  const Layout& layout_;
  ModelFileContent content_;
  std::vector<TensorRecord> records_;
};

/// Reads a file, and checks what can be checked without another one.
Result<ModelFileContent> ReadUnnamed(const ByteSource& source) {
  EDGEBERT_ASSIGN_OR_RETURN(const Layout layout, model_format::ReadLayout(source));
  EDGEBERT_ASSIGN_OR_RETURN(ModelFileContent content, ModelReader(source, layout).Read());
  content.kind = layout.file_kind();
  if (content.kind == ModelFileKind::kModel) {
    EDGEBERT_RETURN_IF_ERROR(ValidateModel(content.model));
  }
  return content;
}

}  // namespace

Status NamedError(const Status& status, const std::string& name) {
  std::string message = status.message();
  std::replace_if(
      message.begin(), message.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; }, '?');
  return Status(status.code(), std::move(message)).WithContext(name);
}

Result<ModelFileContent> ReadModelFileContent(const ByteSource& source, const std::string& name) {
  return Named(name, [&] { return ReadUnnamed(source); });
}

}  // namespace edgebert
