#include "edgebert/model/huggingface_export.h"

#include <fmt/format.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "edgebert/base/byte_writer.h"
#include "edgebert/base/file.h"
#include "edgebert/model/absent_heads.h"
#include "edgebert/model/huggingface_config.h"
#include "edgebert/model/huggingface_names.h"
#include "edgebert/text/vocabulary.h"

namespace edgebert {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

Status MakeDirectory(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error || !fs::is_directory(directory, error)) {
    return IoError(fmt::format("{}: cannot make the directory: {}", directory.string(),
                               error ? error.message() : "a file of that name is there"));
  }
  return OkStatus();
}

/// The header of a safetensors file: names, shapes and offsets of the tensors in their order.
std::string SafetensorsHeader(const std::vector<Tensor>& tensors, const HuggingFaceNames& names) {
  Json header = {{"__metadata__", {{"format", "pt"}}}};
  uint64_t offset = 0;
  for (const Tensor& tensor : tensors) {
    const uint64_t end = offset + static_cast<uint64_t>(tensor.num_elements()) * sizeof(float);
    header[names.Of(tensor.name)] = {
        {"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  constexpr size_t kAlignment = 8;
  text.append((kAlignment - text.size() % kAlignment) % kAlignment, ' ');
  return text;
}

Status WriteSafetensors(const Model& model, const HuggingFaceNames& names, const fs::path& path) {
  EDGEBERT_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
  const std::string header = SafetensorsHeader(model.tensors, names);
  ByteWriter length;
  length.Write(static_cast<uint64_t>(header.size()));
  EDGEBERT_RETURN_IF_ERROR(file.Write(length.bytes()));
  EDGEBERT_RETURN_IF_ERROR(file.Write(header));
  for (const Tensor& tensor : model.tensors) {
    std::vector<float> values = FloatValues(tensor);
    ZeroAbsentHeads(model.config, tensor, values);
    std::vector<uint8_t> bytes(values.size() * sizeof(float));
    std::memcpy(bytes.data(), values.data(), bytes.size());
    EDGEBERT_RETURN_IF_ERROR(file.Write(bytes));
  }
  return file.Commit();
}

std::string TokenizerConfig(const Model& model) {
  const TokenizerData& data = model.tokenizer;
  const auto piece = [&](int32_t id) { return data.pieces[static_cast<size_t>(id)]; };
  const Json json = {{"tokenizer_class", "PreTrainedTokenizerFast"},
                     {"do_lower_case", data.lower_case},
                     {"model_max_length", model.config.max_positions},
                     {"pad_token", piece(data.pad_id)},
                     {"unk_token", piece(data.unknown_id)},
                     {"cls_token", piece(data.cls_id)},
                     {"sep_token", piece(data.sep_id)},
                     {"mask_token", piece(data.mask_id)}};
  return json.dump(2) + "\n";
}

}  // namespace

Status ExportHuggingFace(const Model& model, const fs::path& directory) {
  EDGEBERT_ASSIGN_OR_RETURN(const std::string config, WriteHuggingFaceConfig(model.config));
  EDGEBERT_ASSIGN_OR_RETURN(const std::string tokenizer, WriteTokenizerJson(model.tokenizer));
  EDGEBERT_RETURN_IF_ERROR(MakeDirectory(directory));
  HuggingFaceConfig described;
  described.model = model.config;
  described.head =
      model.config.off_ramp_layers.empty() ? HuggingFaceHead::kNone : HuggingFaceHead::kOffRamps;
  const bool is_member = described.head != HuggingFaceHead::kNone;
  const HuggingFaceNames names(
      described, is_member ? fmt::format("{}.", FamilyName(model.config.family)) : "");
  EDGEBERT_RETURN_IF_ERROR(WriteFileAtomically(directory / "config.json", config));
  EDGEBERT_RETURN_IF_ERROR(WriteFileAtomically(directory / "tokenizer.json", tokenizer));
  EDGEBERT_RETURN_IF_ERROR(
      WriteFileAtomically(directory / "tokenizer_config.json", TokenizerConfig(model)));
  return WriteSafetensors(model, names, directory / "model.safetensors");
}

}  // namespace edgebert
