#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "edgebert/base/text.h"
#include "edgebert/text/base64.h"
#include "edgebert/text/vocabulary.h"

namespace edgebert {
namespace {

using nlohmann::json;
using PieceIds = std::unordered_map<std::string_view, int32_t>;

/// The member `key` of an object; null for anything else, as in the file's own convention.
const json& Member(const json& value, const std::string& key) {
  static const json kNull;
  if (!value.is_object()) {
    return kNull;
  }
  const auto found = value.find(key);
  return found == value.end() ? kNull : *found;
}

std::string_view String(const json& value) {
  const auto* text = value.get_ptr<const json::string_t*>();
  return text == nullptr ? std::string_view() : std::string_view(*text);
}

bool IsTrue(const json& value) { return value.is_boolean() && value.get<bool>(); }

/// A whole number from 0 to the largest int32_t.
std::optional<int32_t> Id(const json& value) {
  if (!value.is_number_unsigned()) {
    return std::nullopt;
  }
  const auto number = value.get<uint64_t>();
  if (number > static_cast<uint64_t>(std::numeric_limits<int32_t>::max())) {
    return std::nullopt;
  }
  return static_cast<int32_t>(number);
}

/// How a step is named in errors: its "type", or what stands there instead.
std::string StepName(const json& step) {
  const std::string_view type = String(Member(step, "type"));
  return type.empty() ? fmt::format("{} without a type", step.type_name())
                      : fmt::format("'{}'", type.substr(0, 64));
}

Status UnsupportedStep(const char* part, const json& step, const char* expected) {
  return Unsupported(fmt::format("{} {} of tokenizer.json is not supported, expected {}", part,
                                 StepName(step), expected));
}

/// The steps of a "Sequence", or the one step itself.
std::vector<const json*> Steps(const json& step, const char* members) {
  std::vector<const json*> steps;
  if (String(Member(step, "type")) != "Sequence") {
    steps.push_back(&step);
    return steps;
  }
  for (const json& member : Member(step, members)) {
    steps.push_back(&member);
  }
  return steps;
}

Result<int32_t> FindPiece(const PieceIds& ids, std::string_view piece, const char* role) {
  const auto found = ids.find(piece);
  if (found == ids.end()) {
    return DataLoss(
        fmt::format("the vocabulary of tokenizer.json has no '{}' for the {}", piece, role));
  }
  return found->second;
}

PieceIds IndexPieces(const TokenizerData& data) {
  PieceIds ids;
  for (size_t i = 0; i < data.pieces.size(); ++i) {
    ids.emplace(data.pieces[i], static_cast<int32_t>(i));
  }
  return ids;
}

// --- WordPiece ---------------------------------------------------------------------------------

Status ReadWordPieceModel(const json& model, TokenizerData& data) {
  const json& vocabulary = Member(model, "vocab");
  if (!vocabulary.is_object() || vocabulary.empty() || vocabulary.size() > kMaxPieces) {
    return DataLoss(fmt::format(
        "model.vocab of tokenizer.json is {} of size {}, expected an object of 1 to {} pieces",
        vocabulary.type_name(), vocabulary.size(), kMaxPieces));
  }
  data.pieces.resize(vocabulary.size());
  for (const auto& [piece, value] : vocabulary.items()) {
    const std::optional<int32_t> id = Id(value);
    if (!id || static_cast<size_t>(*id) >= data.pieces.size()) {
      return DataLoss(fmt::format("the id of piece '{}' in tokenizer.json is not one of 0 to {}",
                                  piece, data.pieces.size() - 1));
    }
    std::string& place = data.pieces[static_cast<size_t>(*id)];
    if (piece.empty() || !place.empty()) {
      return DataLoss(
          fmt::format("id {} of tokenizer.json stands for '{}' and for '{}'", *id, place, piece));
    }
    place = piece;
  }

  const json& prefix = Member(model, "continuing_subword_prefix");
  const json& longest = Member(model, "max_input_chars_per_word");
  const std::optional<int32_t> max_word_characters = Id(longest);
  if (!prefix.is_string() || !max_word_characters || !Member(model, "unk_token").is_string()) {
    return DataLoss(
        "the WordPiece model of tokenizer.json lacks unk_token, continuing_subword_prefix or "
        "max_input_chars_per_word, or they are not two strings and a whole number");
  }
  data.continuation_prefix = String(prefix);
  data.max_word_characters = *max_word_characters;
  return OkStatus();
}

Status ReadBertNormalizer(const json& normalizer, TokenizerData& data) {
  if (String(Member(normalizer, "type")) != "BertNormalizer") {
    return UnsupportedStep("normalizer", normalizer, "'BertNormalizer' for a WordPiece model");
  }
  const json& lower_case = Member(normalizer, "lowercase");
  const json& chinese = Member(normalizer, "handle_chinese_chars");
  const json& accents = Member(normalizer, "strip_accents");
  if (!lower_case.is_boolean() || !chinese.is_boolean() ||
      !(accents.is_boolean() || accents.is_null())) {
    return DataLoss(
        "the BertNormalizer of tokenizer.json needs true or false for lowercase and "
        "handle_chinese_chars, and true, false or null for strip_accents");
  }
  if (!IsTrue(Member(normalizer, "clean_text"))) {
    return Unsupported("a BertNormalizer without clean_text is not supported in tokenizer.json");
  }
  data.lower_case = IsTrue(lower_case);
  data.split_chinese_characters = IsTrue(chinese);
  data.strip_accents = accents.is_null() ? data.lower_case : IsTrue(accents);
  return OkStatus();
}

Status ReadWordPiece(const json& root, TokenizerData& data) {
  data.kind = TokenizerKind::kWordPiece;
  EDGEBERT_RETURN_IF_ERROR(ReadBertNormalizer(Member(root, "normalizer"), data));
  const json& pre_tokenizer = Member(root, "pre_tokenizer");
  if (String(Member(pre_tokenizer, "type")) != "BertPreTokenizer") {
    return UnsupportedStep("pre_tokenizer", pre_tokenizer,
                           "'BertPreTokenizer' for a WordPiece model");
  }
  return ReadWordPieceModel(Member(root, "model"), data);
}

// --- ALBERT ------------------------------------------------------------------------------------

Status ReadUnigramModel(const json& model, TokenizerData& data) {
  const json& vocabulary = Member(model, "vocab");
  if (!vocabulary.is_array() || vocabulary.empty() || vocabulary.size() > kMaxPieces) {
    return DataLoss(fmt::format(
        "model.vocab of tokenizer.json is {} of size {}, expected an array of 1 to {} pieces",
        vocabulary.type_name(), vocabulary.size(), kMaxPieces));
  }
  if (IsTrue(Member(model, "byte_fallback"))) {
    return Unsupported("a Unigram model with byte_fallback is not supported in tokenizer.json");
  }
  for (const json& entry : vocabulary) {
    const size_t id = data.pieces.size();
    const bool pair = entry.is_array() && entry.size() == 2;
    const double score = pair && entry[1].is_number() ? entry[1].get<double>()
                                                      : std::numeric_limits<double>::quiet_NaN();
    if (!pair || !entry[0].is_string() ||
        !(std::abs(score) <= static_cast<double>(std::numeric_limits<float>::max()))) {
      return DataLoss(fmt::format(
          "entry {} of model.vocab in tokenizer.json is not a piece and its score", id));
    }
    data.pieces.emplace_back(String(entry[0]));
    data.scores.push_back(static_cast<float>(score));
    data.types.push_back(PieceType::kNormal);
  }
  const std::optional<int32_t> unknown_id = Id(Member(model, "unk_id"));
  if (!unknown_id || static_cast<size_t>(*unknown_id) >= data.pieces.size()) {
    return DataLoss(fmt::format("model.unk_id of tokenizer.json is not one of 0 to {}",
                                data.pieces.size() - 1));
  }
  data.unknown_id = *unknown_id;
  return OkStatus();
}

bool IsReplacement(const json& step, const char* pattern_kind, std::string_view pattern,
                   std::string_view content) {
  return String(Member(step, "type")) == "Replace" &&
         String(Member(Member(step, "pattern"), pattern_kind)) == pattern &&
         Member(step, "content").is_string() && String(Member(step, "content")) == content;
}

/// ALBERT's normalizer: quotes, accents (optional), case (optional), SentencePiece's map
/// (optional). Runs of spaces need no step: the pre-tokenizer drops them.
Status ReadAlbertNormalizer(const json& normalizer, TokenizerData& data) {
  static constexpr const char* kExpected =
      "ALBERT's sequence: Replace ``, Replace '', NFKD, StripAccents, Lowercase, Precompiled";
  const std::vector<const json*> steps = Steps(normalizer, "normalizers");
  size_t next = 0;
  const auto take = [&](std::string_view type) {
    const bool found = next < steps.size() && String(Member(*steps[next], "type")) == type;
    next += found ? 1 : 0;
    return found;
  };
  for (const char* quotes : {"``", "''"}) {
    if (next == steps.size() || !IsReplacement(*steps[next], "String", quotes, "\"")) {
      return UnsupportedStep("normalizer", next < steps.size() ? *steps[next] : normalizer,
                             kExpected);
    }
    ++next;
  }
  data.strip_accents = take("NFKD");
  if (data.strip_accents && !take("StripAccents")) {
    return Unsupported("a normalizer NFKD without StripAccents is not supported in tokenizer.json");
  }
  data.lower_case = take("Lowercase");
  if (take("Precompiled")) {
    const json& map = Member(*steps[next - 1], "precompiled_charsmap");
    const std::optional<std::string> bytes = DecodeBase64(String(map));
    if (!map.is_string() || !bytes) {
      return DataLoss("precompiled_charsmap of tokenizer.json is not base64");
    }
    data.normalization_map = *bytes;
  }
  if (next < steps.size() && IsReplacement(*steps[next], "Regex", " {2,}", " ")) {
    ++next;
  }
  return next == steps.size() ? OkStatus() : UnsupportedStep("normalizer", *steps[next], kExpected);
}

Status ReadMetaspace(const json& pre_tokenizer) {
  static constexpr const char* kExpected =
      "a sequence of 'WhitespaceSplit' and 'Metaspace' for a Unigram model";
  const std::vector<const json*> steps = Steps(pre_tokenizer, "pretokenizers");
  if (steps.size() != 2 || String(Member(*steps[0], "type")) != "WhitespaceSplit") {
    return UnsupportedStep("pre_tokenizer", steps.empty() ? pre_tokenizer : *steps[0], kExpected);
  }
  const json& metaspace = *steps[1];
  if (String(Member(metaspace, "type")) != "Metaspace") {
    return UnsupportedStep("pre_tokenizer", metaspace, kExpected);
  }
  // Files from before `tokenizers` 0.15 say add_prefix_space where later ones say prepend_scheme.
  const json& scheme = Member(metaspace, "prepend_scheme");
  const json& split = Member(metaspace, "split");
  const bool prepends =
      scheme.is_null() ? IsTrue(Member(metaspace, "add_prefix_space")) : String(scheme) == "always";
  if (!prepends || String(Member(metaspace, "replacement")) != "\u2581" ||
      !(split.is_null() || IsTrue(split))) {
    return Unsupported(
        "the Metaspace of tokenizer.json is not supported, expected the replacement U+2581 before "
        "every word (prepend_scheme 'always', split true)");
  }
  return OkStatus();
}

Status ReadUnigram(const json& root, TokenizerData& data) {
  data.kind = TokenizerKind::kUnigram;
  EDGEBERT_RETURN_IF_ERROR(ReadAlbertNormalizer(Member(root, "normalizer"), data));
  EDGEBERT_RETURN_IF_ERROR(ReadMetaspace(Member(root, "pre_tokenizer")));
  return ReadUnigramModel(Member(root, "model"), data);
}

// --- Special tokens ----------------------------------------------------------------------------

/// One step of a template: a special token or a sequence ("A" or "B"), and its segment.
struct TemplateStep {
  std::string_view name;
  bool special = false;
  int32_t segment = 0;

  bool operator==(const TemplateStep&) const = default;
};

std::optional<std::vector<TemplateStep>> ReadTemplate(const json& steps) {
  std::vector<TemplateStep> result;
  for (const json& step : steps) {
    const json& special = Member(step, "SpecialToken");
    const json& body = special.is_null() ? Member(step, "Sequence") : special;
    const std::optional<int32_t> segment = Id(Member(body, "type_id"));
    if (!segment) {
      return std::nullopt;
    }
    result.push_back({String(Member(body, "id")), !special.is_null(), *segment});
  }
  return result;
}

/// A special token as the post-processor names it, and the id that it puts there.
struct TemplateToken {
  std::string_view name;
  std::optional<int32_t> id;
};

struct TemplateTokens {
  TemplateToken cls;
  TemplateToken sep;
};

/// Accepts `[CLS] A [SEP]` with `[CLS] A [SEP] B [SEP]`, by BertProcessing or as a template.
Result<TemplateTokens> ReadPostProcessor(const json& post_processor) {
  static constexpr const char* kExpected =
      "'BertProcessing' or 'TemplateProcessing' of the form [CLS] A [SEP] B [SEP]";
  const std::string_view type = String(Member(post_processor, "type"));
  if (type == "BertProcessing") {
    const json& cls = Member(post_processor, "cls");
    const json& sep = Member(post_processor, "sep");
    if (!cls.is_array() || cls.size() != 2 || !sep.is_array() || sep.size() != 2) {
      return DataLoss("cls or sep of tokenizer.json's BertProcessing is not a token and its id");
    }
    return TemplateTokens{{String(cls[0]), Id(cls[1])}, {String(sep[0]), Id(sep[1])}};
  }
  const auto single = ReadTemplate(Member(post_processor, "single"));
  const auto pair = ReadTemplate(Member(post_processor, "pair"));
  if (type != "TemplateProcessing" || !single || !pair || single->size() != 3) {
    return UnsupportedStep("post_processor", post_processor, kExpected);
  }
  const std::string_view cls = single->front().name;
  const std::string_view sep = single->back().name;
  std::vector<TemplateStep> expected = {{cls, true, 0}, {"A", false, 0}, {sep, true, 0}};
  const bool single_fits = *single == expected;
  expected.insert(expected.end(), {{"B", false, 1}, {sep, true, 1}});
  if (!single_fits || *pair != expected) {
    return UnsupportedStep("post_processor", post_processor, kExpected);
  }
  const auto token = [&](std::string_view name) {
    const json& ids =
        Member(Member(Member(post_processor, "special_tokens"), std::string(name)), "ids");
    return TemplateToken{name, ids.is_array() && ids.size() == 1 ? Id(ids[0]) : std::nullopt};
  };
  return TemplateTokens{token(cls), token(sep)};
}

Result<int32_t> FindTemplateToken(const PieceIds& ids, const TemplateToken& token,
                                  const char* role) {
  EDGEBERT_ASSIGN_OR_RETURN(const int32_t id, FindPiece(ids, token.name, role));
  if (token.id != id) {
    return DataLoss(fmt::format(
        "the post_processor of tokenizer.json gives the {} '{}' another id than its vocabulary, {}",
        role, token.name, id));
  }
  return id;
}

/// Text is split at added tokens before anything else, which Encode() does for the five special
/// tokens only.
Status CheckAddedTokens(const json& added_tokens, const TokenizerData& data) {
  if (!added_tokens.is_null() && !added_tokens.is_array()) {
    return DataLoss("added_tokens of tokenizer.json is not an array");
  }
  const std::array special = {data.pad_id, data.unknown_id, data.cls_id, data.sep_id, data.mask_id};
  for (const json& token : added_tokens) {
    const std::string_view content = String(Member(token, "content"));
    const std::optional<int32_t> id = Id(Member(token, "id"));
    if (!id || static_cast<size_t>(*id) >= data.pieces.size() ||
        data.pieces[static_cast<size_t>(*id)] != content) {
      return Unsupported(
          fmt::format("the added token '{}' of tokenizer.json is not in its vocabulary", content));
    }
    if (std::find(special.begin(), special.end(), *id) == special.end()) {
      return Unsupported(fmt::format(
          "the added token '{}' of tokenizer.json is none of the five special tokens (padding, "
          "unknown, classification, separator, mask)",
          content));
    }
    if (IsTrue(Member(token, "single_word")) || IsTrue(Member(token, "normalized"))) {
      return Unsupported(
          fmt::format("the added token '{}' of tokenizer.json is matched as a single word or in "
                      "normalized text, which is not supported",
                      content));
    }
  }
  return OkStatus();
}

Status ReadSpecialTokens(const json& root, TokenizerData& data) {
  const PieceIds ids = IndexPieces(data);
  EDGEBERT_ASSIGN_OR_RETURN(const TemplateTokens tokens,
                            ReadPostProcessor(Member(root, "post_processor")));
  EDGEBERT_ASSIGN_OR_RETURN(data.cls_id,
                            FindTemplateToken(ids, tokens.cls, "classification token"));
  EDGEBERT_ASSIGN_OR_RETURN(data.sep_id, FindTemplateToken(ids, tokens.sep, "separator token"));
  EDGEBERT_ASSIGN_OR_RETURN(data.mask_id, FindPiece(ids, "[MASK]", "mask token"));
  if (data.kind == TokenizerKind::kWordPiece) {
    EDGEBERT_ASSIGN_OR_RETURN(data.pad_id, FindPiece(ids, "[PAD]", "padding token"));
    EDGEBERT_ASSIGN_OR_RETURN(
        data.unknown_id,
        FindPiece(ids, String(Member(Member(root, "model"), "unk_token")), "unknown token"));
  } else {
    EDGEBERT_ASSIGN_OR_RETURN(data.pad_id, FindPiece(ids, "<pad>", "padding token"));
    for (const int32_t id : {data.pad_id, data.cls_id, data.sep_id, data.mask_id}) {
      data.types[static_cast<size_t>(id)] = PieceType::kControl;
    }
    data.types[static_cast<size_t>(data.unknown_id)] = PieceType::kUnknown;
  }
  return CheckAddedTokens(Member(root, "added_tokens"), data);
}

}  // namespace

Result<TokenizerData> ParseTokenizerJson(std::string_view text) {
  EDGEBERT_RETURN_IF_ERROR(CheckJsonHasNoNul(text).WithContext("tokenizer.json"));
  const json root = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!root.is_object()) {
    return DataLoss("tokenizer.json is not a JSON object, or not well-formed");
  }
  const json& model = Member(root, "model");
  const std::string_view type = String(Member(model, "type"));
  TokenizerData data;
  if (type == "WordPiece") {
    EDGEBERT_RETURN_IF_ERROR(ReadWordPiece(root, data));
  } else if (type == "Unigram") {
    EDGEBERT_RETURN_IF_ERROR(ReadUnigram(root, data));
  } else {
    return UnsupportedStep("model", model, "'WordPiece' or 'Unigram'");
  }
  EDGEBERT_RETURN_IF_ERROR(ReadSpecialTokens(root, data));
  EDGEBERT_RETURN_IF_ERROR(ValidateTokenizerData(data).WithContext("tokenizer.json"));
  return data;
}

}  // namespace edgebert
