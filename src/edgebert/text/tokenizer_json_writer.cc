#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "edgebert/text/base64.h"
#include "edgebert/text/vocabulary.h"

namespace edgebert {
namespace {

using Json = nlohmann::ordered_json;

const std::string& PieceOf(const TokenizerData& data, int32_t id) {
  return data.pieces[static_cast<size_t>(id)];
}

Json AddedTokens(const TokenizerData& data) {
  std::array ids = {data.pad_id, data.unknown_id, data.cls_id, data.sep_id, data.mask_id};
  std::ranges::sort(ids);
  Json tokens = Json::array();
  for (const int32_t id : ids) {
    tokens.push_back({{"id", id},
                      {"content", PieceOf(data, id)},
                      {"single_word", false},
                      {"lstrip", false},
                      {"rstrip", false},
                      {"normalized", false},
                      {"special", true}});
  }
  return tokens;
}

Json PostProcessor(const TokenizerData& data) {
  const std::string& cls = PieceOf(data, data.cls_id);
  const std::string& sep = PieceOf(data, data.sep_id);
  const auto special = [](const std::string& piece, int segment) -> Json {
    return {{"SpecialToken", {{"id", piece}, {"type_id", segment}}}};
  };
  const auto text = [](const char* name, int segment) -> Json {
    return {{"Sequence", {{"id", name}, {"type_id", segment}}}};
  };
  const auto described = [](const std::string& piece, int32_t id) -> Json {
    return {{"id", piece}, {"ids", Json::array({id})}, {"tokens", Json::array({piece})}};
  };
  Json special_tokens = Json::object();
  special_tokens[cls] = described(cls, data.cls_id);
  special_tokens[sep] = described(sep, data.sep_id);
  const Json single = Json::array({special(cls, 0), text("A", 0), special(sep, 0)});
  Json pair = single;
  pair.push_back(text("B", 1));
  pair.push_back(special(sep, 1));
  return {{"type", "TemplateProcessing"},
          {"single", single},
          {"pair", pair},
          {"special_tokens", special_tokens}};
}

void AddWordPiece(const TokenizerData& data, Json& root) {
  root["normalizer"] = {{"type", "BertNormalizer"},
                        {"clean_text", true},
                        {"handle_chinese_chars", data.split_chinese_characters},
                        {"strip_accents", data.strip_accents},
                        {"lowercase", data.lower_case}};
  root["pre_tokenizer"] = {{"type", "BertPreTokenizer"}};
  root["post_processor"] = PostProcessor(data);
  root["decoder"] = {
      {"type", "WordPiece"}, {"prefix", data.continuation_prefix}, {"cleanup", true}};
  Json vocabulary = Json::object();
  for (size_t id = 0; id < data.pieces.size(); ++id) {
    // Not by operator[]: it looks through all that is there.
    vocabulary.get_ref<Json::object_t&>().emplace_back(data.pieces[id], id);
  }
  root["model"] = {{"type", "WordPiece"},
                   {"unk_token", PieceOf(data, data.unknown_id)},
                   {"continuing_subword_prefix", data.continuation_prefix},
                   {"max_input_chars_per_word", data.max_word_characters}};
  root["model"]["vocab"] = std::move(vocabulary);
}

Json Replacement(const char* kind, const char* pattern, const char* content) {
  return {{"type", "Replace"}, {"pattern", {{kind, pattern}}}, {"content", content}};
}

void AddUnigram(const TokenizerData& data, Json& root) {
  Json steps = Json::array({Replacement("String", "``", "\""), Replacement("String", "''", "\"")});
  if (data.strip_accents) {
    steps.push_back({{"type", "NFKD"}});
    steps.push_back({{"type", "StripAccents"}});
  }
  if (data.lower_case) {
    steps.push_back({{"type", "Lowercase"}});
  }
  if (!data.normalization_map.empty()) {
    steps.push_back(
        {{"type", "Precompiled"}, {"precompiled_charsmap", EncodeBase64(data.normalization_map)}});
  }
  steps.push_back(Replacement("Regex", " {2,}", " "));
  root["normalizer"] = {{"type", "Sequence"}, {"normalizers", std::move(steps)}};
  const Json metaspace = {{"type", "Metaspace"},
                          {"replacement", "\u2581"},
                          {"prepend_scheme", "always"},
                          {"split", true}};
  root["pre_tokenizer"] = {
      {"type", "Sequence"},
      {"pretokenizers", Json::array({{{"type", "WhitespaceSplit"}}, metaspace})}};
  root["post_processor"] = PostProcessor(data);
  root["decoder"] = metaspace;
  Json vocabulary = Json::array();
  for (size_t id = 0; id < data.pieces.size(); ++id) {
    vocabulary.push_back(Json::array({data.pieces[id], data.scores[id]}));
  }
  root["model"] = {{"type", "Unigram"}, {"unk_id", data.unknown_id}, {"byte_fallback", false}};
  root["model"]["vocab"] = std::move(vocabulary);
}

}  // namespace

Result<std::string> WriteTokenizerJson(const TokenizerData& data) {
  Json root = {{"version", "1.0"},
               {"truncation", nullptr},
               {"padding", nullptr},
               {"added_tokens", AddedTokens(data)}};
  if (data.kind == TokenizerKind::kWordPiece) {
    AddWordPiece(data, root);
  } else {
    AddUnigram(data, root);
  }
  std::string text = root.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  constexpr const char* kCannot = "tokenizer.json cannot hold this tokenizer";
  Result<TokenizerData> read = ParseTokenizerJson(text);
  if (!read.ok()) {
    return read.status().WithContext(kCannot);
  }
  read->types = data.types;
  if (*read != data) {
    return Unsupported(std::string(kCannot) + ": it would be read as another one");
  }
  return text;
}

}  // namespace edgebert
