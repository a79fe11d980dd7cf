#include "edgebert/text/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

#include "edgebert/base/file.h"
#include "edgebert/testing/testing.h"
#include "edgebert/text/vocabulary.h"

namespace edgebert {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

json Golden(const std::string& name) {
  const auto text =
      ReadTextFile(std::string(EDGEBERT_SOURCE_DIR) + "/tests/golden/" + name, 4 << 20);
  return text.ok() ? json::parse(*text) : json();
}

TokenizerData SmallData() {
  TokenizerData data;
  data.pieces = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un", "##aff", "##able", "a", "b"};
  data.pad_id = 0;
  data.unknown_id = 1;
  data.cls_id = 2;
  data.sep_id = 3;
  data.mask_id = 4;
  return data;
}

std::unique_ptr<const Tokenizer> Make(TokenizerData data) {
  auto tokenizer = Tokenizer::Create(std::move(data));
  EXPECT_OK(tokenizer);
  return tokenizer.ok() ? *std::move(tokenizer) : nullptr;
}

void ExpectGoldenCases(const TokenizerData& uncased, const json& golden) {
  TokenizerData cased = uncased;
  cased.lower_case = cased.strip_accents = false;
  for (const auto& [name, data] : {std::pair("uncased", uncased), std::pair("cased", cased)}) {
    const auto tokenizer = Make(data);
    ASSERT_GT(golden[name].size(), 100u);
    for (const json& expected : golden[name]) {
      const std::string text = expected["text"];
      const std::string pair = expected["pair"].is_null() ? "" : expected["pair"];
      const auto encoding = tokenizer->Encode(
          text, expected["pair"].is_null() ? std::nullopt : std::optional<std::string_view>(pair),
          expected["max_tokens"].get<size_t>());
      ASSERT_OK(encoding);
      EXPECT_EQ(json(encoding->ids), expected["ids"]) << name << " " << expected["text"];
      EXPECT_EQ(json(encoding->segment_ids), expected["segment_ids"]) << expected["text"];
      EXPECT_EQ(json(encoding->truncated), expected["truncated"]) << expected["text"];
    }
  }
}

TEST(WordPieceTokenizer, EqualsTheReferenceOnHostileTexts) {
  const json golden = Golden("wordpiece_small.json");
  TokenizerData data = SmallData();
  data.pieces = golden["vocabulary"].get<std::vector<std::string>>();
  ExpectGoldenCases(data, golden);
}

TEST(WordPieceTokenizer, EqualsTheReferenceWithBertsVocabulary) {
  const auto path = testing::SharedDirectory() / "models/sst2-12x384/vocab.txt";
  EDGEBERT_REQUIRE_SHARED(path);
  const auto text = ReadTextFile(path, 4 << 20);
  ASSERT_OK(text);
  const auto data = ParseVocabTxt(*text, {});
  ASSERT_OK(data);
  EXPECT_EQ(data->pieces.size(), 30522u);
  ExpectGoldenCases(*data, Golden("wordpiece_vocab.json"));
}

TEST(WordPieceTokenizer, TruncatesAsTheReference) {
  const auto tokenizer = Make(SmallData());
  const auto repeat = [](const json& count, const char* word) {
    std::string text;
    for (int i = 0; i < count.get<int>(); ++i) {
      text += word;
    }
    return text;
  };
  const json golden = Golden("wordpiece_truncation.json");
  ASSERT_GT(golden["rows"].size(), 1000u);
  for (const json& row : golden["rows"]) {
    const auto encoding = tokenizer->Encode(repeat(row[0], "a "), repeat(row[1], "b "), row[2]);
    ASSERT_OK(encoding);
    std::vector<int32_t> expected = {2};
    expected.insert(expected.end(), row[3].get<size_t>(), 8);
    expected.push_back(3);
    expected.insert(expected.end(), row[4].get<size_t>(), 9);
    expected.push_back(3);
    EXPECT_EQ(encoding->ids, expected) << row;
    EXPECT_EQ(encoding->truncated, row[0] != row[3] || row[1] != row[4]) << row;
  }
}

TEST(WordPieceTokenizer, TakesTheLongestPieceAndGivesUpOnWholeWords) {
  const auto tokenizer = Make(SmallData());
  EXPECT_THAT(tokenizer->Encode("unaffable Un", {}, 16)->ids, ElementsAre(2, 5, 6, 7, 5, 3));
  EXPECT_THAT(tokenizer->Encode("unaffablex a", {}, 16)->ids, ElementsAre(2, 1, 8, 3));
}

TEST(WordPieceTokenizer, HasNoPieceForWordsAboveTheLimit) {
  TokenizerData data = SmallData();
  data.pieces.push_back("##a");
  data.max_word_characters = 3;
  const auto tokenizer = Make(data);
  EXPECT_THAT(tokenizer->Encode("aaa aaaa", {}, 16)->ids, ElementsAre(2, 8, 10, 10, 1, 3));
}

TEST(WordPieceTokenizer, FindsSpecialTokensBeforeNormalization) {
  const auto tokenizer = Make(SmallData());
  EXPECT_THAT(tokenizer->Encode("a[SEP]b [sep]", {}, 16)->ids, ElementsAre(2, 8, 3, 9, 1, 1, 1, 3));
}

TEST(Tokenizer, PrefersTheLongestOfSpecialTokensThatStartTogether) {
  TokenizerData data = SmallData();
  data.pieces[2] = "[S";
  const auto tokenizer = Make(data);
  EXPECT_THAT(tokenizer->Encode("[SEP][S", {}, 16)->ids, ElementsAre(2, 3, 2, 3));
}

TEST(Tokenizer, GivesOnlySpecialTokensForTextWithoutAny) {
  const auto tokenizer = Make(SmallData());
  EXPECT_THAT(tokenizer->Encode("", {}, 3)->ids, ElementsAre(2, 3));
  const auto pair = tokenizer->Encode(" ", "\u200b", 4);
  ASSERT_OK(pair);
  EXPECT_THAT(pair->ids, ElementsAre(2, 3, 3));
  EXPECT_THAT(pair->segment_ids, ElementsAre(0, 0, 1));
  EXPECT_FALSE(pair->truncated);
}

TEST(Tokenizer, RefusesTooFewTokensAndTextThatIsNotUtf8) {
  const auto tokenizer = Make(SmallData());
  EXPECT_THAT(tokenizer->Encode("a", {}, 2).status().message(), HasSubstr("expected at least 3"));
  EXPECT_THAT(tokenizer->Encode("a", "b", 3).status().message(), HasSubstr("expected at least 4"));
  EXPECT_THAT(tokenizer->Encode("ab\xff", {}, 8).status().message(), HasSubstr("byte 2 (0xFF)"));
  EXPECT_THAT(tokenizer->Encode("a", "\xed\xa0\x80", 8).status().message(), HasSubstr("the pair"));
  EXPECT_EQ(tokenizer->Encode("a", "\xc0\x80", 8).status().code(), StatusCode::kInvalidArgument);
}

TEST(Tokenizer, NamesPieces) {
  const auto tokenizer = Make(SmallData());
  EXPECT_EQ(tokenizer->Piece(6), "##aff");
  EXPECT_EQ(tokenizer->Piece(-1), "[UNK]");
  EXPECT_EQ(tokenizer->Piece(10), "[UNK]");
}

TEST(Tokenizer, StopsEarlyOnMegabytesButStillKnowsTheLongerText) {
  const auto tokenizer = Make(SmallData());
  std::string shorter;
  for (int i = 0; i < 500000; ++i) {
    shorter += "a ";
  }
  const std::string longer = shorter + "a";
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(tokenizer->Encode(longer, shorter, 8)->segment_ids,  // 3 and 2 of 5.
            (std::vector<int32_t>{0, 0, 0, 0, 0, 1, 1, 1}));
  EXPECT_EQ(tokenizer->Encode(shorter, longer, 8)->segment_ids,
            (std::vector<int32_t>{0, 0, 0, 0, 1, 1, 1, 1}));
  EXPECT_EQ(tokenizer->Encode(shorter, shorter, 8)->segment_ids,
            (std::vector<int32_t>{0, 0, 0, 0, 1, 1, 1, 1}));
  EXPECT_TRUE(tokenizer->Encode(longer, {}, 512)->truncated);
  EXPECT_TRUE(tokenizer->Encode(std::string(1 << 20, 'x'), {}, 512).ok());
  // 7 megabytes; far above what it takes even under sanitizers, far below quadratic time.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(ValidateTokenizerData, RefusesEachBrokenRule) {
  ASSERT_OK(ValidateTokenizerData(SmallData()));
  TokenizerData unigram = SmallData();
  unigram.kind = TokenizerKind::kUnigram;
  unigram.scores.assign(unigram.pieces.size(), -1.0f);
  unigram.types.assign(unigram.pieces.size(), PieceType::kNormal);
  ASSERT_OK(ValidateTokenizerData(unigram));

  const auto expect_refused = [](TokenizerData data, const std::function<void(TokenizerData&)>& f,
                                 const char* message) {
    f(data);
    EXPECT_THAT(ValidateTokenizerData(data).message(), HasSubstr(message));
  };
  const TokenizerData good = SmallData();
  expect_refused(
      good, [](auto& d) { d.pieces.clear(); }, "0 pieces");
  expect_refused(
      good, [](auto& d) { d.pieces.resize(kMaxPieces + 1, "x"); }, "1048577 pieces");
  expect_refused(
      good, [](auto& d) { d.pieces[7] = ""; }, "piece 7 has 0 bytes");
  expect_refused(
      good, [](auto& d) { d.pieces[7].assign(513, 'x'); }, "piece 7 has 513 bytes");
  expect_refused(
      good, [](auto& d) { d.pieces[7] = "a\x80"; }, "piece 7 is not UTF-8");
  expect_refused(
      good, [](auto& d) { d.pieces[7] = "un"; }, "piece 7 ('un') occurs twice");
  expect_refused(
      good, [](auto& d) { d.pad_id = -1; }, "padding token is -1");
  expect_refused(
      good, [](auto& d) { d.unknown_id = 10; }, "unknown token is 10");
  expect_refused(
      good, [](auto& d) { d.cls_id = 10; }, "classification token is 10");
  expect_refused(
      good, [](auto& d) { d.sep_id = 10; }, "separator token is 10");
  expect_refused(
      good, [](auto& d) { d.mask_id = 10; }, "mask token is 10");
  expect_refused(
      good, [](auto& d) { d.max_word_characters = 0; }, "at least 1");
  expect_refused(
      good, [](auto& d) { d.continuation_prefix = "\xff"; }, "continuation prefix");
  expect_refused(
      good, [](auto& d) { d.scores = {1.0f}; }, "only a unigram one has");
  expect_refused(
      good, [](auto& d) { d.kind = static_cast<TokenizerKind>(9); }, "of kind 9");
  expect_refused(
      unigram, [](auto& d) { d.scores.pop_back(); }, "9 scores");
  expect_refused(
      unigram, [](auto& d) { d.types.pop_back(); }, "9 types");
  expect_refused(
      unigram, [](auto& d) { d.scores[3] = std::nanf(""); }, "score of piece 3");
  expect_refused(
      unigram, [](auto& d) { d.scores[3] = std::numeric_limits<float>::infinity(); }, "not finite");
  expect_refused(
      unigram, [](auto& d) { d.types[3] = static_cast<PieceType>(7); }, "piece 3");
  expect_refused(
      unigram, [](auto& d) { d.types[3] = PieceType::kByte; }, "byte fallback");
  expect_refused(
      unigram, [](auto& d) { d.normalization_map.resize(kMaxNormalizationMapBytes + 1); },
      "normalization map has 8388609 bytes");
  expect_refused(
      unigram, [](auto& d) { d.normalization_map = "abc"; }, "normalization map");
}

}  // namespace
}  // namespace edgebert
