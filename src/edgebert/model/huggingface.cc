#include "edgebert/model/huggingface.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "edgebert/base/file.h"
#include "edgebert/base/text.h"
#include "edgebert/model/huggingface_config.h"
#include "edgebert/model/huggingface_weights.h"
#include "edgebert/model/safetensors.h"
#include "edgebert/text/vocabulary.h"

namespace edgebert {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr uint64_t kMaxConfigBytes = 1u << 20;
constexpr uint64_t kMaxVocabularyBytes = 64u << 20;

bool Exists(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

Status CheckDirectory(const fs::path& directory) {
  std::error_code error;
  const fs::file_status status = fs::status(directory, error);
  if (status.type() == fs::file_type::not_found) {
    return NotFound(fmt::format("{}: no such directory", directory.string()));
  }
  if (status.type() == fs::file_type::none) {
    return IoError(fmt::format("{}: cannot open: {}", directory.string(), error.message()));
  }
  if (!fs::is_directory(status)) {
    return InvalidArgument(fmt::format(
        "{}: is a file, expected a directory with config.json, model.safetensors and a tokenizer",
        directory.string()));
  }
  return OkStatus();
}

Result<HuggingFaceConfig> ReadConfig(const fs::path& directory) {
  const fs::path path = directory / "config.json";
  EDGEBERT_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path, kMaxConfigBytes));
  Result<HuggingFaceConfig> config = ParseHuggingFaceConfig(text);
  return config.ok() ? std::move(config) : config.status().WithContext(path.string());
}

Result<SafetensorsFile> OpenWeights(const fs::path& directory) {
  const fs::path path = directory / "model.safetensors";
  if (Exists(path)) {
    return SafetensorsFile::Open(path);
  }
  if (Exists(directory / "model.safetensors.index.json")) {
    return Unsupported(fmt::format(
        "{}: the weights are split into several files, expected one model.safetensors: save the "
        "model again with a larger max_shard_size",
        directory.string()));
  }
  if (Exists(directory / "pytorch_model.bin")) {
    return Unsupported(fmt::format(
        "{}: has pytorch_model.bin but no model.safetensors. A .bin file is a pickle, which can "
        "run code when it is opened, so it never is: load it in Python where you trust it and save "
        "it as safetensors (save_pretrained does)",
        directory.string()));
  }
  return NotFound(fmt::format("{}: model.safetensors is missing", directory.string()));
}

/// What tokenizer_config.json says; a key that is absent or null is nothing.
struct TokenizerSettings {
  std::optional<bool> do_lower_case;
  std::optional<bool> strip_accents;
  std::optional<bool> keep_accents;
  std::optional<bool> tokenize_chinese_chars;
};

Result<TokenizerSettings> ReadTokenizerSettings(const fs::path& directory) {
  const fs::path path = directory / "tokenizer_config.json";
  TokenizerSettings settings;
  if (!Exists(path)) {
    return settings;
  }
  EDGEBERT_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path, kMaxConfigBytes));
  EDGEBERT_RETURN_IF_ERROR(CheckJsonHasNoNul(text).WithContext(path.string()));
  const Json object = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) {
    return DataLoss(fmt::format("{}: is no JSON object", path.string()));
  }
  std::optional<bool> do_basic_tokenize;
  const std::pair<const char*, std::optional<bool>*> fields[] = {
      {"do_lower_case", &settings.do_lower_case},
      {"strip_accents", &settings.strip_accents},
      {"keep_accents", &settings.keep_accents},
      {"tokenize_chinese_chars", &settings.tokenize_chinese_chars},
      {"do_basic_tokenize", &do_basic_tokenize},
  };
  for (const auto& [key, field] : fields) {
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) {
      continue;
    }
    if (!found->is_boolean()) {
      return DataLoss(
          fmt::format("{}: {} is no boolean, expected true, false or null", path.string(), key));
    }
    *field = found->get<bool>();
  }
  if (!do_basic_tokenize.value_or(true)) {
    return Unsupported(
        fmt::format("{}: do_basic_tokenize is false, which is not supported", path.string()));
  }
  return settings;
}

Result<TokenizerData> FromTokenizerJson(std::string_view json, const TokenizerSettings& settings) {
  EDGEBERT_ASSIGN_OR_RETURN(TokenizerData data, ParseTokenizerJson(json));
  if (settings.do_lower_case.value_or(data.lower_case) != data.lower_case) {
    return DataLoss(fmt::format(
        "lower-cases text: {}, but tokenizer_config.json has do_lower_case {}: correct one of them",
        data.lower_case, !data.lower_case));
  }
  return data;
}

Result<TokenizerData> FromVocabTxt(std::string_view text, const TokenizerSettings& settings) {
  WordPieceOptions options;
  options.lower_case = settings.do_lower_case.value_or(true);
  options.strip_accents = settings.strip_accents.value_or(options.lower_case);
  options.split_chinese_characters = settings.tokenize_chinese_chars.value_or(true);
  return ParseVocabTxt(text, options);
}

Result<TokenizerData> FromSentencePiece(std::string_view bytes, const TokenizerSettings& settings) {
  const std::span<const uint8_t> octets(reinterpret_cast<const uint8_t*>(bytes.data()),
                                        bytes.size());
  return ParseSentencePieceModel(octets, settings.do_lower_case.value_or(true),
                                 !settings.keep_accents.value_or(false));
}

struct NamedTokenizer {
  std::string file;
  TokenizerData data;
};

Result<NamedTokenizer> ReadTokenizer(const fs::path& directory) {
  using Parse = Result<TokenizerData> (*)(std::string_view, const TokenizerSettings&);
  constexpr std::pair<const char*, Parse> kForms[] = {{"tokenizer.json", &FromTokenizerJson},
                                                      {"vocab.txt", &FromVocabTxt},
                                                      {"spiece.model", &FromSentencePiece}};
  EDGEBERT_ASSIGN_OR_RETURN(const TokenizerSettings settings, ReadTokenizerSettings(directory));
  for (const auto& [file, parse] : kForms) {
    const fs::path path = directory / file;
    if (!Exists(path)) {
      continue;
    }
    EDGEBERT_ASSIGN_OR_RETURN(const std::string bytes, ReadTextFile(path, kMaxVocabularyBytes));
    Result<TokenizerData> data = parse(bytes, settings);
    if (!data.ok()) {
      return data.status().WithContext(path.string());
    }
    return NamedTokenizer{file, std::move(data).value()};
  }
  return NotFound(fmt::format(
      "{}: no tokenizer, expected tokenizer.json, vocab.txt or spiece.model", directory.string()));
}

/// The directory's own name: where it lay on this machine is nobody else's business.
std::string SourceName(const fs::path& directory) {
  std::error_code error;
  const fs::path absolute = fs::canonical(directory, error);
  return (error ? directory : absolute).filename().string();
}

}  // namespace

Result<Model> ImportHuggingFace(const fs::path& directory) {
  EDGEBERT_RETURN_IF_ERROR(CheckDirectory(directory));
  EDGEBERT_ASSIGN_OR_RETURN(HuggingFaceConfig config, ReadConfig(directory));
  EDGEBERT_ASSIGN_OR_RETURN(const SafetensorsFile weights, OpenWeights(directory));
  EDGEBERT_ASSIGN_OR_RETURN(NamedTokenizer tokenizer, ReadTokenizer(directory));

  Model model;
  EDGEBERT_ASSIGN_OR_RETURN(model.tensors, ReadHuggingFaceWeights(weights, config));
  EDGEBERT_ASSIGN_OR_RETURN(const uint64_t hash, weights.Hash());
  const Json provenance = {{"source", SourceName(directory)},
                           {"architecture", config.architecture},
                           {"tokenizer", tokenizer.file},
                           {"weights_xxh3", fmt::format("{:016x}", hash)}};
  model.provenance = provenance.dump(-1, ' ', false, Json::error_handler_t::replace);
  model.config = std::move(config.model);
  model.tokenizer = std::move(tokenizer.data);
  model.exits.calibration = "not calibrated";
  const Status status = ValidateModel(model);
  return status.ok() ? Result<Model>(std::move(model)) : status.WithContext(directory.string());
}

}  // namespace edgebert
