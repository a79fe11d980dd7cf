#include <fmt/format.h>
#include <utf8proc.h>

#include <bit>
#include <iterator>
#include <string>
#include <utility>

#include "edgebert/text/protobuf_reader.h"
#include "edgebert/text/unicode.h"
#include "edgebert/text/vocabulary.h"

// The messages are those of sentencepiece_model.proto of SentencePiece 0.2.
namespace edgebert {
namespace {

constexpr float kNumberCommaPenalty = 100.0f;

/// The settings of a file, with the values that the format gives to absent ones.
struct Settings {
  bool has_trainer = false;
  bool has_normalizer = false;
  uint64_t model_type = 1;
  int32_t unknown_id = 0;
  bool byte_fallback = false;
  bool treat_whitespace_as_suffix = false;
  bool add_dummy_prefix = true;
  bool remove_extra_whitespaces = true;
  bool escape_whitespaces = true;
};

Status CheckType(const ProtobufField& field, WireType expected) {
  if (field.type == expected) {
    return OkStatus();
  }
  return DataLoss(fmt::format("byte {}: field {} has wire type {}, expected {}", field.offset,
                              field.number, static_cast<int>(field.type),
                              static_cast<int>(expected)));
}

Status ReadBool(const ProtobufField& field, bool& value) {
  EDGEBERT_RETURN_IF_ERROR(CheckType(field, WireType::kVarint));
  value = field.value != 0;
  return OkStatus();
}

Status ReadPiece(const ProtobufField& message, TokenizerData& data) {
  EDGEBERT_RETURN_IF_ERROR(CheckType(message, WireType::kBytes));
  if (data.pieces.size() == kMaxPieces) {
    return DataLoss(fmt::format("byte {}: more than {} pieces", message.offset, kMaxPieces));
  }
  std::string_view text;
  float score = 0.0f;
  uint64_t type = static_cast<uint64_t>(PieceType::kNormal);
  ProtobufReader reader(message.bytes, message.bytes_offset);
  while (!reader.AtEnd()) {
    EDGEBERT_ASSIGN_OR_RETURN(const ProtobufField field, reader.Next());
    switch (field.number) {
      case 1:
        EDGEBERT_RETURN_IF_ERROR(CheckType(field, WireType::kBytes));
        text = field.text();
        break;
      case 2:
        EDGEBERT_RETURN_IF_ERROR(CheckType(field, WireType::kFixed32));
        score = std::bit_cast<float>(static_cast<uint32_t>(field.value));
        break;
      case 3:
        EDGEBERT_RETURN_IF_ERROR(CheckType(field, WireType::kVarint));
        type = field.value;
        break;
      default:
        break;
    }
  }
  if (text.empty() || text.size() > kMaxPieceBytes) {
    return DataLoss(fmt::format("byte {}: piece {} has {} bytes, expected 1 to {}", message.offset,
                                data.pieces.size(), text.size(), kMaxPieceBytes));
  }
  if (type < static_cast<uint64_t>(PieceType::kNormal) ||
      type > static_cast<uint64_t>(PieceType::kByte)) {
    return DataLoss(fmt::format("byte {}: piece {} has type {}, expected 1 to 6", message.offset,
                                data.pieces.size(), type));
  }
  data.pieces.emplace_back(text);
  data.scores.push_back(score);
  data.types.push_back(static_cast<PieceType>(type));
  return OkStatus();
}

Status ReadTrainerSpec(const ProtobufField& message, Settings& settings) {
  EDGEBERT_RETURN_IF_ERROR(CheckType(message, WireType::kBytes));
  settings.has_trainer = true;
  ProtobufReader reader(message.bytes, message.bytes_offset);
  while (!reader.AtEnd()) {
    EDGEBERT_ASSIGN_OR_RETURN(const ProtobufField field, reader.Next());
    switch (field.number) {
      case 3:
        EDGEBERT_RETURN_IF_ERROR(CheckType(field, WireType::kVarint));
        settings.model_type = field.value;
        break;
      case 24:
        EDGEBERT_RETURN_IF_ERROR(ReadBool(field, settings.treat_whitespace_as_suffix));
        break;
      case 35:
        EDGEBERT_RETURN_IF_ERROR(ReadBool(field, settings.byte_fallback));
        break;
      case 40:
        EDGEBERT_RETURN_IF_ERROR(CheckType(field, WireType::kVarint));
        settings.unknown_id = static_cast<int32_t>(static_cast<uint32_t>(field.value));
        break;
      default:
        break;
    }
  }
  return OkStatus();
}

Status ReadNormalizerSpec(const ProtobufField& message, Settings& settings, std::string& map) {
  EDGEBERT_RETURN_IF_ERROR(CheckType(message, WireType::kBytes));
  settings.has_normalizer = true;
  ProtobufReader reader(message.bytes, message.bytes_offset);
  while (!reader.AtEnd()) {
    EDGEBERT_ASSIGN_OR_RETURN(const ProtobufField field, reader.Next());
    switch (field.number) {
      case 2:
        EDGEBERT_RETURN_IF_ERROR(CheckType(field, WireType::kBytes));
        if (field.bytes.size() > kMaxNormalizationMapBytes) {
          return DataLoss(
              fmt::format("byte {}: a normalization map of {} bytes, expected at most "
                          "{}",
                          field.offset, field.bytes.size(), kMaxNormalizationMapBytes));
        }
        map = field.text();
        break;
      case 3:
        EDGEBERT_RETURN_IF_ERROR(ReadBool(field, settings.add_dummy_prefix));
        break;
      case 4:
        EDGEBERT_RETURN_IF_ERROR(ReadBool(field, settings.remove_extra_whitespaces));
        break;
      case 5:
        EDGEBERT_RETURN_IF_ERROR(ReadBool(field, settings.escape_whitespaces));
        break;
      default:
        break;
    }
  }
  return OkStatus();
}

Status CheckSettings(const Settings& settings) {
  if (!settings.has_trainer || !settings.has_normalizer) {
    return DataLoss(fmt::format("no {} in the file: it is truncated or no SentencePiece model",
                                settings.has_trainer ? "normalizer_spec" : "trainer_spec"));
  }
  if (settings.model_type != 1) {
    constexpr const char* kNames[] = {"bpe", "word", "char"};
    const uint64_t index = settings.model_type - 2;
    return Unsupported(fmt::format("trainer_spec.model_type is {}, expected 1 (unigram)",
                                   index < std::size(kNames)
                                       ? fmt::format("{} ({})", settings.model_type, kNames[index])
                                       : std::to_string(settings.model_type)));
  }
  const std::pair<const char*, bool> unsupported[] = {
      {"trainer_spec.byte_fallback is true", settings.byte_fallback},
      {"trainer_spec.treat_whitespace_as_suffix is true", settings.treat_whitespace_as_suffix},
      {"normalizer_spec.add_dummy_prefix is false", !settings.add_dummy_prefix},
      {"normalizer_spec.remove_extra_whitespaces is false", !settings.remove_extra_whitespaces},
      {"normalizer_spec.escape_whitespaces is false", !settings.escape_whitespaces},
  };
  for (const auto& [setting, is_set] : unsupported) {
    if (is_set) {
      return Unsupported(fmt::format("{}, which ALBERT's tokenizer does not know", setting));
    }
  }
  return OkStatus();
}

Status FindSpecialPieces(const Settings& settings, TokenizerData& data) {
  struct Special {
    std::string_view piece;
    int32_t* id;
    bool is_found;
  } specials[] = {{"<pad>", &data.pad_id, false},
                  {"<unk>", &data.unknown_id, false},
                  {"[CLS]", &data.cls_id, false},
                  {"[SEP]", &data.sep_id, false},
                  {"[MASK]", &data.mask_id, false}};
  for (size_t id = 0; id < data.pieces.size(); ++id) {
    for (Special& special : specials) {
      if (data.pieces[id] == special.piece) {
        *special.id = static_cast<int32_t>(id);
        special.is_found = true;
      }
    }
    const bool is_unknown = static_cast<int64_t>(id) == settings.unknown_id;
    if ((data.types[id] == PieceType::kUnknown) != is_unknown) {
      return DataLoss(
          fmt::format("piece {} ('{}') has type {}, but trainer_spec.unk_id is {}: expected the "
                      "type unknown (2) there and nowhere else",
                      id, data.pieces[id], static_cast<int>(data.types[id]), settings.unknown_id));
    }
  }
  for (const Special& special : specials) {
    if (!special.is_found) {
      return Unsupported(
          fmt::format("no piece '{}', which ALBERT's tokenizer needs", special.piece));
    }
  }
  if (data.unknown_id != settings.unknown_id) {
    return Unsupported(fmt::format("trainer_spec.unk_id is {}, expected {}, the id of '<unk>'",
                                   settings.unknown_id, data.unknown_id));
  }
  return OkStatus();
}

bool EndsWithNumberComma(std::string_view piece) {
  if (!piece.ends_with(',')) {
    return false;
  }
  piece.remove_suffix(1);
  char32_t last = 0;
  for (size_t position = 0; position < piece.size();) {
    last = DecodeUtf8(piece, position);
  }
  return utf8proc_category(static_cast<utf8proc_int32_t>(last)) == UTF8PROC_CATEGORY_ND;
}

Result<TokenizerData> ParseModel(std::span<const uint8_t> bytes) {
  TokenizerData data;
  data.kind = TokenizerKind::kUnigram;
  Settings settings;
  ProtobufReader reader(bytes);
  while (!reader.AtEnd()) {
    EDGEBERT_ASSIGN_OR_RETURN(const ProtobufField field, reader.Next());
    switch (field.number) {
      case 1:
        EDGEBERT_RETURN_IF_ERROR(ReadPiece(field, data));
        break;
      case 2:
        EDGEBERT_RETURN_IF_ERROR(ReadTrainerSpec(field, settings));
        break;
      case 3:
        EDGEBERT_RETURN_IF_ERROR(ReadNormalizerSpec(field, settings, data.normalization_map));
        break;
      default:
        break;
    }
  }
  EDGEBERT_RETURN_IF_ERROR(CheckSettings(settings));
  EDGEBERT_RETURN_IF_ERROR(FindSpecialPieces(settings, data));
  EDGEBERT_RETURN_IF_ERROR(ValidateTokenizerData(data));
  for (size_t id = 0; id < data.pieces.size(); ++id) {
    if (EndsWithNumberComma(data.pieces[id])) {
      data.scores[id] -= kNumberCommaPenalty;
    }
  }
  return data;
}

}  // namespace

Result<TokenizerData> ParseSentencePieceModel(std::span<const uint8_t> bytes, bool lower_case,
                                              bool strip_accents) {
  Result<TokenizerData> data = ParseModel(bytes);
  if (!data.ok()) {
    return data.status().WithContext("SentencePiece model");
  }
  data->lower_case = lower_case;
  data->strip_accents = strip_accents;
  return data;
}

}  // namespace edgebert
