#include "edgebert/model/tokenizer_section.h"

#include <fmt/format.h>

#include "edgebert/base/byte_writer.h"

namespace edgebert {
namespace {

constexpr uint8_t kLowerCase = 1;
constexpr uint8_t kStripAccents = 2;
constexpr uint8_t kSplitChineseCharacters = 4;
constexpr uint8_t kAllFlags = kLowerCase | kStripAccents | kSplitChineseCharacters;

constexpr uint64_t kFixedBytes = 48;

Status ReadPieces(SectionReader& reader, uint32_t count, std::vector<std::string>& pieces) {
  EDGEBERT_RETURN_IF_ERROR(reader.RequireEntries(count, kMaxPieces, sizeof(uint16_t), "pieces"));
  const size_t start = reader.position();
  const auto lengths = reader.ReadArray<uint16_t>(count);
  pieces.reserve(count);
  for (size_t id = 0; id < lengths.size(); ++id) {
    if (lengths[id] > kMaxPieceBytes) {
      return reader.Error(start + id * sizeof(uint16_t),
                          fmt::format("a length of {} for piece {}", lengths[id], id),
                          fmt::format("at most {}", kMaxPieceBytes));
    }
    EDGEBERT_RETURN_IF_ERROR(reader.Require(lengths[id], fmt::format("piece {}", id)));
    pieces.emplace_back(reader.ReadString(lengths[id]));
  }
  return OkStatus();
}

Status ReadTypes(SectionReader& reader, uint32_t count, std::vector<PieceType>& types) {
  EDGEBERT_RETURN_IF_ERROR(reader.RequireEntries(count, kMaxPieces, 1, "piece types"));
  const size_t start = reader.position();
  for (const uint8_t type : reader.ReadArray<uint8_t>(count)) {
    if (type < static_cast<uint8_t>(PieceType::kNormal) ||
        type > static_cast<uint8_t>(PieceType::kByte)) {
      return reader.Error(start + types.size(), fmt::format("piece type {}", type), "1 to 6");
    }
    types.push_back(static_cast<PieceType>(type));
  }
  return OkStatus();
}

}  // namespace

std::vector<uint8_t> EncodeTokenizerSection(const TokenizerData& data) {
  ByteWriter writer;
  writer.Write(static_cast<uint8_t>(data.kind));
  writer.Write(static_cast<uint8_t>((data.lower_case ? kLowerCase : 0) |
                                    (data.strip_accents ? kStripAccents : 0) |
                                    (data.split_chinese_characters ? kSplitChineseCharacters : 0)));
  writer.Write(uint16_t{0});
  writer.Write(data.max_word_characters);
  writer.Write(data.pad_id);
  writer.Write(data.unknown_id);
  writer.Write(data.cls_id);
  writer.Write(data.sep_id);
  writer.Write(data.mask_id);
  writer.Write(static_cast<uint32_t>(data.continuation_prefix.size()));
  writer.Write(static_cast<uint32_t>(data.normalization_map.size()));
  writer.Write(static_cast<uint32_t>(data.pieces.size()));
  writer.Write(static_cast<uint32_t>(data.scores.size()));
  writer.Write(static_cast<uint32_t>(data.types.size()));
  writer.WriteString(data.continuation_prefix);
  writer.WriteString(data.normalization_map);
  for (const std::string& piece : data.pieces) {
    writer.Write(static_cast<uint16_t>(piece.size()));
  }
  for (const std::string& piece : data.pieces) {
    writer.WriteString(piece);
  }
  for (const float score : data.scores) {
    writer.Write(score);
  }
  for (const PieceType type : data.types) {
    writer.Write(static_cast<uint8_t>(type));
  }
  return writer.Take();
}

Result<TokenizerData> ReadTokenizerSection(SectionReader reader) {
  EDGEBERT_RETURN_IF_ERROR(reader.Require(kFixedBytes, "fixed fields"));
  TokenizerData data;
  const auto kind = reader.Read<uint8_t>();
  if (kind > static_cast<uint8_t>(TokenizerKind::kUnigram)) {
    return reader.Error(0, fmt::format("tokenizer kind {}", kind), "0 (WordPiece) or 1 (Unigram)");
  }
  data.kind = static_cast<TokenizerKind>(kind);
  const auto flags = reader.Read<uint8_t>();
  if ((flags & ~kAllFlags) != 0) {
    return reader.Error(1, fmt::format("flags {:#x}", flags),
                        fmt::format("at most {:#x}", kAllFlags));
  }
  data.lower_case = (flags & kLowerCase) != 0;
  data.strip_accents = (flags & kStripAccents) != 0;
  data.split_chinese_characters = (flags & kSplitChineseCharacters) != 0;
  EDGEBERT_RETURN_IF_ERROR(reader.ReadZeros(sizeof(uint16_t)));
  data.max_word_characters = reader.Read<int32_t>();
  data.pad_id = reader.Read<int32_t>();
  data.unknown_id = reader.Read<int32_t>();
  data.cls_id = reader.Read<int32_t>();
  data.sep_id = reader.Read<int32_t>();
  data.mask_id = reader.Read<int32_t>();
  const auto prefix_bytes = reader.Read<uint32_t>();
  const auto map_bytes = reader.Read<uint32_t>();
  const auto num_pieces = reader.Read<uint32_t>();
  const auto num_scores = reader.Read<uint32_t>();
  const auto num_types = reader.Read<uint32_t>();

  EDGEBERT_RETURN_IF_ERROR(
      reader.RequireEntries(prefix_bytes, kMaxPieceBytes, 1, "bytes of continuation prefix"));
  data.continuation_prefix = reader.ReadString(prefix_bytes);
  EDGEBERT_RETURN_IF_ERROR(
      reader.RequireEntries(map_bytes, kMaxNormalizationMapBytes, 1, "bytes of normalization map"));
  data.normalization_map = reader.ReadString(map_bytes);
  EDGEBERT_RETURN_IF_ERROR(ReadPieces(reader, num_pieces, data.pieces));
  EDGEBERT_RETURN_IF_ERROR(
      reader.RequireEntries(num_scores, kMaxPieces, sizeof(float), "piece scores"));
  data.scores = reader.ReadArray<float>(num_scores);
  EDGEBERT_RETURN_IF_ERROR(ReadTypes(reader, num_types, data.types));
  EDGEBERT_RETURN_IF_ERROR(reader.RequireEnd());
  return data;
}

}  // namespace edgebert
