#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "edgebert/base/file.h"
#include "edgebert/testing/testing.h"
#include "edgebert/text/sentencepiece_test_model.h"
#include "edgebert/text/unigram.h"
#include "edgebert/text/vocabulary.h"

namespace edgebert {
namespace {

using ::edgebert::testing::BytesField;
using ::edgebert::testing::FloatField;
using ::edgebert::testing::PieceField;
using ::edgebert::testing::TinyMap;
using ::edgebert::testing::TinyModel;
using ::edgebert::testing::VarintField;
using ::testing::HasSubstr;

Result<TokenizerData> Parse(const std::string& bytes) {
  return ParseSentencePieceModel({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()},
                                 true, false);
}

void ExpectError(const TinyModel& model, StatusCode code, const std::string& message) {
  const Result<TokenizerData> data = Parse(model.Bytes());
  ASSERT_FALSE(data.ok()) << "expected: " << message;
  EXPECT_EQ(data.status().code(), code) << data.status().message();
  EXPECT_THAT(data.status().message(), HasSubstr(message));
}

TEST(SentencePieceModelTest, ReadsPiecesSettingsAndMap) {
  const Result<TokenizerData> data = Parse(TinyModel().Bytes());
  ASSERT_OK(data);
  EXPECT_EQ(data->kind, TokenizerKind::kUnigram);
  EXPECT_TRUE(data->lower_case);
  EXPECT_FALSE(data->strip_accents);
  ASSERT_EQ(data->pieces.size(), 14u);
  EXPECT_EQ(data->pieces[7],
            "\xE2\x96\x81"
            "ab");
  EXPECT_EQ(data->scores[9], -4.5f);
  EXPECT_EQ(data->scores[11], -6.0f);
  EXPECT_EQ(data->types[1], PieceType::kUnknown);
  EXPECT_EQ(data->types[2], PieceType::kControl);
  EXPECT_EQ(data->types[5], PieceType::kUserDefined);
  EXPECT_EQ(data->types[9], PieceType::kNormal);
  EXPECT_EQ(data->normalization_map, TinyMap());
  EXPECT_EQ(data->pad_id, 0);
  EXPECT_EQ(data->unknown_id, 1);
  EXPECT_EQ(data->cls_id, 2);
  EXPECT_EQ(data->sep_id, 3);
  EXPECT_EQ(data->mask_id, 4);
}

TEST(SentencePieceModelTest, ACommaPartsFromItsDigit) {
  TinyModel model;
  model.pieces += PieceField("1,", -1) + PieceField("x,", -1) + PieceField(",1", -1) +
                  PieceField("\xD9\xA1,", -1);  // An Arabic digit is a digit.
  const Result<TokenizerData> data = Parse(model.Bytes());
  ASSERT_OK(data);
  EXPECT_EQ(data->scores[10], -105.0f);
  EXPECT_EQ(data->scores[12], -6.5f);  // The comma alone.
  EXPECT_EQ(data->scores[14], -101.0f);
  EXPECT_EQ(data->scores[15], -1.0f);
  EXPECT_EQ(data->scores[16], -1.0f);
  EXPECT_EQ(data->scores[17], -101.0f);
}

TEST(SentencePieceModelTest, AbsentFieldsHaveTheirDefaults) {
  TinyModel model;
  model.pieces += BytesField(1, BytesField(1, "z"));
  model.trainer = VarintField(40, 1);
  model.normalizer = "";
  const Result<TokenizerData> data = Parse(model.Bytes());
  ASSERT_OK(data);
  EXPECT_EQ(data->scores[14], 0.0f);
  EXPECT_EQ(data->types[14], PieceType::kNormal);
  EXPECT_EQ(data->normalization_map, "");
}

TEST(SentencePieceModelTest, UnknownFieldsAreSkipped) {
  TinyModel model;
  model.pieces += BytesField(1, BytesField(1, "z") + BytesField(200, "?") + FloatField(201, 1));
  model.trainer += BytesField(31, ".") + FloatField(10, 0.9995f) + VarintField(1000, 1);
  model.normalizer += BytesField(6, "a\tb") + std::string("\x39\1\2\3\4\5\6\7\10", 9);
  const std::string bytes = model.Bytes() + BytesField(4, "self test") + BytesField(5, "\xFF");
  const Result<TokenizerData> data = Parse(bytes);
  ASSERT_OK(data);
  EXPECT_EQ(data->pieces.size(), 15u);
}

TEST(SentencePieceModelTest, APieceMayHoldNul) {
  TinyModel model;
  model.pieces += PieceField(std::string("\0b", 2), -1);
  const Result<TokenizerData> data = Parse(model.Bytes());
  ASSERT_OK(data);
  EXPECT_EQ(data->pieces[14], std::string("\0b", 2));
  const Result<UnigramModel> unigram = UnigramModel::Create(*data);
  ASSERT_OK(unigram);
  std::vector<int32_t> ids;
  unigram->AppendIds(std::string_view("\0b", 2), 10, ids);
  EXPECT_THAT(ids, ::testing::ElementsAre(6, 14));
}

TEST(SentencePieceModelTest, OtherSettingsAreRefusedByName) {
  const std::pair<std::string, std::string> trainers[] = {
      {VarintField(3, 2), "trainer_spec.model_type is 2 (bpe), expected 1 (unigram)"},
      {VarintField(3, 3), "3 (word)"},
      {VarintField(3, 4), "4 (char)"},
      {VarintField(3, 0), "model_type is 0,"},
      {VarintField(3, ~uint64_t{0}), "model_type is 18446744073709551615,"},
      {VarintField(24, 1), "trainer_spec.treat_whitespace_as_suffix is true"},
      {VarintField(35, 1), "trainer_spec.byte_fallback is true"}};
  for (const auto& [field, message] : trainers) {
    TinyModel model;
    model.trainer += field;
    ExpectError(model, StatusCode::kUnsupported, message);
  }
  const std::pair<uint32_t, std::string> normalizers[] = {
      {3, "normalizer_spec.add_dummy_prefix is false"},
      {4, "normalizer_spec.remove_extra_whitespaces is false"},
      {5, "normalizer_spec.escape_whitespaces is false"}};
  for (const auto& [number, message] : normalizers) {
    TinyModel model;
    model.normalizer += VarintField(number, 0);
    ExpectError(model, StatusCode::kUnsupported, message);
  }
  TinyModel bytes;
  bytes.pieces += PieceField("<0x41>", -1, PieceType::kByte);
  ExpectError(bytes, StatusCode::kUnsupported, "piece 14 ('<0x41>') is of the type byte");
}

TEST(SentencePieceModelTest, TheSpecialPiecesMustBeThere) {
  for (const std::string name : {"<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"}) {
    TinyModel model;
    model.pieces[model.pieces.find(name) + 1] = '?';
    ExpectError(model, StatusCode::kUnsupported, "no piece '" + name + "'");
  }
  TinyModel other_id;
  other_id.trainer = VarintField(40, 2);
  ExpectError(other_id, StatusCode::kDataLoss, "trainer_spec.unk_id is 2");
  other_id.trainer = VarintField(40, ~uint64_t{0});
  ExpectError(other_id, StatusCode::kDataLoss, "trainer_spec.unk_id is -1");
  TinyModel two;
  two.pieces += PieceField("<unk2>", 0, PieceType::kUnknown);
  ExpectError(two, StatusCode::kDataLoss, "piece 14 ('<unk2>') has type 2");
}

TEST(SentencePieceModelTest, DamagedPiecesAreRefused) {
  const auto with = [](const std::string& piece) {
    TinyModel model;
    model.pieces += piece;
    return model;
  };
  ExpectError(with(PieceField("", -1)), StatusCode::kDataLoss, "piece 14 has 0 bytes");
  ExpectError(with(BytesField(1, "")), StatusCode::kDataLoss, "piece 14 has 0 bytes");
  ExpectError(with(PieceField(std::string(kMaxPieceBytes + 1, 'a'), -1)), StatusCode::kDataLoss,
              "piece 14 has 513 bytes, expected 1 to 512");
  ASSERT_OK(Parse(with(PieceField(std::string(kMaxPieceBytes, 'a'), -1)).Bytes()));
  ExpectError(with(PieceField("a", -1)), StatusCode::kDataLoss, "piece 14 ('a') occurs twice");
  ExpectError(with(PieceField("\xC3", -1)), StatusCode::kDataLoss, "piece 14 is not UTF-8");
  ExpectError(with(PieceField("z", std::numeric_limits<float>::quiet_NaN())), StatusCode::kDataLoss,
              "the score of piece 14 ('z') is not finite");
  ExpectError(with(PieceField("z", -std::numeric_limits<float>::infinity())), StatusCode::kDataLoss,
              "is not finite");
  ExpectError(with(PieceField("z", -1, static_cast<PieceType>(7))), StatusCode::kDataLoss,
              "piece 14 has type 7, expected 1 to 6");
  ExpectError(with(BytesField(1, VarintField(1, 5))), StatusCode::kDataLoss,
              "field 1 has wire type 0, expected 2");
  ExpectError(with(VarintField(1, 5)), StatusCode::kDataLoss, "wire type 0, expected 2");
  TinyModel map;
  map.normalizer = BytesField(2, "abc");
  ExpectError(map, StatusCode::kDataLoss, "normalization map");
  map.normalizer = BytesField(2, std::string(kMaxNormalizationMapBytes + 1, 'x'));
  ExpectError(map, StatusCode::kDataLoss, "expected at most");
}

TEST(SentencePieceModelTest, TooManyPiecesAreRefused) {
  const std::string piece = BytesField(1, BytesField(1, "a"));
  std::string bytes;
  for (size_t i = 0; i <= kMaxPieces; ++i) {
    bytes += piece;
  }
  const Result<TokenizerData> data = Parse(bytes);
  ASSERT_FALSE(data.ok());
  EXPECT_THAT(data.status().message(), HasSubstr("more than 1048576 pieces"));
}

TEST(SentencePieceModelTest, TruncatedAnywhereItFails) {
  const std::string bytes = TinyModel().Bytes();
  ASSERT_OK(Parse(bytes));
  for (size_t size = 0; size < bytes.size(); ++size) {
    const Result<TokenizerData> data = Parse(bytes.substr(0, size));
    ASSERT_FALSE(data.ok()) << size;
    EXPECT_FALSE(data.status().message().empty());
  }
  EXPECT_THAT(Parse("").status().message(), HasSubstr("no trainer_spec"));
}

TEST(SentencePieceModelTest, WithAnyBitFlippedItFailsOrTokenizes) {
  const std::string bytes = TinyModel().Bytes();
  size_t loaded = 0;
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    const Result<TokenizerData> data = Parse(damaged);
    if (!data.ok()) {
      EXPECT_FALSE(data.status().message().empty());
      continue;
    }
    ++loaded;
    const Result<UnigramModel> model = UnigramModel::Create(*data);
    ASSERT_OK(model);
    std::vector<int32_t> ids;
    model->AppendIds("ab\tb. 9, [MASK]\xEF\xBC\xA1\x07", 100, ids);
    for (const int32_t id : ids) {
      ASSERT_LT(static_cast<size_t>(id), data->pieces.size()) << bit;
    }
  }
  EXPECT_GT(loaded, 0u);
  EXPECT_LT(loaded, bytes.size() * 8);
}

TEST(SentencePieceModelTest, ReadsTheModelOfAlbert) {
  const auto path = testing::SharedDirectory() / "models/albert-base-v2-tokenizer/spiece.model";
  EDGEBERT_REQUIRE_SHARED(path);
  const Result<std::vector<uint8_t>> bytes = ReadFile(path, 1u << 20);
  ASSERT_OK(bytes);
  const Result<TokenizerData> data = ParseSentencePieceModel(*bytes, true, true);
  ASSERT_OK(data);
  EXPECT_EQ(data->pieces.size(), 30000u);
  EXPECT_EQ(data->pieces[13], "\xE2\x96\x81");
  EXPECT_EQ(data->unknown_id, 1);
  EXPECT_EQ(data->mask_id, 4);
  EXPECT_EQ(data->normalization_map.size(), 237539u);
}

}  // namespace
}  // namespace edgebert
