#include "edgebert/model/model_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

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

std::string PartName(const SectionRecord& section) {
  return fmt::format("section '{}'", model_format::SectionName(section.kind));
}

Status CheckChecksum(const SectionRecord& section, uint64_t found) {
  if (found != section.checksum) {
    return SectionReader(PartName(section), section.offset, {})
        .Error(0, fmt::format("checksum {:016x}", found),
               fmt::format("{:016x}: the section is damaged", section.checksum));
  }
  return OkStatus();
}

/// Fills a model section by section. Every length has been checked against the source before
/// anything of that length is allocated.
class ModelReader {
 public:
  ModelReader(const ByteSource& source, const Layout& layout) : source_(source), layout_(layout) {}

  Result<Model> Read() {
    const uint64_t table_end =
        model_format::kHeaderBytes + layout_.sections.size() * model_format::kSectionRecordBytes;
    uint64_t end = table_end;
    for (const SectionRecord& section : layout_.sections) {
      EDGEBERT_RETURN_IF_ERROR(CheckPadding(end, section.offset, nullptr));
      EDGEBERT_RETURN_IF_ERROR(ReadSection(section));
      end = section.offset + section.length;
    }
    EDGEBERT_RETURN_IF_ERROR(ValidateModel(model_));
    return std::move(model_);
  }

 private:
  Status ReadSection(const SectionRecord& section) {
    switch (static_cast<SectionKind>(section.kind)) {
      case SectionKind::kConfig:
        return ReadConfig(section);
      case SectionKind::kTokenizer:
        return Parse(section, kMaxTokenizerSectionBytes, ReadTokenizerSection, model_.tokenizer);
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
                     model_.activation_biases);
      case SectionKind::kExits:
        return Parse(section, kMaxExitsBytes, ReadExits, model_.exits);
      case SectionKind::kProvenance: {
        EDGEBERT_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes,
                                  ReadBytes(section, kMaxProvenanceBytes));
        model_.provenance.assign(bytes.begin(), bytes.end());
        return OkStatus();
      }
    }
    return SkipUnknown(section);
  }

  Status ReadConfig(const SectionRecord& section) {
    EDGEBERT_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes,
                              ReadBytes(section, model_format::kMaxConfigBytes));
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    Result<ModelConfig> config = ParseConfigJson(text);
    Status status = config.ok() ? ValidateConfig(*config) : config.status();
    EDGEBERT_RETURN_IF_ERROR(
        status.WithContext(fmt::format("{}, offset {}", PartName(section), section.offset)));
    model_.config = std::move(config).value();
    return OkStatus();
  }

  template <typename Function, typename T>
  Status Parse(const SectionRecord& section, uint64_t max_bytes, const Function& parse, T& target) {
    EDGEBERT_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadBytes(section, max_bytes));
    EDGEBERT_ASSIGN_OR_RETURN(target,
                              parse(SectionReader(PartName(section), section.offset, bytes)));
    return OkStatus();
  }

  /// A whole section with its checksum verified.
  Result<std::vector<uint8_t>> ReadBytes(const SectionRecord& section, uint64_t max_bytes) {
    if (section.length > max_bytes) {
      return SectionReader(PartName(section), section.offset, {})
          .Error(0, fmt::format("a length of {}", section.length),
                 fmt::format("at most {}", max_bytes));
    }
    std::vector<uint8_t> bytes(section.length);
    EDGEBERT_RETURN_IF_ERROR(source_.ReadAt(section.offset, bytes));
    EDGEBERT_RETURN_IF_ERROR(CheckChecksum(section, Checksum(bytes)));
    return bytes;
  }

  Status ReadTensorData(const SectionRecord& section) {
    StreamingChecksum checksum;
    uint64_t end = 0;
    model_.tensors.reserve(records_.size());
    for (TensorRecord& record : records_) {
      EDGEBERT_RETURN_IF_ERROR(
          CheckPadding(section.offset + end, section.offset + record.offset, &checksum));
      record.tensor.payload.resize(record.length);
      EDGEBERT_RETURN_IF_ERROR(
          source_.ReadAt(section.offset + record.offset, record.tensor.payload));
      checksum.Update(record.tensor.payload);
      end = record.offset + record.length;
      model_.tensors.push_back(std::move(record.tensor));
    }
    return CheckChecksum(section, checksum.value());
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
    return CheckChecksum(section, checksum.value());
  }

  const ByteSource& source_;
  const Layout& layout_;
  Model model_;
  std::vector<TensorRecord> records_;
};

Result<Model> ReadUnnamed(const ByteSource& source) {
  EDGEBERT_ASSIGN_OR_RETURN(const Layout layout, model_format::ReadLayout(source));
  return ModelReader(source, layout).Read();
}

}  // namespace

Status NamedError(const Status& status, const std::string& name) {
  std::string message = status.message();
  std::replace_if(
      message.begin(), message.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; }, '?');
  return Status(status.code(), std::move(message)).WithContext(name);
}

Result<Model> ReadModel(const ByteSource& source, const std::string& name) {
  // A file may be larger than memory; that is an error like any other.
  try {
    Result<Model> model = ReadUnnamed(source);
    return model.ok() ? std::move(model) : NamedError(model.status(), name);
  } catch (const std::bad_alloc&) {
    return IoError(name + ": not enough memory to hold it");
  } catch (const std::length_error&) {
    return IoError(name + ": not enough memory to hold it");
  }
}

}  // namespace edgebert
